import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { nanosPerUsd } from '../contracts/budget.ts'
import type { AnyDecision, Decided, DecisionOutcome } from '../contracts/decision.ts'
import { firstIssue } from '../contracts/envelope.ts'
import { InputError } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'
import { readText } from '../contracts/json.ts'
import { optionSchema, shapesOf } from './option-schema.ts'

/** A question with its right answer. */
export interface EvalCase {
  readonly name: string
  readonly input: unknown
  readonly offered: readonly string[]
  /** The option, with those of its members that matter. */
  readonly expected: AgentEvent
}

/** A case and what was chosen. */
export interface EvalResult {
  readonly case: EvalCase
  readonly outcome: DecisionOutcome
}

export interface OptionScore {
  readonly option: string
  /** How often it was expected, how often it was chosen, and how often both. */
  readonly cases: number
  readonly chosen: number
  readonly sameOption: number
  /** Of those, how often with every member that is compared. */
  readonly right: number
}

export interface EvalReport {
  readonly cases: number
  /** The expected option with every member that is compared. */
  readonly right: number
  /** Right of all, from 0 to 1; abstentions are not right. */
  readonly accuracy: number
  /** The expected option, whatever its members. */
  readonly sameOption: number
  /** Of all, from 0 to 1. */
  readonly optionAccuracy: number
  readonly abstained: number
  readonly byOption: readonly OptionScore[]
  /** Options taken for others, most often first. */
  readonly confusions: readonly { expected: string; chosen: string; count: number }[]
  readonly inputTokens: number
  readonly outputTokens: number
  readonly usd: number
  readonly latencyMs: { readonly p50: number; readonly p95: number }
  readonly wrong: readonly {
    name: string
    expected: AgentEvent
    chosen?: AgentEvent
    reasons?: readonly string[]
  }[]
}

const caseSchema = z.object({
  name: z.string().optional(),
  decision: z.string().optional(),
  input: z.unknown(),
  offered: z.array(z.string()).optional(),
  expected: z.union([z.string(), z.looseObject({ type: z.string() })]).optional(),
  outcome: z
    .looseObject({ kind: z.string(), option: z.looseObject({ type: z.string() }).optional() })
    .optional(),
})

/**
 * Reads cases, one JSON object per line: `{"input": …, "expected": "TYPE" | {"type": …}, "offered"?,
 * "name"?}`, or lines of a recording, where what was decided counts as right. Lines of other
 * decisions, and abstentions in a recording, are left out.
 * @throws InputError naming the line
 */
export function readCases(text: string, decision: AnyDecision, file: string): EvalCase[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    const field = `${file}:${index + 1}`
    const value = readText(line)
    if (value === undefined) throw unreadable(field, 'no JSON')
    const parsed = caseSchema.safeParse(value)
    if (!parsed.success) throw unreadable(field, firstIssue(parsed.error))
    const { name = `line ${index + 1}`, input, offered, expected, outcome } = parsed.data
    if (parsed.data.decision !== undefined && parsed.data.decision !== decision.name) return []
    const answer = expected ?? outcome?.option
    if (answer === undefined) {
      if (outcome?.kind === 'abstained') return []
      throw unreadable(field, 'expected: nothing says what is right')
    }
    const right = typeof answer === 'string' ? { type: answer } : answer
    if (!decision.optionTypes.includes(right.type)) {
      throw unreadable(
        field,
        `expected: ${right.type} is none of ${decision.optionTypes.join(', ')}`,
      )
    }
    return [{ name, input, offered: offered ?? decision.optionTypes, expected: right }]
  })
}

function unreadable(field: string, got: string): InputError {
  return new InputError({
    field,
    expected: 'a case: {"input": …, "expected": "TYPE" or {"type": …}}',
    got,
    todo: 'correct the line, or record cases with `ashlar run --record FILE`',
  })
}

/** A line of a recording. */
export function recordingLine(decided: Decided): string {
  return `${JSON.stringify(decided)}\n`
}

