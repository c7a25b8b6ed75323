import type { Result } from './campaign.ts'
import type { Options } from './options.ts'
import type { Spread } from './recovery.ts'
import { hostRecoveries, longestStall, spreadOf, workRecoveries } from './recovery.ts'
import type { Kind } from './schedule.ts'
import { kinds } from './schedule.ts'

/** The last line of `--json`. */
export interface Summary {
  runs: number
  kills: Record<Kind, number>
  /** Runs that will never go on. */
  lost: number
  /** Effects that happened more than once. */
  duplicated: number
  /** Everything that was found, the lost and the duplicated included. */
  violations: number
  /** From a host's death to the next transition of its agents elsewhere, without other faults. */
  recoveryMs: { p50: number | null; max: number | null }
  pauses: Record<Kind, number>
  /** The same while other faults were at work, or no other host was up. */
  overlappedMs: Spread
  workMs: Record<Exclude<Kind, 'host'>, Spread>
  /** From a customer's message to its acknowledgement. */
  acceptMs: Spread
  /** The longest time that any agent stood still with work pending, faults or not. */
  stallMaxMs: number
  samples: number
  waiting: Record<string, number>
  deadLetters: number
  executions: Result['executions']
  records: number
  couriers: number
  seed: number
  cluster: boolean
  seconds: number
}

export function summarize(result: Result, options: Options): Summary {
  const { findings, strikes, timed } = result
  const count = (action: 'kill' | 'pause'): Record<Kind, number> => {
    const counts = { host: 0, tool: 0, decision: 0, broker: 0 }
    for (const { fault, victims } of strikes) {
      if (fault.action === action) counts[fault.kind] += victims.length
    }
    return counts
  }
  const lost = new Set(findings.filter(({ kind }) => kind === 'lost').map(({ where }) => where))
  const samples = hostRecoveries(strikes, timed)
  const clean = spreadOf(samples.filter(({ overlapped }) => !overlapped))
  const spread = (kind: Exclude<Kind, 'host'>): Spread =>
    spreadOf(workRecoveries(kind, strikes, timed))
  return {
    runs: result.played.length,
    kills: count('kill'),
    lost: lost.size,
    duplicated: findings.filter(({ kind }) => kind === 'duplicated').length,
    violations: findings.length,
    recoveryMs: { p50: clean.p50, max: clean.max },
    pauses: count('pause'),
    overlappedMs: spreadOf(samples.filter(({ overlapped }) => overlapped)),
    workMs: { tool: spread('tool'), decision: spread('decision'), broker: spread('broker') },
    acceptMs: spreadOf(
      result.played.flatMap(({ sent }) =>
        sent.map(({ sentMs, settledMs }) => ({ ms: settledMs - sentMs })),
      ),
    ),
    stallMaxMs: Math.max(0, ...timed.map(longestStall)),
    samples: clean.count,
    waiting: result.waiting,
    deadLetters: result.letters.length,
    executions: result.executions,
    records: result.records,
    couriers: result.couriers,
    seed: options.seed,
    cluster: options.cluster,
    seconds: result.seconds,
  }
}

const shownFindings = 40

/** One line per death of a host: how long each of its agents with work pending waited. */
export function describeDeaths({ strikes, timed }: Result): string[] {
  const samples = hostRecoveries(strikes, timed)
  return strikes.flatMap((strike) => {
    const own = samples.filter((sample) => sample.strike === strike)
    if (own.length === 0) return []
    const waits = own.map(({ ms }) => ms).toSorted((one, other) => one - other)
    const what = `${strike.fault.action} of ${strike.victims.join(', ')}`
    const apart = own.some(({ overlapped }) => overlapped) ? ' (other faults at work)' : ''
    return [`  ${new Date(strike.atMs).toISOString()} ${what}${apart}: ${waits.join(', ')} ms`]
  })
}

/** The verdict for people. */
export function describe(result: Result, summary: Summary): string[] {
  const { findings, letters } = result
  const each = (counts: Record<Kind, number>): string =>
    kinds.map((kind) => `${counts[kind]} ${kind}`).join(', ')
  const { executions, recoveryMs, overlappedMs, workMs } = summary
  const running = result.strikes.map((strike) => strike.running)
  return [
    `${summary.runs} runs in ${summary.seconds} s, seed ${summary.seed}` +
      (summary.cluster ? ', cluster of 3' : ''),
    `killed   ${each(summary.kills)}`,
    `stopped  ${each(summary.pauses)}`,
    `load     ${Math.min(...running)} to ${Math.max(...running)} runs were going on at each fault`,
    `calls    ${executions.calls} executed, ${executions.repeated} of them again after a fault; ` +
      `${executions.writes} writes`,
    `journals ${summary.records} records read and folded again; ${summary.couriers} couriers`,
    `recovery after the death of a host: ${times({ ...recoveryMs, count: summary.samples })}`,
    `         while other faults were at work: ${times(overlappedMs)}`,
    `         next transition of those that waited after the death of a tool process ` +
      `${times(workMs.tool)}; decision process ${times(workMs.decision)}; ` +
      `broker ${times(workMs.broker)}`,
    `longest standstill of an agent with work pending, whatever happened: ${summary.stallMaxMs} ms`,
    `customers waited for an acknowledgement: ${times(summary.acceptMs, 'messages')}`,
    ...Object.entries(summary.waiting).map(
      ([state, runs]) => `waiting  ${runs} run(s) in ${state}`,
    ),
    ...letters.map(
      ({ letter, why }) => `letter   ${letter.target}: ${letter.reason}: ${why ?? '?'}`,
    ),
    ...findings
      .slice(0, shownFindings)
      .map(({ kind, where, what }) => `${kind.toUpperCase()} ${where}: ${what}`),
    ...(findings.length > shownFindings ? [`… and ${findings.length - shownFindings} more`] : []),
    `lost ${summary.lost}, duplicated ${summary.duplicated}, violations ${summary.violations}`,
  ]
}

function times({ count, p50, max }: Spread, what = 'agents'): string {
  return count === 0 ? 'none was concerned' : `p50 ${p50} ms, worst ${max} ms (${count} ${what})`
}
