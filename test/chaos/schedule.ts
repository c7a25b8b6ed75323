import { actorLimits } from '../../src/actors/limits.ts'
import type { Random } from '../../src/contracts/random.ts'
import { seededRandom } from '../../src/contracts/random.ts'

/** Kinds of processes that the campaign strikes. */
export const kinds = ['host', 'tool', 'decision', 'broker'] as const
export type Kind = (typeof kinds)[number]

/** Streams whose leaders are struck on purpose: mail and journals, calls, leases. */
const leds = ['ACT', 'WORK', 'cell'] as const
export type Led = (typeof leds)[number]

/**
 * One strike. The seed decides all of it: what, whom, after how many started runs and how long
 * after them. The wall clock in between is the machine's and differs from run to run.
 */
export interface Fault {
  action: 'kill' | 'pause'
  kind: Kind
  /** Picks one of the processes of the kind that are up: a number in [0, 1). */
  pick: number
  /** Strikes every process of the kind at once. */
  all: boolean
  /** In a cluster: the node that leads this stream, not a random one. */
  leaderOf: Led | undefined
  /** Due when this many runs have been started; then all customers speak, and this long after. */
  afterRuns: number
  delayMs: number
  /** How long a paused process stays stopped; 0 for a kill. */
  pauseMs: number
  /** Waits until the system has recovered before the next fault, so that recovery is measured. */
  quiet: boolean
}

export interface ScheduleOptions {
  seed: number
  runs: number
  kills: number
  cluster: boolean
}

/** One pause for so many kills. */
const killsPerPause = 3
const longestDelayMs = 120
const { hostLostAfterMs } = actorLimits

/** The whole schedule of a campaign, in order. The same options give the same schedule. */
export function planFaults(options: ScheduleOptions): Fault[] {
  const { seed, runs, kills, cluster } = options
  const random = seededRandom(seed)
  const nextKill = bag<Kind>(random, cluster ? [...kinds, 'broker'] : [...kinds])
  const nextPause = bag(random, pauses)
  const count = kills + Math.ceil(kills / killsPerPause)
  const faults: Fault[] = []
  let killed = 0
  for (let index = 0; index < count; index++) {
    // Spread evenly over the sequence, so that the last fault is a kill under load as well.
    const isKill = Math.floor(((index + 1) * kills) / count) > killed
    if (isKill) killed++
    const pause = isKill ? undefined : nextPause()
    const kind = pause?.kind ?? nextKill()
    const isNode = cluster && kind === 'broker'
    faults.push({
      action: isKill ? 'kill' : 'pause',
      kind,
      pick: random.next(),
      all: isKill && kind !== 'broker' && random.next() < 0.06,
      leaderOf: isNode && random.next() < 0.6 ? leds[between(random, 0, 2)] : undefined,
      afterRuns: Math.max(1, Math.floor(((index + 1) * runs) / (count + 1))),
      delayMs: between(random, 0, longestDelayMs),
      pauseMs: pause ? between(random, pause.fromMs, pause.toMs) : 0,
      quiet: random.next() < (kind === 'host' ? 0.75 : 0.5),
    })
  }
  return faults
}

/** Shorter and longer than the time after which a host counts as lost; the broker's only short. */
const short = { fromMs: 50, toMs: hostLostAfterMs / 2 }
const long = { fromMs: hostLostAfterMs + 500, toMs: hostLostAfterMs + 3_000 }
const pauses: readonly { kind: Kind; fromMs: number; toMs: number }[] = [
  { kind: 'host', ...long },
  { kind: 'broker', ...short },
  { kind: 'tool', ...long },
  { kind: 'decision', ...short },
  { kind: 'host', ...short },
  { kind: 'decision', ...long },
  { kind: 'tool', ...short },
]

/** Draws without putting back until the bag is empty, so that every kind comes up equally often. */
function bag<T>(random: Random, items: readonly T[]): () => T {
  let left: T[] = []
  return () => {
    if (left.length === 0) left = [...items]
    return left.splice(Math.floor(random.next() * left.length), 1)[0]!
  }
}

function between(random: Random, from: number, to: number): number {
  return Math.floor(from + random.next() * (to - from + 1))
}
