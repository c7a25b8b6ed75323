import type { Clock } from '../contracts/clock.ts'
import { checkMessageSize } from './body-limit.ts'
import { dedupeWindow } from './dedupe-window.ts'
import type { DedupeWindow } from './dedupe-window.ts'
import { ensure } from './local-cell.ts'
import type { LocalCell } from './local-cell.ts'
import type { LocalConnection } from './local-connection.ts'
import type { Running } from './mailbox.ts'
import { verdictOf } from './work-verdict.ts'
import type { WorkItem, WorkQueue, WorkVerdict } from './work-queue.ts'

interface StoredItem {
  readonly id: string
  readonly body: Uint8Array
  attempts: number
}

interface Worker {
  readonly concurrency: number
  readonly ackWaitMs: number
  readonly handle: (item: WorkItem) => Promise<WorkVerdict>
  /** What it holds; emptied when its connection ends. */
  readonly holding: Set<StoredItem>
  /** Told after every item, so that stopping can wait for the last one. */
  onFinished: () => void
}

export interface LocalQueue {
  readonly ready: StoredItem[]
  /** Ready, held by a worker, or waiting for its next attempt. */
  storedItems: number
  readonly workers: Worker[]
  readonly seen: DedupeWindow
  isDispatching: boolean
}

export function localWorkQueue(cell: LocalCell, connection: LocalConnection): WorkQueue {
  const queueOf = (name: { kind: string; name: string }): LocalQueue =>
    ensure(cell.queues, `${name.kind} ${name.name}`, () => ({
      ready: [],
      storedItems: 0,
      workers: [],
      seen: dedupeWindow(cell.clock),
      isDispatching: false,
    }))
  return {
    async submit(name, body, id) {
      checkMessageSize(body, `${name.kind} ${name.name}`)
      await connection.turn()
      const queue = queueOf(name)
      if (queue.seen.find(id) !== undefined) return { kind: 'submitted', duplicate: true }
      if (queue.storedItems >= cell.queueMaxItems) return { kind: 'full' }
      queue.seen.remember(id, 1)
      queue.storedItems++
      queue.ready.push({ id, body: body.slice(), attempts: 0 })
      dispatchSoon(queue, cell.clock)
      return { kind: 'submitted', duplicate: false }
    },
    async consume(name, options, handle) {
      await connection.turn()
      const queue = queueOf(name)
      const worker: Worker = { ...options, handle, holding: new Set(), onFinished() {} }
      queue.workers.push(worker)
      dispatchSoon(queue, cell.clock)
      return runningWorker(cell, connection, queue, worker)
    },
  }
}

function runningWorker(
  cell: LocalCell,
  connection: LocalConnection,
  queue: LocalQueue,
  worker: Worker,
): Running {
  const leave = (): void => {
    const index = queue.workers.indexOf(worker)
    if (index >= 0) queue.workers.splice(index, 1)
  }
  const offEnd = connection.onEnd(() => {
    leave()
    for (const item of worker.holding) makeReady(queue, cell.clock, item, worker.ackWaitMs)
    worker.holding.clear()
    worker.onFinished()
  })
  return {
    async stop() {
      leave()
      while (worker.holding.size > 0) {
        await new Promise<void>((resolve) => {
          const before = worker.onFinished
          worker.onFinished = () => {
            before()
            resolve()
          }
        })
      }
      offEnd()
    },
  }
}

function dispatchSoon(queue: LocalQueue, clock: Clock): void {
  if (queue.isDispatching) return
  queue.isDispatching = true
  queueMicrotask(() => {
    queue.isDispatching = false
    for (let worker = nextWorker(queue); worker; worker = nextWorker(queue)) {
      const item = queue.ready.shift()
      if (!item) return
      void work(queue, clock, worker, item)
    }
  })
}

/** Takes turns, as the broker does between waiting pulls. */
function nextWorker(queue: LocalQueue): Worker | undefined {
  if (queue.ready.length === 0) return undefined
  const index = queue.workers.findIndex((worker) => worker.holding.size < worker.concurrency)
  const worker = queue.workers[index]
  if (worker) queue.workers.push(...queue.workers.splice(index, 1))
  return worker
}

async function work(
  queue: LocalQueue,
  clock: Clock,
  worker: Worker,
  item: StoredItem,
): Promise<void> {
  worker.holding.add(item)
  const { id, body } = item
  const attempt = ++item.attempts
  const { handle, ackWaitMs } = worker
  const verdict = await verdictOf(handle, { id, body: body.slice(), attempt }, ackWaitMs)
  // The connection ended meanwhile: the item belongs to somebody else.
  if (!worker.holding.delete(item)) return
  if (verdict.kind === 'again') makeReady(queue, clock, item, verdict.afterMs)
  else queue.storedItems--
  dispatchSoon(queue, clock)
  worker.onFinished()
}

function makeReady(queue: LocalQueue, clock: Clock, item: StoredItem, afterMs: number): void {
  const offer = (): void => {
    queue.ready.unshift(item)
    dispatchSoon(queue, clock)
  }
  if (afterMs > 0) clock.at(clock.now() + afterMs, offer)
  else offer()
}
