import type { Address } from '../contracts/address.ts'
import type { Clock } from '../contracts/clock.ts'
import type { KeptLetter } from './dead-letters.ts'
import { dedupeWindow } from './dedupe-window.ts'
import type { DedupeWindow } from './dedupe-window.ts'
import type { JournalEntry } from './journal.ts'
import type { LocalBucket } from './local-key-value.ts'
import type { LocalTimer } from './local-timers.ts'
import type { LocalListener, LocalServer } from './local-wire.ts'
import type { LocalQueue } from './local-work-queue.ts'
import type { MailboxMessage, MailboxSlice } from './mailbox.ts'
import { partitionOf } from './partition.ts'

/** What the local broker stores for one cell; shared by all its connections. */
export interface LocalCell {
  readonly clock: Clock
  readonly partitions: number
  readonly queueMaxItems: number
  readonly mailSeen: DedupeWindow
  readonly lettersSeen: DedupeWindow
  readonly slices: Map<string, LocalSlice>
  readonly journals: Map<string, { address: Address; entries: JournalEntry[] }>
  readonly timers: Map<string, LocalTimer>
  readonly queues: Map<string, LocalQueue>
  readonly buckets: Map<string, LocalBucket>
  readonly letters: { letter: KeptLetter; untilMs: number }[]
  readonly listeners: Set<LocalListener>
  readonly servers: Map<string, LocalServer[]>
  /** Mail, journals and timers share one log, so their positions have gaps. */
  nextSeq(): number
  nextLetterId(): number
  slice(slice: MailboxSlice): LocalSlice
  /** Appends to the mail of an address and wakes the readers. */
  deliver(to: Address, body: Uint8Array): number
}

export interface LocalSlice {
  messages: MailboxMessage[]
  readonly wake: Set<() => void>
}

export function localCell(
  clock: Clock,
  settings: { partitions: number; queueMaxItems: number },
): LocalCell {
  let lastSeq = 0
  let lastLetterId = 0
  const slices = new Map<string, LocalSlice>()
  const slice = ({ type, partition }: MailboxSlice): LocalSlice =>
    ensure(slices, `${type}/${partition}`, () => ({ messages: [], wake: new Set() }))
  return {
    clock,
    ...settings,
    mailSeen: dedupeWindow(clock),
    lettersSeen: dedupeWindow(clock),
    slices,
    journals: new Map(),
    timers: new Map(),
    queues: new Map(),
    buckets: new Map(),
    letters: [],
    listeners: new Set(),
    servers: new Map(),
    nextSeq: () => ++lastSeq,
    nextLetterId: () => ++lastLetterId,
    slice,
    deliver(to, body) {
      const partition = partitionOf(to.id, settings.partitions)
      const target = slice({ type: to.type, partition })
      const seq = ++lastSeq
      target.messages.push({ seq, address: { type: to.type, id: to.id }, body: body.slice() })
      for (const wake of target.wake) wake()
      return seq
    },
  }
}

/** The value of a key, made on first use. */
export function ensure<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
