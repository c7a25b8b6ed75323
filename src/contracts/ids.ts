import { randomUUID } from 'node:crypto'

/** The only source of fresh identifiers. Ids are unique, non-empty and made of `[0-9a-z-]`. */
export interface Ids {
  next(): string
}

/** Random version 4 UUIDs. */
export function systemIds(): Ids {
  return { next: () => randomUUID() }
}

/** `prefix-1`, `prefix-2`, …: the deterministic twin of {@link systemIds}. */
export function countingIds(prefix = 'id'): Ids {
  let count = 0
  return { next: () => `${prefix}-${++count}` }
}
