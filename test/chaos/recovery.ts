import { actorLimits } from '../../src/actors/limits.ts'
import type { Fault, Kind } from './schedule.ts'

/** A fault that was carried out. Times are of this machine's wall clock. */
export interface Strike {
  fault: Fault
  atMs: number
  /** When what it took away was back: the process serves again, or runs again. */
  overMs: number
  /** Processes or nodes that were struck. */
  victims: string[]
  /** Leases that the struck hosts held at that moment. */
  leases: ReadonlySet<string>
  /** Runs that were going on. */
  running: number
}

/** One transition of a run, as far as times are concerned. */
export interface TimedStep {
  /** When its host computed it, and when this process heard of it (after its outbox was delivered). */
  atMs: number
  heardMs: number | undefined
  /** What the agent waited for afterwards. */
  waitsFor: ReadonlySet<string>
}

export interface TimedRun {
  id: string
  lease: string
  steps: readonly TimedStep[]
  /** Messages of its customer: when they were accepted, and when the agent took them. */
  mail: readonly { acceptedMs: number; takenMs: number }[]
}

export interface Sample {
  strike: Strike
  run: string
  ms: number
  /** Another fault was at work between the strike and the recovery, or no other host was up. */
  overlapped: boolean
}

/**
 * A record that its author computed while it was being killed may carry a time a little after the
 * kill; no takeover is that fast. To skip it can only make a recovery look slower.
 */
const ownRecordMs = 20

/**
 * For every agent that lay in a slice of a host when that host died (or was stopped for longer than
 * makes it count as lost) and that had work pending: the time from the strike until another host
 * had committed, and delivered, its next transition.
 */
export function hostRecoveries(strikes: readonly Strike[], runs: readonly TimedRun[]): Sample[] {
  const deaths = strikes.filter(({ fault }) => fault.kind === 'host' && isDeath(fault))
  return deaths.flatMap((strike) => {
    const there = runs.filter(({ lease }) => strike.leases.has(lease))
    return there.flatMap((run) => sampleOf(strike, run, strikes, () => true))
  })
}

/** The same for agents that waited for a tool or decision while processes of that kind were struck. */
export function workRecoveries(
  kind: Exclude<Kind, 'host'>,
  strikes: readonly Strike[],
  runs: readonly TimedRun[],
): Sample[] {
  const concerned = (step: TimedStep): boolean => kind === 'broker' || step.waitsFor.has(kind)
  return strikes
    .filter(({ fault }) => fault.kind === kind)
    .flatMap((strike) => runs.flatMap((run) => sampleOf(strike, run, strikes, concerned)))
}

export interface Spread {
  count: number
  p50: number | null
  max: number | null
}

export function spreadOf(samples: readonly Pick<Sample, 'ms'>[]): Spread {
  const sorted = samples.map(({ ms }) => ms).toSorted((one, other) => one - other)
  const p50 = sorted[Math.floor((sorted.length - 1) / 2)] ?? null
  return { count: sorted.length, p50, max: sorted.at(-1) ?? null }
}

export function isDeath(fault: Fault): boolean {
  return fault.action === 'kill' || fault.pauseMs > actorLimits.hostLostAfterMs
}

/** The longest time that an agent made no transition although it had work pending. */
export function longestStall({ steps, mail }: TimedRun): number {
  const stalls = mail.map(({ acceptedMs, takenMs }) => takenMs - acceptedMs)
  for (const [index, { atMs, waitsFor }] of steps.entries()) {
    const next = steps[index + 1]
    if (next && waitsFor.size > 0) stalls.push(next.atMs - atMs)
  }
  return Math.max(0, ...stalls.filter(Number.isFinite))
}

function sampleOf(
  strike: Strike,
  run: TimedRun,
  strikes: readonly Strike[],
  concerned: (before: TimedStep) => boolean,
): Sample[] {
  const { atMs } = strike
  const next = run.steps.findIndex((step) => step.atMs > atMs + ownRecordMs)
  const after = run.steps[next]
  const before = run.steps[next - 1]
  if (!after || !before || !concerned(before)) return []
  // What its customer had said before, and it had not taken yet, is pending work as well.
  const hasMail = run.mail.some(({ acceptedMs, takenMs }) => acceptedMs <= atMs && takenMs > atMs)
  if (before.waitsFor.size === 0 && !hasMail) return []
  const backMs = after.heardMs ?? after.atMs
  const others = strikes.filter((other) => other !== strike)
  const overlapped =
    strike.fault.all || others.some((other) => other.atMs <= backMs && other.overMs >= atMs)
  return [{ strike, run: run.id, ms: backMs - atMs, overlapped }]
}
