import type { Bus } from '../bus/bus.ts'
import type { KeyEntry } from '../bus/key-value.ts'
import type { MailboxMessage } from '../bus/mailbox.ts'
import type { WorkQueue } from '../bus/work-queue.ts'
import { UnavailableError } from '../contracts/error.ts'
import type { Random } from '../contracts/random.ts'
import type { Turns } from './turns.ts'

/** How often each fault happens, from 0 to 1, per call of a port. */
export interface FaultRates {
  /** The call never reaches the broker. */
  lostRequest: number
  /** The broker did it, but the answer is lost. */
  lostAnswer: number
  /** A mailbox message is handed over twice. */
  duplicateMail: number
  /** A notice is not heard by anyone. */
  lostNotice: number
}

export interface FaultyBusOptions {
  owner: string
  turns: Turns
  random: Random
  rates: FaultRates
}

/**
 * One simulated process's view of a bus: every call waits for its turn before it reaches the broker
 * and again before its answer comes back, so that a crash, a lost request or a lost answer can fall
 * between any two awaits.
 */
export function faultyBus(bus: Bus, options: FaultyBusOptions): Bus {
  const { owner, turns, random, rates } = options
  const happens = (rate: number): boolean => rate > 0 && random.next() < rate

  const call = async <T>(label: string, run: () => Promise<T>): Promise<T> => {
    await turns.turn(owner, `${label} ->`)
    if (happens(rates.lostRequest)) throw new UnavailableError(`${label}: request lost`)
    const result = await run()
    await turns.turn(owner, `${label} <-`)
    if (happens(rates.lostAnswer)) throw new UnavailableError(`${label}: answer lost`)
    return result
  }
  const hand = async (
    message: MailboxMessage,
    onMessage: (message: MailboxMessage) => void | Promise<void>,
  ): Promise<void> => {
    await turns.turn(owner, `mail ${message.address.type}/${message.address.id} ${message.seq}`)
    await onMessage(message)
    if (happens(rates.duplicateMail)) await onMessage({ ...message })
  }
  const { mailbox, journal, work, timers, keyValue, wire, deadLetters } = bus
  return {
    ...bus,
    mailbox: {
      post: (to, body, id) => call(`post ${id}`, () => mailbox.post(to, body, id)),
      read: (slice, onMessage) => mailbox.read(slice, (message) => hand(message, onMessage)),
      checkpoint: (slice, seq) => call('checkpoint', () => mailbox.checkpoint(slice, seq)),
    },
    journal: {
      ...journal,
      append: (address, body, expected) =>
        call(`append ${address.id}`, () => journal.append(address, body, expected)).catch(
          (thrown: Error) => ({ kind: 'unknown', reason: thrown.message }) as const,
        ),
      last: (address) => call(`last ${address.id}`, () => journal.last(address)),
    },
    work: faultyWork(work, call, options),
    timers: {
      schedule: (address, id, atMs, body) =>
        call(`schedule ${id}`, () => timers.schedule(address, id, atMs, body)),
      cancel: (address, id) => call(`cancel ${id}`, () => timers.cancel(address, id)),
    },
    keyValue: {
      get: (bucket, key) => call(`get ${key}`, () => keyValue.get(bucket, key)),
      put: (bucket, key, value, expected) =>
        call(`put ${key}`, () => keyValue.put(bucket, key, value, expected)),
      forget: (bucket, key) => call(`forget ${key}`, () => keyValue.forget(bucket, key)),
      keys: (bucket, prefix) => call('keys', () => keyValue.keys(bucket, prefix)),
      watch: (bucket, prefix, onChange: (key: string, entry: KeyEntry | undefined) => void) =>
        keyValue.watch(bucket, prefix, onChange),
    },
    wire: {
      ...wire,
      announce(topic, body) {
        if (!happens(rates.lostNotice)) wire.announce(topic, body)
      },
    },
    deadLetters: {
      put: (letter) => call('dead letter', () => deadLetters.put(letter)),
      list: () => deadLetters.list(),
    },
  }
}

type Call = <T>(label: string, run: () => Promise<T>) => Promise<T>

function faultyWork(work: WorkQueue, call: Call, options: FaultyBusOptions): WorkQueue {
  const { owner, turns } = options
  return {
    submit: (queue, body, id) => call(`submit ${id}`, () => work.submit(queue, body, id)),
    consume: (queue, settings, handle) =>
      work.consume(queue, settings, async (item) => {
        await turns.turn(owner, `work ${item.id}`)
        const verdict = await handle(item)
        await turns.turn(owner, `done ${item.id}`)
        return verdict
      }),
  }
}
