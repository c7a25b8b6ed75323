import * as z from 'zod'
import type { VirtualClock } from '../../src/contracts/clock.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import type { Answer, Decider, DecisionOutcome, Question } from '../../src/contracts/decision.ts'
import type { Random } from '../../src/contracts/random.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import type { Completion } from '../../src/actors/performer.ts'
import { createPerformer } from '../../src/actors/performer.ts'
import type { Budget } from '../../src/decision/budget.ts'
import { unlimitedBudget } from '../../src/decision/budget.ts'
import { defineDecision } from '../../src/decision/define-decision.ts'
import { prepareDecision } from '../../src/decision/prepare.ts'
import { decisionMachine } from '../../src/machines/decision.ts'
import { finish } from '../tools/finish.ts'

const definition = defineAgent({ machine: decisionMachine })
export interface Asking {
  seats: number
}
export const options = z.discriminatedUnion('type', [
  z.object({ type: z.literal('BOOK'), flight: z.string(), bags: z.number().default(0) }),
  z.object({ type: z.literal('WAIT') }),
])
export const wait = { type: 'WAIT' }
export const book = { type: 'BOOK', flight: 'HAT1' }

export const estimate = { tokens: 100, nanoUsd: 7_000 }

/** Gives the next of the answers each time it is asked, and keeps the questions. */
export function scripted(
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

export interface Setting {
  deciders: Decider<Asking>[]
  offered?: string[]
  input?: unknown
  budget?: Budget
  clock?: VirtualClock
  random?: Random
  signal?: AbortSignal
}

export async function decide(
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
        onDecided: (decided) => (outcome = decided.outcome),
      }),
  })
  const call = { id: 'desk/1:2:0', agent: { type: 'desk', id: '1' }, input, offered, budgets: [] }
  const signal = setting.signal ?? new AbortController().signal
  const completion = await finish(clock, performer.perform(call, signal))
  return { completion: withoutProvenance(completion), outcome }
}

/** What the machine gets to see of a completion; the rest is for the journal. */
export function withoutProvenance(completion: Completion): Completion {
  return 'output' in completion ? { output: completion.output } : completion
}
