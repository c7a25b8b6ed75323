import type { CancelTimer, Clock } from '../contracts/clock.ts'

/** Requests that wait for an answer, all equally long, with one timer for all of them. */
export interface PendingAnswers<T> {
  /** Settles with the answer, or with what `timedOut` or `failAll` give. */
  add(token: string, settle: (answer: T) => void): void
  /** An answer to an unknown token (it came too late) is dropped. */
  answer(token: string, answer: T): void
  failAll(answer: T): void
  /** Waits until nothing is pending and lets go of the clock. */
  untilEmpty(): Promise<void>
}

export function pendingAnswers<T>(clock: Clock, waitMs: number, timedOut: T): PendingAnswers<T> {
  /** All wait equally long, so insertion order is deadline order. */
  const pending = new Map<string, { deadlineMs: number; settle: (answer: T) => void }>()
  let cancelSweep: CancelTimer | undefined
  let onSettled = (): void => {}

  const settle = (token: string, answer: T): void => {
    const entry = pending.get(token)
    pending.delete(token)
    entry?.settle(answer)
    if (pending.size === 0) onSettled()
  }
  const sweep = (): void => {
    cancelSweep = undefined
    for (const [token, { deadlineMs }] of pending) {
      if (deadlineMs > clock.now()) {
        cancelSweep = clock.at(deadlineMs, sweep)
        return
      }
      settle(token, timedOut)
    }
  }
  return {
    add(token, settled) {
      const deadlineMs = clock.now() + waitMs
      pending.set(token, { deadlineMs, settle: settled })
      cancelSweep ??= clock.at(deadlineMs, sweep)
    },
    answer: settle,
    failAll(answer) {
      for (const token of Array.from(pending.keys())) settle(token, answer)
    },
    async untilEmpty() {
      while (pending.size > 0) await new Promise<void>((resolve) => (onSettled = resolve))
      cancelSweep?.()
      cancelSweep = undefined
    },
  }
}
