import { seededRandom } from '../../src/contracts/random.ts'
import type { FaultRates } from '../../src/proof/faulty-bus.ts'

/** What can happen to a process, or to all of them, at any of their turns. */
export interface StrikeRates {
  /** kill -9 in the middle of whatever it does; it comes back a little later. */
  crash: number
  /** It stands still, often long enough to be taken for dead, and then goes on. */
  suspend: number
  /** It drains, hands over, and comes back later: a host that leaves and joins. */
  leave: number
  /** The broker answers nobody for a while. */
  outage: number
  /** Ten minutes at most pass at once for everybody: windows end, timers are late. */
  leap: number
  /** The clock of one process jumps, ahead or back, by two seconds at most. */
  skew: number
}

/** How rough a simulated run is, and how much work it has to do. */
export interface Weather {
  couriers: number
  rounds: number
  /** One agent grows until it passes a bound (I9). */
  feeds: boolean
  /** One agent fails of a bug, is repaired and resumed. */
  repairs: boolean
  /** How often somebody is overtaken by others, and by how many at most. */
  hold: { rate: number; longest: number }
  rates: FaultRates
  strikes: StrikeRates
}

const typical: { rates: FaultRates; strikes: StrikeRates } = {
  rates: {
    lostRequest: 0.005,
    lateRequest: 0.004,
    lostAnswer: 0.006,
    storedTwice: 0.01,
    conflict: 0.008,
    handedTwice: 0.03,
    lostAck: 0.02,
    lostNotice: 0.1,
  },
  strikes: {
    crash: 0.003,
    suspend: 0.0015,
    leave: 0.0007,
    outage: 0.0006,
    leap: 0.0005,
    skew: 0.001,
  },
}

/**
 * The weather of a seed. Every kind of fault is on, each between a third of its typical rate and
 * three times it, so that no two seeds are rough in the same way (swarm testing: Groce et al., 2012).
 */
export function weatherOf(seed: number): Weather {
  const random = seededRandom(seed ^ 0x5eed)
  const vary = (rate: number): number => rate * 3 ** (2 * random.next() - 1)
  const below = (count: number): number => Math.floor(random.next() * count)
  const varied = <R extends object>(rates: R): R =>
    Object.fromEntries(Object.entries(rates).map(([name, rate]) => [name, vary(rate)])) as R
  return {
    couriers: 1 + below(3),
    rounds: 1 + below(2),
    feeds: seed % 50 === 7,
    repairs: seed % 5 === 1,
    hold: { rate: 0.1 + 0.4 * random.next(), longest: 2 + below(40) },
    rates: varied(typical.rates),
    strikes: varied(typical.strikes),
  }
}
