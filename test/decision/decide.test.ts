import { describe, expect, test } from 'vitest'
import { pause, virtualClock } from '../../src/contracts/clock.ts'
import type { Decider } from '../../src/contracts/decision.ts'
import { hashJson } from '../../src/contracts/json.ts'
import { recorded, rules } from '../../src/decision/deciders.ts'
import { checkOption } from '../../src/decision/prepare.ts'
import type { Asking } from './decision-desk.ts'
import { book, decide, options, scripted, wait } from './decision-desk.ts'

const abstained = (reasons: string): object => ({
  error: {
    name: 'DecisionFailure',
    kind: 'abstained',
    decision: 'next',
    message: `nobody decided next: ${reasons}`,
  },
})

describe('a choice', () => {
  test('is the output, checked and completed by the schema', async () => {
    const decider = scripted('model', [book])
    const { completion } = await decide({ deciders: [decider] })
    expect(completion).toEqual({ output: { ...book, bags: 0 } })
    expect(decider.questions[0]).toMatchObject({
      decision: 'next',
      input: { seats: 1 },
      offered: ['BOOK', 'WAIT'],
      prompt: '1 seats: BOOK or WAIT?',
      complaints: [],
    })
  })

  test('is reported with its provenance', async () => {
    const clock = virtualClock(0)
    const more = { model: 'm-1', usage: { inputTokens: 5, outputTokens: 2 }, confidence: 0.8 }
    const model: Decider<Asking> = {
      name: 'model',
      async decide() {
        await pause(clock, 30)
        return { kind: 'chosen', option: wait, ...more }
      },
    }
    const { outcome } = await decide({ deciders: [model], clock })
    const promptHash = hashJson('1 seats: BOOK or WAIT?').slice(0, 16)
    expect(outcome).toEqual({
      kind: 'decided',
      option: wait,
      provenance: { decider: 'model', ...more, promptHash, attempts: 1, latencyMs: 30 },
    })
  })

  test('that breaks the schema is repaired with the complaint', async () => {
    const decider = scripted('model', [{ type: 'BOOK' }, book])
    const { completion, outcome } = await decide({ deciders: [decider] })
    expect(completion).toEqual({ output: { ...book, bags: 0 } })
    expect(decider.questions.map(({ complaints }) => complaints)).toEqual([
      [],
      ['the choice breaks its schema: flight: Invalid input: expected string, received undefined'],
    ])
    expect(outcome).toMatchObject({ provenance: { attempts: 2 } })
  })

  test('that was not offered is refused with what is', async () => {
    const decider = scripted('model', [book, wait])
    const { completion } = await decide({ deciders: [decider], offered: ['WAIT'] })
    expect(completion).toEqual({ output: wait })
    expect(decider.questions[1]?.complaints).toEqual([
      'BOOK is not offered now; choose one of WAIT',
    ])
  })

  test('that stays wrong falls back, and the next decider hears no complaints', async () => {
    const model = scripted('model', [book, book])
    const second = scripted('second', [wait])
    const { completion, outcome } = await decide({ deciders: [model, second], offered: ['WAIT'] })
    expect(completion).toEqual({ output: wait })
    expect(second.questions[0]?.complaints).toEqual([])
    expect(outcome).toMatchObject({ provenance: { decider: 'second', attempts: 3 } })
  })
})

describe('an abstention', () => {
  test('gives the reason of every decider that was asked', async () => {
    const deciders = [
      scripted('wrong', [{ type: 'FLY' }, { type: 'BOOK' }]),
      scripted('silent', [{ kind: 'abstained', reason: 'too hard' }]),
      scripted('broken', [new Error('HTTP 500')]),
      scripted('slow', [new Promise<never>(() => undefined)]),
      rules<Asking>(() => null),
    ]
    const { completion } = await decide({ deciders })
    expect(completion).toEqual(
      abstained(
        'wrong: broke the contract: the choice breaks its schema: ' +
          'flight: Invalid input: expected string, received undefined; ' +
          'silent: too hard; broken: HTTP 500; slow: no answer in time; ' +
          'rules: no rule fits this state',
      ),
    )
  })

  test('comes at once when nothing is offered', async () => {
    const decider = scripted('model', [wait])
    const { completion } = await decide({ deciders: [decider], offered: [] })
    expect(completion).toEqual(abstained('model: the state accepts none of the options'))
    expect(decider.questions).toHaveLength(0)
  })

  test('comes when the input breaks its schema', async () => {
    const { completion } = await decide({ deciders: [scripted('model', [wait])], input: {} })
    expect(completion).toEqual(
      abstained(
        'model: the input of next breaks its schema: ' +
          'seats: Invalid input: expected number, received undefined',
      ),
    )
  })

  test('comes when the caller leaves, and the decider is told', async () => {
    const abort = new AbortController()
    const told: boolean[] = []
    const decider: Decider<Asking> = {
      name: 'model',
      decide({ signal }) {
        signal.addEventListener('abort', () => told.push(signal.aborted))
        queueMicrotask(() => abort.abort())
        return new Promise(() => undefined)
      },
    }
    const { completion } = await decide({ deciders: [decider], signal: abort.signal })
    expect(completion).toEqual(abstained('model: the agent has left the state that asked'))
    expect(told).toEqual([true])
  })
})

