import type { Address } from '../../src/contracts/address.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import { decodeRecord } from '../../src/contracts/record.ts'
import type { Bus } from '../../src/bus/bus.ts'
import type { Appended } from '../../src/bus/journal.ts'
import type { Written } from '../../src/bus/key-value.ts'
import type { MailboxMessage, MailboxSlice, MailReading, Posted } from '../../src/bus/mailbox.ts'
import type { QueueName, Submitted, WorkItem, WorkVerdict } from '../../src/bus/work-queue.ts'

/** What a test puts between the runtime and its bus. `next` does what the bus would have done. */
export interface Faults {
  append?: (next: () => Promise<Appended>, record: JournalRecord) => Promise<Appended>
  post?: (
    next: () => Promise<Posted>,
    to: Address,
    messageId: string,
    body: Uint8Array,
  ) => Promise<Posted>
  submit?: (
    next: () => Promise<Submitted>,
    queue: QueueName,
    id: string,
    body: Uint8Array,
  ) => Promise<Submitted>
  schedule?: (next: () => Promise<void>, timerId: string) => Promise<void>
  checkpoint?: (next: () => Promise<void>, slice: MailboxSlice, seq: number) => Promise<void>
  /** Around the handler of every mailbox message. */
  mail?: (next: () => void | Promise<void>, message: MailboxMessage) => void | Promise<void>
  /** Around the handler of every work item. */
  work?: (next: () => Promise<WorkVerdict>, item: WorkItem) => Promise<WorkVerdict>
  /** Around the start of every reader of mail. */
  read?: (next: () => Promise<MailReading>, slice: MailboxSlice) => Promise<MailReading>
  put?: (next: () => Promise<Written>, bucket: string, key: string) => Promise<Written>
  forget?: (next: () => Promise<void>, bucket: string, key: string) => Promise<void>
  /** Overrides the silence after which a call is handed to another process. */
  ackWaitMs?: number
}

/** The life of a process: once it is dead, nothing that it does has an effect or an end. */
export interface Life {
  dead: boolean
}

/** What a killed process waits for. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined)
}

/** The bus of one process, with faults, whose every call hangs once the process is dead. */
export function wrapBus(bus: Bus, faults: Faults, life: Life): Bus {
  const live = async <T>(call: () => Promise<T>): Promise<T> => {
    if (life.dead) return never()
    try {
      const result = await call()
      return life.dead ? await never() : result
    } catch (thrown) {
      if (life.dead) return never()
      throw thrown
    }
  }
  const { mailbox, journal, work, timers, keyValue, wire, deadLetters } = bus
  return {
    ...bus,
    mailbox: {
      post: (to, body, messageId) =>
        live(() => {
          const next = (): Promise<Posted> => mailbox.post(to, body, messageId)
          return faults.post ? faults.post(next, to, messageId, body) : next()
        }),
      read: (slice, onMessage) =>
        live(() => {
          const handle = (message: MailboxMessage): void | Promise<void> => {
            if (life.dead) return
            const next = (): void | Promise<void> => onMessage(message)
            return faults.mail ? faults.mail(next, message) : next()
          }
          const next = (): Promise<MailReading> => mailbox.read(slice, handle)
          return faults.read ? faults.read(next, slice) : next()
        }),
      checkpoint: (slice, seq) =>
        live(() => {
          const next = (): Promise<void> => mailbox.checkpoint(slice, seq)
          return faults.checkpoint ? faults.checkpoint(next, slice, seq) : next()
        }),
      remove: (slice, seq) => live(() => mailbox.remove(slice, seq)),
    },
    journal: {
      ...journal,
      append: (address, body, expectedSeq) =>
        live(() => {
          const next = (): Promise<Appended> => journal.append(address, body, expectedSeq)
          return faults.append ? faults.append(next, decodeRecord(body)) : next()
        }),
      last: (address) => live(() => journal.last(address)),
    },
    work: {
      submit: (queue, body, id) =>
        live(() => {
          const next = (): Promise<Submitted> => work.submit(queue, body, id)
          return faults.submit ? faults.submit(next, queue, id, body) : next()
        }),
      consume: (queue, { concurrency, ackWaitMs }, handle) =>
        live(() =>
          work.consume(queue, { concurrency, ackWaitMs: faults.ackWaitMs ?? ackWaitMs }, (item) =>
            live(() => {
              const next = (): Promise<WorkVerdict> => handle(item)
              return faults.work ? faults.work(next, item) : next()
            }),
          ),
        ),
    },
    timers: {
      schedule: (address, timerId, atMs, body) =>
        live(() => {
          const next = (): Promise<void> => timers.schedule(address, timerId, atMs, body)
          return faults.schedule ? faults.schedule(next, timerId) : next()
        }),
      cancel: (address, timerId) => live(() => timers.cancel(address, timerId)),
      backstop: (slice, onLate) => timers.backstop(slice, onLate),
    },
    keyValue: {
      get: (bucket, key) => live(() => keyValue.get(bucket, key)),
      put: (bucket, key, value, expected) =>
        live(() => {
          const next = (): Promise<Written> => keyValue.put(bucket, key, value, expected)
          return faults.put ? faults.put(next, bucket, key) : next()
        }),
      forget: (bucket, key) =>
        live(() => {
          const next = (): Promise<void> => keyValue.forget(bucket, key)
          return faults.forget ? faults.forget(next, bucket, key) : next()
        }),
      keys: (bucket, prefix) => live(() => keyValue.keys(bucket, prefix)),
      watch: (bucket, prefix, onChange) =>
        live(() =>
          keyValue.watch(bucket, prefix, (key, entry) => {
            if (!life.dead) onChange(key, entry)
          }),
        ),
    },
    wire: {
      announce(topic, body) {
        if (!life.dead) wire.announce(topic, body)
      },
      listen: (topic, onNotice) => live(() => wire.listen(topic, onNotice)),
      ask: (service, body, timeoutMs) => live(() => wire.ask(service, body, timeoutMs)),
      serve: (service, answer) =>
        live(() => wire.serve(service, (body) => live(() => answer(body)))),
    },
    deadLetters: { ...deadLetters, put: (letter) => live(() => deadLetters.put(letter)) },
  }
}
