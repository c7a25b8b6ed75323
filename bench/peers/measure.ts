/** A closed loop: `concurrency` lanes, each starting its next run when its last one has finished. */
import { isExpectedOutput } from './agent-loop.ts'
import type { Peer } from './peer.ts'

const warmUpRunsMin = 50
/** Fifty runs of a fast peer are over before its code has been compiled. */
const warmUpMs = 3_000
/** A peer on which no run finishes for so long counts as hung. */
const stallLimitMs = 120_000

export interface Measurement {
  runsPerSecond: number
  p50Ms: number
  p99Ms: number
  runs: number
  finished: number
  /** The first thing that went wrong, if any did. */
  fault?: string
}

export interface Plan {
  concurrency: number
  windowMs: number
}

interface Tally {
  latenciesMs: number[]
  runs: number
  startMs: number
  lastFinishMs: number
  fault?: string
}

/** Measures points on one peer; numbers its runs on from point to point, so that each is unique. */
export class Meter {
  readonly #peer: Peer
  readonly #isExpected: (n: number, output: unknown) => boolean
  #nextRun = 1
  #finished = 0

  /** `isExpected` judges the output of run `n`. */
  constructor(peer: Peer, isExpected: (n: number, output: unknown) => boolean = isExpectedOutput) {
    this.#peer = peer
    this.#isExpected = isExpected
  }

  async measure({ concurrency, windowMs }: Plan): Promise<Measurement> {
    const warmUpStartMs = performance.now()
    const warmUpEnd = this.#nextRun + Math.max(warmUpRunsMin, concurrency)
    const warming = (): boolean =>
      this.#nextRun < warmUpEnd || performance.now() - warmUpStartMs < warmUpMs
    const warmUp = await this.#loop(concurrency, warming)
    const startMs = performance.now()
    const inWindow = (): boolean => performance.now() - startMs < windowMs
    const tally = warmUp.fault === undefined ? await this.#loop(concurrency, inWindow) : warmUp
    const fault = tally.fault ?? (await this.#verify())
    const sorted = tally.latenciesMs.toSorted((a, b) => a - b)
    return {
      // Until the last run has finished: with many slow runs in step, those that finish inside
      // the window may be none at all.
      runsPerSecond: (sorted.length * 1000) / (tally.lastFinishMs - tally.startMs),
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
      runs: tally.runs,
      finished: sorted.length,
      ...(fault === undefined ? {} : { fault }),
    }
  }

  async #loop(concurrency: number, more: () => boolean): Promise<Tally> {
    const startMs = performance.now()
    const tally: Tally = { latenciesMs: [], runs: 0, startMs, lastFinishMs: startMs }
    const lane = async (): Promise<void> => {
      // A peer that fails would fail at full speed for the whole window.
      while (more() && tally.fault === undefined) await this.#runOnce(tally)
    }
    const lanes = Promise.all(Array.from({ length: concurrency }, lane))
    const stalled = Promise.withResolvers<void>()
    const watch = setInterval(() => {
      if (performance.now() - tally.lastFinishMs < stallLimitMs) return
      tally.fault ??= `no run finished for ${stallLimitMs / 1000} s`
      stalled.resolve()
    }, 1000)
    await Promise.race([lanes, stalled.promise]).finally(() => clearInterval(watch))
    return tally
  }

  async #runOnce(tally: Tally): Promise<void> {
    const n = this.#nextRun++
    tally.runs++
    const startMs = performance.now()
    try {
      const output = await this.#peer.run(n)
      if (!this.#isExpected(n, output)) {
        throw new Error(`unexpected output ${JSON.stringify(output)}`)
      }
      this.#finished++
      tally.lastFinishMs = performance.now()
      tally.latenciesMs.push(tally.lastFinishMs - startMs)
    } catch (error) {
      tally.fault ??= `run ${n}: ${describe(error)}`
    }
  }

  async #verify(): Promise<string | undefined> {
    try {
      await this.#peer.verify(this.#finished)
      return undefined
    } catch (error) {
      return describe(error)
    }
  }
}

export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function percentile(sorted: number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
