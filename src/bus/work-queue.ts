import type { Running } from './mailbox.ts'

/** A queue of calls to one tool or one decision, shared by all processes that host it. */
export interface QueueName {
  readonly kind: 'tool' | 'decision'
  readonly name: string
}

export interface WorkItem {
  readonly id: string
  readonly body: Uint8Array
  /** 1 for the first delivery. More than 1 says that an earlier worker may have run it. */
  readonly attempt: number
}

/** What the worker made of an item. `dead` removes it; the worker has recorded why. */
export type WorkVerdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly afterMs: number }
  | { readonly kind: 'dead' }

/** `full` is back-pressure: the queue holds `limits.queueMaxItems` items. */
export type Submitted =
  | { readonly kind: 'submitted'; readonly duplicate: boolean }
  | { readonly kind: 'full' }

/** Durable queues that deliver each item to one worker at a time, at least once. */
export interface WorkQueue {
  /**
   * Adds an item. The same `id` within the broker's window (2 minutes) adds once.
   * @throws UnavailableError when it is not known whether the item was stored; submit it again.
   */
  submit(queue: QueueName, body: Uint8Array, id: string): Promise<Submitted>
  /**
   * Works on at most `concurrency` items at once. While `handle` runs, the item is kept from
   * others; when the worker dies it is delivered to another after `ackWaitMs`. A handler that
   * throws counts as `again` after `ackWaitMs`.
   */
  consume(
    queue: QueueName,
    options: { readonly concurrency: number; readonly ackWaitMs: number },
    handle: (item: WorkItem) => Promise<WorkVerdict>,
  ): Promise<Running>
}
