import type { DeadLetters } from './dead-letters.ts'
import type { Journal } from './journal.ts'
import type { KeyValue } from './key-value.ts'
import type { Mailbox } from './mailbox.ts'
import type { Timers } from './timers.ts'
import type { Wire } from './wire.ts'
import type { WorkQueue } from './work-queue.ts'

/** `connected` and `disconnected` alternate while a broker restarts; `closed` is final. */
export type BusStatus = 'connected' | 'disconnected' | 'closed'

/** One process's connection to the broker: every port over one connection and one cell. */
export interface Bus {
  readonly cell: string
  /** Number of partitions of every machine type; fixed when the cell was first used. */
  readonly partitions: number
  readonly mailbox: Mailbox
  readonly journal: Journal
  readonly work: WorkQueue
  readonly timers: Timers
  readonly keyValue: KeyValue
  readonly wire: Wire
  readonly deadLetters: DeadLetters
  onStatus(listener: (status: BusStatus) => void): () => void
  /**
   * Finishes what was sent, stops every reader and closes, without waiting for handlers: the items
   * that they hold are delivered to others. Closing twice is harmless.
   */
  close(): Promise<void>
}
