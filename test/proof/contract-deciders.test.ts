import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Call, Performer } from '../../src/actors/performer.ts'
import { openContractBench } from '../../src/cli/contract-bench.ts'
import { decisionContract } from '../../src/cli/contract-tests.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import type { AnyDecision, Decider } from '../../src/contracts/decision.ts'
import { rules } from '../../src/decision/deciders.ts'
import { estimateTokens } from '../../src/decision/prompt-parts.ts'
import type { Bench } from '../../src/proof/contract-bench.ts'
import { decisionClauses } from '../../src/proof/decision-clauses.ts'
import { defineDecision } from '../../src/decision/define-decision.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import type { DecisionTestOptions } from '../../src/proof/decision-under-test.ts'

interface Asking {
  said: string
  cents?: number | undefined
}

const sound = defineDecision({
  name: 'judge',
  input: z.object({ said: z.string(), cents: z.int().optional() }),
  options: z.discriminatedUnion('type', [
    z.object({ type: z.literal('APPROVE') }),
    z.object({ type: z.literal('DECLINE'), reason: z.enum(['late', 'unclear']) }),
  ]),
  prompt: ({ said }, offered) => `${said.replaceAll('hunter2', '***')}: ${offered.join(' or ')}?`,
  deciders: [
    rules<Asking>(({ cents }, offered) =>
      cents === undefined || !offered.includes('APPROVE') ? null : { type: 'APPROVE' },
    ),
  ],
}) as AnyDecision

const options: DecisionTestOptions = { secrets: ['hunter2'] }
const chance = seededRandom(7)
const decidedBy = (decider: Partial<Decider>): AnyDecision => ({
  ...sound,
  deciders: [{ name: 'odd', decide: () => ({ kind: 'abstained', reason: 'so' }), ...decider }],
})
const answering = (answer: unknown): AnyDecision => decidedBy({ decide: () => answer as never })

const bugs: [string, AnyDecision, string, RegExp, DecisionTestOptions?][] = [
  [
    'whose prompt has a random number',
    { ...sound, prompt: () => `Ticket ${chance.next()}` },
    'prompt-pure',
    /first "Ticket 0\.\d+", then "Ticket 0\.\d+"/,
  ],
  [
    'whose prompt has the time in it',
    { ...sound, prompt: () => `It is ${systemClock().now()}` },
    'prompt-pure',
    /It is/,
  ],
  [
    'whose prompt changes its input',
    { ...sound, prompt: (input: Asking) => ((input.said = ''), 'What now?') },
    'prompt-pure',
    /it changes its input/,
  ],
  [
    'whose prompt tells a secret',
    { ...sound, prompt: ({ said }: Asking) => said },
    'prompt-secrets',
    /it is in the prompt/,
  ],
  [
    'whose prompt is too long',
    { ...sound, prompt: () => 'why '.repeat(100) },
    'prompt-bounds',
    /about 134/,
    { ...options, maxTokens: 100 },
  ],
  [
    'whose decider invents an option',
    answering({ kind: 'chosen', option: { type: 'REFUND_TWICE' } }),
    'decider:odd',
    /the choice breaks its schema/,
  ],
  [
    'whose decider chooses what is not offered',
    answering({ kind: 'chosen', option: { type: 'APPROVE' } }),
    'decider:odd',
    /APPROVE is not offered/,
    { ...options, examples: [{ input: { said: 'hm' }, offered: ['DECLINE'] }] },
  ],
  [
    'whose decider throws',
    decidedBy({
      decide() {
        throw new Error('no idea')
      },
    }),
    'decider:odd',
    /it throws: no idea/,
  ],
  [
    'whose decider changes what the next one is asked',
    decidedBy({
      decide({ input }) {
        ;(input as Asking).said = 'nothing'
        return { kind: 'abstained', reason: 'so' }
      },
    }),
    'decider:odd',
    /it changes its question/,
  ],
  [
    'whose decider abstains without a word',
    answering({ kind: 'abstained', reason: ' ' }),
    'decider:odd',
    /no reason/,
  ],
  [
    'whose decider estimates nothing that can be reserved',
    decidedBy({ estimate: () => ({ tokens: Number.NaN, nanoUsd: 0 }) }),
    'estimate:odd',
    /tokens/,
  ],
]

