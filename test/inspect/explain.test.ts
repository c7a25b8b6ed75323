import { describe, expect, test } from 'vitest'
import type { Effect } from '../../src/contracts/effect.ts'
import type { NeutralEvent } from '../../src/contracts/event.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import type { StoredChild } from '../../src/contracts/state.ts'
import type { Verdict } from '../../src/contracts/verdict.ts'
import { readVerdict, verdict } from '../../src/contracts/verdict.ts'
import { explain } from '../../src/inspect/explain.ts'
import { findingsOf } from '../../src/inspect/findings.ts'
import { storyOf } from '../../src/inspect/story.ts'

const address = { type: 'claim', id: '7' }

function child(kind: StoredChild['child'], target?: string): StoredChild {
  return { incarnation: 1, src: 'work', child: kind, ...(target ? { target } : {}) }
}

interface Given {
  step: number
  event?: NeutralEvent
  value?: string
  status?: JournalRecord['state']['snapshot']['status']
  children?: Record<string, StoredChild>
  outbox?: Effect[]
  handled?: boolean
}

function recordOf(given: Given): JournalRecord {
  const { step, event = { kind: 'init' }, value = 'here', status = 'active', children = {} } = given
  return {
    v: 1,
    address,
    step,
    transitionId: `t${step}`,
    atMs: 1_000 * step,
    cause: { messageId: 'm', from: 'somebody' },
    event,
    handled: given.handled ?? true,
    state: {
      machine: { id: 'claim', version: '1', hash: 'h' },
      snapshot: {
        status,
        value,
        context: {},
        ...(status === 'error' ? { error: { name: 'Error', message: 'it threw' } } : {}),
      },
      children,
      timers: {},
      incarnations: 1,
    },
    inbox: { mailSeq: 0, seen: {} },
    outbox: given.outbox ?? [],
  }
}

/** A call of some kind, and the error that came of it. */
function failing(kind: StoredChild['child'], error: Record<string, unknown>): JournalRecord[] {
  const message = 'the reason'
  const event: NeutralEvent = {
    kind: 'error',
    childId: 'work',
    incarnation: 1,
    error: { name: 'Error', message, ...error },
  }
  return [
    recordOf({ step: 1, children: { work: child(kind, 'the_target') } }),
    recordOf({ step: 2, event }),
  ]
}

describe('whom a failed call is blamed on', () => {
  test.each([
    ['tool', { kind: 'failed' }, 'tool', 'an answer'],
    ['tool', { kind: 'inDoubt' }, 'tool', 'an answer'],
    ['tool', { kind: 'rejected' }, 'orchestration', 'arguments that the tool takes'],
    ['tool', { cause: { code: 'store-outage' } }, 'infrastructure', 'the store answers'],
    ['decision', {}, 'decision', 'a choice'],
    ['memory', {}, 'memory', 'an answer'],
    ['memory', { code: 'store-outage' }, 'infrastructure', 'the store answers'],
    ['promise', {}, 'orchestration', 'a result'],
    ['agent', {}, 'orchestration', 'a result'],
  ] as const)('%s %j: %s', (kind, error, layer, expectation) => {
    expect(findingsOf(failing(kind, error))).toEqual([
      { layer, expectation, component: 'the_target', ok: false, reason: 'the reason', step: 2 },
    ])
  })

  test('the end of an earlier call is nobody’s fault', () => {
    const [asked, failed] = failing('tool', { kind: 'failed' })
    asked!.state.children['work']!.incarnation = 2
    expect(findingsOf([asked!, failed!])).toEqual([])
  })
})

const forbidden: Verdict = {
  layer: 'decision',
  component: 'next_move',
  expectation: 'no-refund',
  ok: false,
  reason: 'It was booked too long ago.',
  noticedBy: 'orchestration',
}

