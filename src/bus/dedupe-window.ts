import type { Clock } from '../contracts/clock.ts'
import { limits } from './limits.ts'

/** Remembers positions by message id for `limits.dedupeWindowMs`. */
export interface DedupeWindow {
  find(id: string): number | undefined
  remember(id: string, seq: number): void
}

export function dedupeWindow(clock: Clock): DedupeWindow {
  /** All live equally long, so insertion order is expiry order. */
  const known = new Map<string, { seq: number; untilMs: number }>()
  return {
    find(id) {
      for (const [oldest, { untilMs }] of known) {
        if (untilMs > clock.now()) break
        known.delete(oldest)
      }
      return known.get(id)?.seq
    },
    remember(id, seq) {
      known.set(id, { seq, untilMs: clock.now() + limits.dedupeWindowMs })
    },
  }
}
