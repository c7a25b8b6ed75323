import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { VirtualClock } from '../../src/contracts/clock.ts'
import { pause, virtualClock } from '../../src/contracts/clock.ts'
import type { Answer, Decider, DecisionOutcome, Question } from '../../src/contracts/decision.ts'
import type { Random } from '../../src/contracts/random.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import { hashJson } from '../../src/contracts/json.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import type { Completion } from '../../src/actors/performer.ts'
import { createPerformer } from '../../src/actors/performer.ts'
import { recorded, rules } from '../../src/decision/deciders.ts'
import { defineDecision } from '../../src/decision/define-decision.ts'
import type { Budget } from '../../src/decision/budget.ts'
import { unlimitedBudget } from '../../src/decision/budget.ts'
import { checkOption, prepareDecision } from '../../src/decision/prepare.ts'
import { decisionMachine } from '../../src/machines/decision.ts'
import { finish } from '../tools/finish.ts'

const definition = defineAgent({ machine: decisionMachine })
interface Asking {
  seats: number
}
const options = z.discriminatedUnion('type', [
  z.object({ type: z.literal('BOOK'), flight: z.string(), bags: z.number().default(0) }),
  z.object({ type: z.literal('WAIT') }),
])
const wait = { type: 'WAIT' }
const book = { type: 'BOOK', flight: 'HAT1' }

const estimate = { tokens: 100, nanoUsd: 7_000 }

/** Gives the next of the answers each time it is asked, and keeps the questions. */
function scripted(
  name: string,
  answers: (object | Error | Promise<never>)[],
): Decider<Asking> & { questions: Question<Asking>[] } {
  const questions: Question<Asking>[] = []
  return {
    name,
    questions,
    estimate: () => estimate,
    decide(question) {
      const answer = answers[questions.length]
      questions.push(question)
      if (answer === undefined) throw new Error('asked once too often')
      if (answer instanceof Error) throw answer
      if (answer instanceof Promise) return answer
      return 'kind' in answer ? (answer as Answer) : { kind: 'chosen', option: answer }
    },
  }
}

interface Setting {
  deciders: Decider<Asking>[]
  offered?: string[]
  input?: unknown
  budget?: Budget
  clock?: VirtualClock
  random?: Random
  signal?: AbortSignal
}

async function decide(
  setting: Setting,
): Promise<{ completion: Completion; outcome: DecisionOutcome | undefined }> {
  const { deciders, offered = ['BOOK', 'WAIT'], input = { seats: 1 } } = setting
  const { budget = unlimitedBudget, clock = virtualClock(0) } = setting
  const decision = defineDecision({
    name: 'next',
    input: z.object({ seats: z.number() }),
    options,
    timeoutMs: 1_000,
    repairs: 1,
    prompt: ({ seats }, moves) => `${seats} seats: ${moves.join(' or ')}?`,
    deciders,
  })
  let outcome: DecisionOutcome | undefined
  const performer = createPerformer({
    kind: 'decision',
    name: 'next',
    concurrency: 1,
    ackWaitMs: 1_000,
    definition,
    clock,
    prepare: (call) =>
      prepareDecision(decision, call, {
        clock,
        budgetOf: () => budget,
        random: setting.random ?? seededRandom(1),
        onDecided: (it) => (outcome = it),
      }),
  })
  const call = { id: 'desk/1:2:0', agent: { type: 'desk', id: '1' }, input, offered, budgets: [] }
  const signal = setting.signal ?? new AbortController().signal
  const completion = await finish(clock, performer.perform(call, signal))
  return { completion, outcome }
}

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

  describe('the budget', () => {
    /** Keeps what is set aside and given back; grants so many questions. */
    function meter(grants: number): Budget & { reserved: object[]; settled: object[][] } {
      const reserved: object[] = []
      const settled: object[][] = []
      return {
        reserved,
        settled,
        async reserve(most) {
          reserved.push(most)
          if (reserved.length <= grants) return { granted: true }
          return { granted: false, reason: 'no calls left' }
        },
        async settle(most, spent) {
          settled.push([most, spent])
        },
      }
    }
    const broken = { type: 'BOOK' }

    test('is asked for the estimate before every question, repairs included', async () => {
      const budget = meter(2)
      const model = scripted('model', [broken, broken])
      const second = scripted('second', [])
      const { completion } = await decide({ deciders: [model, second], budget })
      expect(budget.reserved).toEqual([estimate, estimate, estimate])
      expect(completion).toMatchObject({ error: { kind: 'abstained' } })
      expect((completion as { error: Error }).error.message).toContain('second: no calls left')
    })

    test('hears of the cost of an answer that says it, whatever the answer was', async () => {
      const budget = meter(9)
      const cost = { tokens: 30, nanoUsd: 2_000 }
      const free = { tokens: 0, nanoUsd: 0 }
      const model = scripted('model', [
        { kind: 'malformed', complaint: 'no JSON', cost },
        { kind: 'unavailable', reason: 'too many requests', cost: free },
        { kind: 'chosen', option: wait, cost },
      ])
      expect((await decide({ deciders: [model], budget })).completion).toEqual({ output: wait })
      expect(budget.settled).toEqual([
        [estimate, cost],
        [estimate, free],
        [estimate, cost],
      ])
    })

    test('keeps what was set aside for answers of unknown cost', async () => {
      const budget = meter(9)
      const model = scripted('model', [{ kind: 'unavailable', reason: 'hung up' }, wait])
      const slow = scripted('slow', [new Promise<never>(() => undefined)])
      await decide({ deciders: [slow, model], budget })
      expect(budget.reserved).toHaveLength(3)
      expect(budget.settled).toEqual([])
    })

    test('is not asked for a decider that costs nothing', async () => {
      const budget = meter(0)
      const model = scripted('model', [wait])
      const { outcome } = await decide({ deciders: [model, rules(() => wait)], budget })
      expect(outcome).toMatchObject({ kind: 'decided', provenance: { decider: 'rules' } })
      expect(budget.reserved).toHaveLength(1)
    })

    test('that cannot be told what was spent does not lose the answer', async () => {
      const budget = { ...meter(9), settle: () => Promise.reject(new Error('the store is away')) }
      const model = scripted('model', [{ kind: 'chosen', option: wait, cost: estimate }])
      expect((await decide({ deciders: [model], budget })).completion).toEqual({ output: wait })
    })
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
