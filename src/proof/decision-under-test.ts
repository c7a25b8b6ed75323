import type { Completion } from '../actors/performer.ts'
import type { BudgetAccount } from '../contracts/budget.ts'
import type { Answer, AnyDecision, Decider, Question } from '../contracts/decision.ts'
import type { AgentEvent } from '../contracts/event.ts'
import { copyJson } from '../contracts/json.ts'
import type { Bench, OpenBench, UserCode } from './contract-bench.ts'
import { perform, settle } from './contract-bench.ts'
import { examplesOf } from './examples.ts'

export interface DecisionTestOptions<Input = unknown> {
  /** States that are asked about; `offered` is what they accept. Default: made, with all options. */
  examples?: readonly { input: Input; offered?: readonly string[] }[]
  /** Of the examples that are made. Default: 1. */
  seed?: number
  /** Texts that no prompt may contain, wherever they come in. */
  secrets?: readonly string[]
  /** Bound of a prompt, by `estimateTokens`. Default: 24,000, as of `assemblePrompt`. */
  maxTokens?: number
  /** Who may be asked: `free` (default) are deciders without an `estimate`, which cost nothing. */
  ask?: 'all' | 'free' | 'none'
  /** Real time for one answer, in ms. Default: the decision's `timeoutMs`. */
  patienceMs?: number
}

/** A decision and what its clauses need. */
export interface DecisionUnderTest {
  readonly decision: AnyDecision
  readonly options: DecisionTestOptions
  readonly openBench: OpenBench
  /** A guess of the tokens of a text. */
  readonly estimateTokens: (text: string) => number
}

export interface Case {
  readonly input: unknown
  readonly offered: readonly string[]
}

/** @throws NoExampleError */
export function casesOf({ decision, options }: DecisionUnderTest): Case[] {
  const { examples = [], seed } = options
  const { optionTypes } = decision
  if (examples.length > 0) {
    return examples.map(({ input, offered = optionTypes }) => ({ input, offered }))
  }
  const of = seed === undefined ? {} : { seed }
  const inputs = examplesOf(decision.input, `the input of ${decision.name}`, of)
  return inputs.map((input) => ({ input, offered: optionTypes }))
}

/** At least one of every option. @throws NoExampleError */
export function optionsOf({ decision, options: { seed = 1 } }: DecisionUnderTest): AgentEvent[] {
  return examplesOf(decision.options, `the options of ${decision.name}`, {
    seed,
    most: 200,
  }) as AgentEvent[]
}

/** The prompt about a case, from a copy, so that a change to its input does no harm. */
export function promptOf({ decision }: DecisionUnderTest, { input, offered }: Case): string {
  return decision.prompt(decision.input.parse(copyJson(input)), [...offered])
}

/** What a stand-in is asked, and what it answers. */
export interface StandInDecider extends Decider {
  readonly questions: Question[]
  /** Virtual times at which it was asked. */
  readonly atMs: number[]
}

export function standIn(
  name: string,
  bench: Bench,
  answer: (question: Question) => Answer | Promise<Answer>,
  estimate?: Decider['estimate'],
): StandInDecider {
  const questions: Question[] = []
  const atMs: number[] = []
  return {
    name,
    questions,
    atMs,
    ...(estimate ? { estimate } : {}),
    decide(question) {
      questions.push(question)
      atMs.push(bench.clock.now())
      return answer(question)
    },
  }
}

/** Asks the decision with these deciders in place of its own. */
export function ask(
  { decision, options }: DecisionUnderTest,
  bench: Bench,
  asked: Case & { deciders: readonly Decider[]; budgets?: readonly BudgetAccount[] },
  more: { code?: UserCode; signal?: AbortSignal } = {},
): Promise<Completion> {
  const { deciders, ...of } = asked
  const { signal, code } = more
  const performer = bench.serve({ decisions: [{ ...decision, deciders }] })
  const running = perform(performer, { ...of, ...(signal ? { signal } : {}) })
  const { patienceMs = decision.timeoutMs } = options
  return settle(bench, running, { patienceMs, ...(code ? { code } : {}) })
}

/** Why nobody decided; empty when somebody did. */
export function reasonOf(completion: Completion): string {
  return 'error' in completion ? completion.error.message : ''
}