/** The names of all members that options of a decision may have. */
export function optionMembers({ options, optionTypes }: AnyDecision): ReadonlySet<string> {
  const { byType } = optionSchema(options, optionTypes)
  const shapes = [...byType.values()].flatMap(shapesOf)
  return new Set(shapes.flatMap(({ properties }) => Object.keys(properties ?? {})))
}

function hasSameOption({ case: { expected }, outcome }: EvalResult): boolean {
  return outcome.kind === 'decided' && outcome.option.type === expected.type
}

/** Right is the same option, with the members that the case names and nobody ignores. */
function isRight({ case: { expected }, outcome }: EvalResult, ignored: readonly string[]): boolean {
  if (outcome.kind !== 'decided') return false
  const { option } = outcome
  return Object.entries(expected).every(
    ([name, value]) => ignored.includes(name) || isDeepStrictEqual(option[name], value),
  )
}

/** Sums results up. Members of options that are `ignored` may differ in a right answer. */
export function report(
  results: readonly EvalResult[],
  ignored: readonly string[] = [],
): EvalReport {
  const right = results.filter((result) => isRight(result, ignored))
  const wrong = results.filter((result) => !isRight(result, ignored))
  const sameOption = results.filter(hasSameOption).length
  const provenances = results.flatMap(({ outcome }) =>
    outcome.kind === 'decided' ? [outcome.provenance] : [],
  )
  const sum = (of: (one: (typeof provenances)[number]) => number | undefined): number =>
    provenances.reduce((total, one) => total + (of(one) ?? 0), 0)
  const latencies = provenances.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b)
  return {
    cases: results.length,
    right: right.length,
    accuracy: shareOf(right.length, results.length),
    sameOption,
    optionAccuracy: shareOf(sameOption, results.length),
    abstained: results.length - provenances.length,
    byOption: scoresOf(results, right),
    confusions: confusionsOf(results),
    inputTokens: sum(({ usage }) => usage?.inputTokens),
    outputTokens: sum(({ usage }) => usage?.outputTokens),
    usd: sum(({ cost }) => cost?.nanoUsd) / nanosPerUsd,
    latencyMs: { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) },
    wrong: wrong.map(described),
  }
}

function shareOf(count: number, all: number): number {
  return all === 0 ? 0 : count / all
}

/** Options that were expected or chosen, the most expected first. */
function scoresOf(results: readonly EvalResult[], right: readonly EvalResult[]): OptionScore[] {
  const scores = new Map<string, { -readonly [Name in keyof OptionScore]: OptionScore[Name] }>()
  const count = (option: string, what: Exclude<keyof OptionScore, 'option'>): void => {
    const score = scores.get(option) ?? { option, cases: 0, chosen: 0, sameOption: 0, right: 0 }
    score[what]++
    scores.set(option, score)
  }
  for (const result of results) {
    const { type } = result.case.expected
    count(type, 'cases')
    if (result.outcome.kind === 'decided') count(result.outcome.option.type, 'chosen')
    if (hasSameOption(result)) count(type, 'sameOption')
  }
  for (const result of right) count(result.case.expected.type, 'right')
  return [...scores.values()].toSorted(
    (a, b) => b.cases - a.cases || a.option.localeCompare(b.option),
  )
}

function described({ case: { name, expected }, outcome }: EvalResult): EvalReport['wrong'][number] {
  if (outcome.kind === 'decided') return { name, expected, chosen: outcome.option }
  return { name, expected, reasons: outcome.reasons }
}

function confusionsOf(results: readonly EvalResult[]): EvalReport['confusions'] {
  const counts = new Map<string, { expected: string; chosen: string; count: number }>()
  for (const { case: asked, outcome } of results) {
    if (outcome.kind !== 'decided' || outcome.option.type === asked.expected.type) continue
    const [expected, chosen] = [asked.expected.type, outcome.option.type]
    const key = JSON.stringify([expected, chosen])
    const count = (counts.get(key)?.count ?? 0) + 1
    counts.set(key, { expected, chosen, count })
  }
  return [...counts.values()].toSorted((a, b) => b.count - a.count)
}

/** Of sorted numbers, by nearest rank; 0 of none. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}
