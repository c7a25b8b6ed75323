import type { deskAgent } from '../../desk.ts'
import type { AirlineData } from '../../domain/database.ts'
import { counted } from '../summary.ts'
import type { HostileResult } from './conversation.ts'
import { HostileConversation } from './conversation.ts'

export interface HostileSummary {
  conversations: number
  seed: number
  writes: number
  refusals: number
  forbidden: number
  stuck: number
  byDecider: Record<string, number>
  /** The first of what should not have happened, with the seed that shows it again. */
  examples: { seed: number; decider: string; violation: string }[]
}

const shownExamples = 10
const progressEvery = 1_000

/** Seeded conversations of hostile deciders; the same seed gives the same ones. */
export async function runHostile(
  data: AirlineData,
  options: {
    count: number
    seed: number
    report?: (line: string) => void
    agent?: typeof deskAgent
    /** Ends with the first violation: enough to know that there is one. */
    untilFirst?: boolean
  },
): Promise<HostileSummary> {
  const { count, seed, report, agent, untilFirst = false } = options
  const results: HostileResult[] = []
  for (let index = 0; index < count; index++) {
    results.push(await new HostileConversation(data, seed + index, agent).run())
    if (untilFirst && results.at(-1)!.violations.length > 0) break
    if ((index + 1) % progressEvery === 0)
      report?.(`${index + 1} of ${count} hostile conversations`)
  }
  const bad = results.flatMap(({ seed: one, decider, violations }) =>
    violations.map((violation) => ({ seed: one, decider, violation })),
  )
  return {
    conversations: results.length,
    seed,
    writes: sum(results.map(({ writes }) => writes)),
    refusals: sum(results.map(({ refusals }) => refusals)),
    forbidden: bad.length,
    stuck: results.filter(({ isStuck }) => isStuck).length,
    byDecider: counted(results.map(({ decider }) => decider)),
    examples: bad.slice(0, shownExamples),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