describe('what a machine says of itself', () => {
  test('counts instead of what the failed call would mean', () => {
    const [asked, failed] = failing('tool', { kind: 'rejected' })
    failed!.outbox.push({ kind: 'emit', event: verdict(forbidden) })
    expect(findingsOf([asked!, failed!])).toEqual([{ ...forbidden, step: 2 }])
  })

  test('is no finding when it is well, nor when it is something else', () => {
    const outbox: Effect[] = [
      { kind: 'emit', event: verdict({ ...forbidden, ok: true }) },
      { kind: 'emit', event: { type: 'VERDICT', of: 'a jury' } },
      { kind: 'emit', event: { ...forbidden, type: 'REPLY' } },
    ]
    expect(findingsOf([recordOf({ step: 1, outbox })])).toEqual([])
  })

  test('a machine that throws, and a message that is not taken', () => {
    const records = [
      recordOf({ step: 1, outbox: [{ kind: 'deadLetter', reason: 'too large' }] }),
      recordOf({ step: 2, status: 'error' }),
    ]
    expect(findingsOf(records)).toMatchObject([
      { layer: 'orchestration', expectation: 'every message is taken', step: 1 },
      { layer: 'orchestration', component: 'claim', reason: 'it threw', step: 2 },
    ])
  })
})

test('what was found later stands where it points, else at the end; what is well is listed', () => {
  const [asked, failed] = failing('memory', {})
  const late: Verdict = { ...forbidden, expectation: 'the reference' }
  const early: Verdict = { ...forbidden, expectation: 'identification', step: 1 }
  const good: Verdict = { ...forbidden, ok: true }
  const told = explain(address, [asked!, failed!], [late, early, good])
  expect(told.findings.map(({ expectation }) => expectation)).toEqual([
    'identification',
    'an answer',
    'the reference',
  ])
  expect(told).toMatchObject({
    agent: 'claim/7',
    status: 'active',
    first: early,
    met: [good],
    again: ['ashlar show claim/7 --context'],
  })
})

test('a decision is asked again where it was asked', () => {
  const ask: Effect = { kind: 'spawn', id: 'n', incarnation: 1, src: 'n', child: 'decision' }
  const records = [
    recordOf({ step: 1, outbox: [ask] }),
    recordOf({ step: 2, outbox: [{ kind: 'emit', event: verdict(forbidden) }, ask] }),
  ]
  const { again } = explain(address, records, [])
  expect(again[0]).toBe('ashlar decide claim/7 --step 1 --module <module of the decision>')
})

test('the story says what came in, from whom, and what was asked for', () => {
  const provenance = {
    decider: 'openai',
    model: 'gpt',
    promptHash: 'p',
    attempts: 2,
    latencyMs: 1,
    confidence: 0.5,
  }
  const records = [
    recordOf({ step: 1, event: { kind: 'init', input: { id: 7 } } }),
    recordOf({
      step: 2,
      event: { kind: 'event', event: { type: 'SAY', text: 'long '.repeat(60) } },
      handled: false,
    }),
    recordOf({
      step: 3,
      event: { kind: 'done', childId: 'next', incarnation: 1, output: { type: 'GO' }, provenance },
      outbox: [
        { kind: 'spawn', id: 'x', incarnation: 2, src: 'x', child: 'tool', target: 'pay' },
        { kind: 'send', to: { type: 'bank', id: '1' }, event: { type: 'PAY' } },
        { kind: 'emit', event: { type: 'PAID' } },
        { kind: 'cancel', id: 't', incarnation: 1 },
      ],
    }),
    recordOf({ step: 4, event: { kind: 'timer', timerId: 'late', incarnation: 1 } }),
  ]
  const [begun, said, decided, late] = storyOf(records)
  expect(begun).toMatchObject({ event: 'init {"id":7}', state: 'here', asks: [], notes: [] })
  expect(said!.event).toMatch(/^SAY \{"text":"long long .*…$/)
  expect(said!.notes).toEqual(['not handled'])
  expect(decided).toMatchObject({
    event: 'done: next {"type":"GO"}',
    asks: ['tool pay', 'send PAY to bank', 'emit PAID'],
    notes: ['by openai (gpt)', 'after 2 attempts', '0.50 sure'],
  })
  expect(late!.event).toBe('timer: late')
})

test.each([null, 'text', {}, { ...forbidden, layer: 'weather' }, { ...forbidden, ok: 'no' }])(
  '%j is no verdict',
  (value) => {
    expect(readVerdict(value)).toBeUndefined()
  },
)