describe('a decider that is not available', () => {
  const away = (retryAfterMs?: number): object => ({
    kind: 'unavailable',
    reason: 'too many requests',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })

  test('is asked again after a wait that doubles, less a part by chance', async () => {
    const clock = virtualClock(0)
    const askedAtMs: number[] = []
    const model = scripted('model', [away(), away(), away(), wait])
    const timed: Decider<Asking> = {
      name: 'model',
      decide(question) {
        askedAtMs.push(clock.now())
        return model.decide(question)
      },
    }
    const chances = [0, 0.5, 0.999]
    const random = { next: () => chances.shift()! }
    const { completion } = await decide({ deciders: [timed], clock, random })
    expect(completion).toEqual({ output: wait })
    expect(askedAtMs).toEqual([0, 500, 1_250, 2_251])
  })

  test('is not asked before it said', async () => {
    const clock = virtualClock(0)
    await decide({ deciders: [scripted('model', [away(7_000), wait])], clock })
    expect(clock.now()).toBe(7_000)
  })

  test('that wants too long a wait is passed over', async () => {
    const clock = virtualClock(0)
    const model = scripted('model', [away(60_000)])
    const { completion, outcome } = await decide({ deciders: [model, rules(() => wait)], clock })
    expect(completion).toEqual({ output: wait })
    expect(outcome).toMatchObject({ provenance: { decider: 'rules' } })
    expect(clock.now()).toBe(0)
  })
})

describe('time and budget', () => {
  test('a decider that is too slow is aborted and the next one asked', async () => {
    const clock = virtualClock(0)
    const slow = scripted('slow', [new Promise<never>(() => undefined)])
    const { completion } = await decide({ deciders: [slow, rules(() => wait)], clock })
    expect(completion).toEqual({ output: wait })
    expect(slow.questions[0]?.signal.aborted).toBe(true)
    expect(clock.now()).toBe(1_000)
  })
})

describe('the rules decider', () => {
  test('decides by the input and what is offered', async () => {
    const decider = rules<Asking>(({ seats }, offered) =>
      seats > 1 && offered.includes('BOOK') ? book : wait,
    )
    const output = async (seats: number, offered: string[]): Promise<unknown> =>
      (await decide({ deciders: [decider], input: { seats }, offered })).completion
    expect(await output(2, ['BOOK', 'WAIT'])).toEqual({ output: { ...book, bags: 0 } })
    expect(await output(1, ['BOOK', 'WAIT'])).toEqual({ output: wait })
    expect(await output(2, ['WAIT'])).toEqual({ output: wait })
  })
})

describe('the recorded decider', () => {
  const recordings = new Map([['r1', [book, wait]]])
  const at = (recording: string, index: number): Decider<Asking> =>
    recorded<Asking>(recordings, () => ({ recording, index }), 'gpt-4o')

  test('gives the recorded choice and names the model that made it', async () => {
    const { completion, outcome } = await decide({ deciders: [at('r1', 1)] })
    expect(completion).toEqual({ output: wait })
    expect(outcome).toMatchObject({ provenance: { decider: 'recorded', model: 'gpt-4o' } })
  })

  test('gives the same answer to the same question', async () => {
    const decider = at('r1', 0)
    const first = await decide({ deciders: [decider] })
    expect(await decide({ deciders: [decider] })).toEqual(first)
  })

  test('abstains beyond the end and without a recording', async () => {
    expect((await decide({ deciders: [at('r1', 2)] })).completion).toEqual(
      abstained('recorded: recording r1 ends at 2'),
    )
    expect((await decide({ deciders: [at('r2', 0)] })).completion).toEqual(
      abstained('recorded: there is no recording r2'),
    )
  })
})

describe('checkOption', () => {
  test.each([
    [wait, { valid: true, option: wait }],
    [
      { type: 'FLY' },
      { valid: false, complaint: expect.stringContaining('the choice breaks its schema: type') },
    ],
    [null, { valid: false, complaint: expect.stringContaining('breaks its schema') }],
    [book, { valid: false, complaint: 'BOOK is not offered now; choose one of WAIT, REST' }],
  ])('%j', (option, check) => {
    expect(checkOption({ options } as never, option, ['WAIT', 'REST'])).toEqual(check)
  })
})
