import type { KeyValue } from './key-value.ts'
import type { Mailbox, Running } from './mailbox.ts'
import type { Timers } from './timers.ts'
import type { Wire } from './wire.ts'
import type { WorkQueue } from './work-queue.ts'

/** Remembers everything that the ports of one bus started, so that closing the bus stops it. */
export interface RunningSet {
  /**
   * Stops them without waiting for handlers that still run: one that never returns must not keep
   * its bus from closing, and one that closes its bus would wait for itself.
   */
  stopAll(): void
  ofMailbox(mailbox: Mailbox): Mailbox
  ofWork(work: WorkQueue): WorkQueue
  ofTimers(timers: Timers): Timers
  ofKeyValue(keyValue: KeyValue): KeyValue
  ofWire(wire: Wire): Wire
}

export function trackRunning(): RunningSet {
  const running = new Set<Running>()
  const note = <T extends Running>(started: T): T => {
    const tracked: T = {
      ...started,
      stop() {
        running.delete(tracked)
        return started.stop()
      },
    }
    running.add(tracked)
    return tracked
  }
  const track = async <T extends Running>(starting: Promise<T>): Promise<T> => note(await starting)
  return {
    stopAll() {
      for (const one of Array.from(running)) void one.stop()
    },
    ofMailbox: (mailbox) => ({
      ...mailbox,
      read: (slice, onMessage) => track(mailbox.read(slice, onMessage)),
    }),
    ofWork: (work) => ({
      ...work,
      consume: (queue, options, handle) => track(work.consume(queue, options, handle)),
    }),
    ofTimers: (timers) => ({
      ...timers,
      backstop: (slice, onLate) => note(timers.backstop(slice, onLate)),
    }),
    ofKeyValue: (keyValue) => ({
      ...keyValue,
      watch: (bucket, prefix, onChange) => track(keyValue.watch(bucket, prefix, onChange)),
    }),
    ofWire: (wire) => ({
      ...wire,
      listen: (topic, onNotice) => track(wire.listen(topic, onNotice)),
      serve: (service, answer) => track(wire.serve(service, answer)),
    }),
  }
}