async function failures(
  decision: AnyDecision,
  given: DecisionTestOptions = options,
): Promise<[string, string][]> {
  const failed: [string, string][] = []
  for (const clause of decisionContract(decision, given)) {
    const outcome = await clause.run()
    if (outcome.kind === 'failed') failed.push([clause.id, outcome.reason])
  }
  return failed
}

test('a sound decision keeps every clause', async () => {
  for (const clause of decisionContract(sound, options)) {
    expect([clause.id, await clause.run()]).toEqual([clause.id, { kind: 'ok' }])
  }
})

test.each(bugs)('a decision %s is found by its clause', async (_, decision, id, reason, given) => {
  const failed = await failures(decision, given)
  expect(failed).toEqual([[id, expect.stringMatching(reason)]])
})

test('a decider that costs something is not asked unless that is allowed', async () => {
  let asked = 0
  const costly = decidedBy({
    estimate: () => ({ tokens: 10, nanoUsd: 1 }),
    decide: () => (asked++, { kind: 'abstained', reason: 'too dear' }),
  })
  expect(await failures(costly)).toEqual([])
  expect(asked).toBe(0)
  expect(await failures(costly, { ...options, ask: 'all' })).toEqual([])
  expect(asked).toBeGreaterThan(0)
})

test('options that JSON cannot hold are found', async () => {
  const at = z.string().transform(() => new Date(0))
  const options = z.discriminatedUnion('type', [z.object({ type: z.literal('MEET'), at })])
  const meet = { ...sound, options, optionTypes: ['MEET'] } as AnyDecision
  expect(await failures(meet, { ask: 'none' })).toEqual(
    expect.arrayContaining([['options', expect.stringContaining('at (Date)')]]),
  )
})

/** What a runtime that breaks its word would do to each question. */
interface Sabotage {
  clause: string
  decision?: Partial<AnyDecision>
  call?: Partial<Call>
}
const anything = {
  safeParse: (data: unknown) => ({ success: true, data }),
} as unknown as AnyDecision['options']
const sabotages: Sabotage[] = [
  { clause: 'malformed', decision: { repairs: 5 } },
  {
    clause: 'no-option',
    decision: { options: anything },
    call: { offered: ['APPROVE', 'DECLINE', 'NO_SUCH_OPTION'] },
  },
  { clause: 'not-offered', call: { offered: ['APPROVE', 'DECLINE'] } },
  { clause: 'unavailable', decision: { retries: 9 } },
  { clause: 'timeout', decision: { timeoutMs: 90_000 } },
  { clause: 'budget', call: { budgets: [] } },
  { clause: 'bad-input', decision: { input: anything } },
  { clause: 'nothing-offered', call: { offered: ['APPROVE', 'DECLINE'] } },
]

async function failuresUnder(serve: (bench: Bench) => Bench['serve']): Promise<string[]> {
  const openBench = (): Bench => {
    const bench = openContractBench()
    return { ...bench, serve: serve(bench) }
  }
  const under = { decision: sound, options, openBench, estimateTokens }
  const failed: string[] = []
  for (const clause of decisionClauses(under)) {
    if ((await clause.run()).kind === 'failed') failed.push(clause.id)
  }
  return failed
}

describe('a runtime that breaks its word is found out', () => {
  test.each(sabotages)('by the clause $clause', async ({ clause, decision = {}, call = {} }) => {
    const failed = await failuresUnder((bench) => ({ decisions }) => {
      const performer = bench.serve({ decisions: decisions!.map((it) => ({ ...it, ...decision })) })
      const perform: Performer['perform'] = (asked, signal) =>
        performer.perform({ ...asked, ...call }, signal)
      return { ...performer, perform }
    })
    expect(failed).toContain(clause)
  })

  test('by the clauses refused, thrown and fallback, when the next decider is forgotten', async () => {
    const failed = await failuresUnder((bench) => ({ decisions }) => {
      const first = decisions!.map((it) => ({ ...it, deciders: it.deciders.slice(0, 1) }))
      return bench.serve({ decisions: first })
    })
    expect(failed).toEqual(expect.arrayContaining(['refused', 'thrown', 'fallback']))
  })

  test('by the clause cancel, when nobody tells a question that its agent has left', async () => {
    const failed = await failuresUnder((bench) => (parts) => {
      const performer = bench.serve(parts)
      const deaf = new AbortController().signal
      return { ...performer, perform: (asked) => performer.perform(asked, deaf) }
    })
    expect(failed).toEqual(['cancel'])
  })
})
