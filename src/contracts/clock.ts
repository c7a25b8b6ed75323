/** Stops a pending timer. Calling it twice, or after the timer fired, does nothing. */
export type CancelTimer = () => void

/** The only source of time in Ashlar. Times are milliseconds since the Unix epoch. */
export interface Clock {
  now(): number
  /** Calls `fire` once at `deadlineMs`, or as soon as possible when that is past. */
  at(deadlineMs: number, fire: () => void): CancelTimer
}

/** Node caps one timer at 2^31-1 ms; longer waits are re-armed in slices of this size. */
const longestTimerMs = 2 ** 31 - 1

/** The wall clock and Node's timers. Pending timers do not keep the process alive. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    at(deadlineMs, fire) {
      let handle: NodeJS.Timeout
      const arm = (): void => {
        const waitMs = Math.max(0, deadlineMs - Date.now())
        handle =
          waitMs > longestTimerMs ? setTimeout(arm, longestTimerMs) : setTimeout(fire, waitMs)
        handle.unref()
      }
      arm()
      return () => clearTimeout(handle)
    },
  }
}

/** A clock that moves only when told to: the deterministic twin of {@link systemClock}. */
export interface VirtualClock extends Clock {
  /** Moves time forward, firing due timers in deadline order (ties: in the order they were set). */
  advance(ms: number): void
  /** Deadline of the earliest pending timer, if any. */
  nextDeadline(): number | undefined
}

/** Creates a virtual clock that starts at `startMs` (default 2024-05-15T15:00:00Z). */
export function virtualClock(startMs = Date.UTC(2024, 4, 15, 15)): VirtualClock {
  let nowMs = startMs
  let order = 0
  const pending = new Map<number, { deadlineMs: number; fire: () => void }>()
  const earliest = (): [number, { deadlineMs: number; fire: () => void }] | undefined => {
    let best: [number, { deadlineMs: number; fire: () => void }] | undefined
    for (const entry of pending) {
      if (!best || entry[1].deadlineMs < best[1].deadlineMs) best = entry
    }
    return best
  }
  return {
    now: () => nowMs,
    at(deadlineMs, fire) {
      const key = order++
      pending.set(key, { deadlineMs, fire })
      return () => void pending.delete(key)
    },
    advance(ms) {
      const untilMs = nowMs + ms
      for (let next = earliest(); next && next[1].deadlineMs <= untilMs; next = earliest()) {
        pending.delete(next[0])
        nowMs = Math.max(nowMs, next[1].deadlineMs)
        next[1].fire()
      }
      nowMs = untilMs
    },
    nextDeadline: () => earliest()?.[1].deadlineMs,
  }
}

/** Resolves after `ms` on the given clock; rejects with the signal's reason when it aborts first. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    const onAbort = (): void => {
      cancel()
      reject(signal!.reason as Error)
    }
    const cancel = clock.at(clock.now() + ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
