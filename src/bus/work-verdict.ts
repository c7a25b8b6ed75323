import type { WorkItem, WorkVerdict } from './work-queue.ts'

/** Runs a handler; one that throws, at once or later, counts as `again` after the ack wait. */
export async function verdictOf(
  handle: (item: WorkItem) => Promise<WorkVerdict>,
  item: WorkItem,
  ackWaitMs: number,
): Promise<WorkVerdict> {
  try {
    return await handle(item)
  } catch {
    return { kind: 'again', afterMs: ackWaitMs }
  }
}
