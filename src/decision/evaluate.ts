import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { nanosPerUsd } from '../contracts/budget.ts'
import type { AnyDecision, Decided, DecisionOutcome } from '../contracts/decision.ts'
import { firstIssue } from '../contracts/envelope.ts'
import { InputError } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'
import { readText } from '../contracts/json.ts'

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
  /** How often it was right, how often it was chosen, and how often both. */
  readonly cases: number
  readonly chosen: number
  readonly right: number
}

export interface EvalReport {
  readonly cases: number
  readonly right: number
  /** Right of all, from 0 to 1; abstentions are not right. */
  readonly accuracy: number
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

/** Right is the same option, with the members that the case names. */
function isRight({ case: { expected }, outcome }: EvalResult): boolean {
  if (outcome.kind !== 'decided') return false
  const { option } = outcome
  return Object.entries(expected).every(([name, value]) => isDeepStrictEqual(option[name], value))
}

/** Sums results up. */
export function report(results: readonly EvalResult[]): EvalReport {
  const [right, wrong] = divided(results)
  const options = new Map<string, { cases: number; chosen: number; right: number }>()
  const scoreOf = (option: string): { cases: number; chosen: number; right: number } => {
    const score = options.get(option) ?? { cases: 0, chosen: 0, right: 0 }
    options.set(option, score)
    return score
  }
  for (const { case: asked, outcome } of results) {
    scoreOf(asked.expected.type).cases++
    if (outcome.kind === 'decided') scoreOf(outcome.option.type).chosen++
  }
  for (const result of right) scoreOf(result.case.expected.type).right++
  const provenances = results.flatMap(({ outcome }) =>
    outcome.kind === 'decided' ? [outcome.provenance] : [],
  )
  const sum = (of: (one: (typeof provenances)[number]) => number | undefined): number =>
    provenances.reduce((total, one) => total + (of(one) ?? 0), 0)
  const latencies = provenances.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b)
  return {
    cases: results.length,
    right: right.length,
    accuracy: results.length === 0 ? 0 : right.length / results.length,
    abstained: results.length - provenances.length,
    byOption: [...options]
      .map(([option, score]) => ({ option, ...score }))
      .toSorted((a, b) => b.cases - a.cases || a.option.localeCompare(b.option)),
    confusions: confusionsOf(results),
    inputTokens: sum(({ usage }) => usage?.inputTokens),
    outputTokens: sum(({ usage }) => usage?.outputTokens),
    usd: sum(({ cost }) => cost?.nanoUsd) / nanosPerUsd,
    latencyMs: { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) },
    wrong: wrong.map(described),
  }
}

/** Those that are right, and the others. */
function divided(results: readonly EvalResult[]): [EvalResult[], EvalResult[]] {
  const [right, wrong]: [EvalResult[], EvalResult[]] = [[], []]
  for (const result of results) (isRight(result) ? right : wrong).push(result)
  return [right, wrong]
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
