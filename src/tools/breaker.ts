import type { Clock } from '../contracts/clock.ts'

/** Refuses calls for a while after a row of failures, so that a broken outside system can rest. */
export interface Breaker {
  /** Undefined: go ahead. Otherwise why not. */
  refusal(): string | undefined
  record(succeeded: boolean): void
}

/** Opens after `failures` failures in a row, for `restMs`; the first call afterwards is the probe. */
export function createBreaker(
  clock: Clock,
  options: { failures: number; restMs: number } = { failures: 10, restMs: 5_000 },
): Breaker {
  let inARow = 0
  let openUntilMs = 0
  return {
    refusal() {
      const waitMs = openUntilMs - clock.now()
      if (waitMs <= 0) {
        // One call probes; the others wait for what it finds.
        if (inARow >= options.failures) openUntilMs = clock.now() + options.restMs
        return undefined
      }
      return `the breaker is open after ${inARow} failures in a row; try again in ${waitMs} ms`
    },
    record(succeeded) {
      inARow = succeeded ? 0 : inARow + 1
      if (succeeded) openUntilMs = 0
      if (inARow >= options.failures) openUntilMs = clock.now() + options.restMs
    },
  }
}
