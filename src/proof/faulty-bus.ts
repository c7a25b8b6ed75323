import type { Bus } from '../bus/bus.ts'
import type { Appended } from '../bus/journal.ts'
import type { KeyEntry } from '../bus/key-value.ts'
import type { MailboxMessage } from '../bus/mailbox.ts'
import type { WorkItem, WorkQueue, WorkVerdict } from '../bus/work-queue.ts'
import type { Clock } from '../contracts/clock.ts'
import { UnavailableError } from '../contracts/error.ts'
import type { Choices } from './choices.ts'
import { seldom } from './choices.ts'
import type { Outage } from './outage.ts'
import type { Turns } from './turns.ts'

/** How often each fault happens, from 0 to 1, per call of a port or per message. */
export interface FaultRates {
  /** The call never reaches the broker. */
  lostRequest: number
  /** The caller is told that it failed, and it reaches the broker up to half a minute later. */
  lateRequest: number
  /** The broker did it, but the answer is lost. */
  lostAnswer: number
  /** A message or a call is stored a second time, as if the broker's window were over. */
  storedTwice: number
  /** An append is refused although nobody else wrote. */
  conflict: number
  /** A message is handed over twice in a row. */
  handedTwice: number
  /** A message or a call was taken, but it is delivered again because nobody knows. */
  lostAck: number
  /** A notice is not heard by anyone. */
  lostNotice: number
}

export interface FaultyBusOptions {
  owner: string
  turns: Turns
  choices: Choices
  rates: FaultRates
  outage: Outage
  /** The broker's clock: when late requests arrive. */
  clock: Clock
  /** A connection that outlives the process: what is under way when it crashes still arrives. */
  network: Bus
}

/** The ways of one call, as values of a choice. */
const way = { lostRequest: 1, lateRequest: 2, lostAnswer: 3, storedTwice: 4, conflict: 5 } as const

/** A late request arrives after so many of these at most. */
const lateStepMs = 500
const lateStepsMax = 60

type Call = <T>(
  label: string,
  run: (bus: Bus) => Promise<T>,
  other?: { twice?: (bus: Bus) => Promise<unknown>; refused?: () => T },
) => Promise<T>

/**
 * One simulated process's view of a bus: every call waits for its turn before it reaches the broker
 * and again before its answer comes back, so that a crash or a fault can fall between any two
 * awaits.
 */
export function faultyBus(bus: Bus, options: FaultyBusOptions): Bus {
  const call = faultyCall(bus, options)
  const { turns, owner, choices, rates } = options
  const isUnheard = seldom(rates.lostNotice, 1)
  return {
    ...bus,
    mailbox: faultyMailbox(bus, options, call),
    journal: {
      ...bus.journal,
      append: (address, body, expected) =>
        call<Appended>(`append ${address.id}`, (to) => to.journal.append(address, body, expected), {
          refused: () => ({ kind: 'conflict' }),
        }).catch((thrown: Error) => ({ kind: 'unknown', reason: thrown.message }) as const),
      last: (address) => call(`last ${address.id}`, (to) => to.journal.last(address)),
    },
    work: faultyWork(bus.work, options, call),
    timers: {
      ...bus.timers,
      schedule: (address, id, atMs, body) =>
        call(`schedule ${id}`, (to) => to.timers.schedule(address, id, atMs, body)),
      cancel: (address, id) => call(`cancel ${id}`, (to) => to.timers.cancel(address, id)),
    },
    keyValue: {
      get: (bucket, key) => call(`get ${key}`, (to) => to.keyValue.get(bucket, key)),
      put: (bucket, key, value, expected) =>
        call(`put ${key}`, (to) => to.keyValue.put(bucket, key, value, expected)),
      forget: (bucket, key) => call(`forget ${key}`, (to) => to.keyValue.forget(bucket, key)),
      keys: (bucket, prefix) => call('keys', (to) => to.keyValue.keys(bucket, prefix)),
      watch: (bucket, prefix, onChange) =>
        reach(options, () => bus.keyValue.watch(bucket, prefix, inOrder(turns, owner, onChange))),
    },
    wire: {
      ...bus.wire,
      listen: (topic, onNotice) => reach(options, () => bus.wire.listen(topic, onNotice)),
      serve: (service, answer) => reach(options, () => bus.wire.serve(service, answer)),
      announce(topic, body) {
        const isLost = choices.choose(`notice ${owner} ${topic[0]}`, isUnheard) > 0
        if (!isLost && !options.outage.isOn) bus.wire.announce(topic, body)
      },
    },
    deadLetters: {
      ...bus.deadLetters,
      put: (letter) => call('dead letter', (to) => to.deadLetters.put(letter)),
      drop: (id) => call('drop letter', (to) => to.deadLetters.drop(id)),
    },
  }
}

function faultyCall(bus: Bus, options: FaultyBusOptions): Call {
  const { owner, turns, choices, rates, outage, clock, network } = options
  const waysOf = drawWay(rates)
  return async (label, run, { twice, refused } = {}) => {
    await turns.turn(owner, `${label} ->`)
    if (outage.isOn) throw new UnavailableError(`${label}: the broker is down`)
    const taken = choices.choose(`fault ${owner} ${label}`, waysOf)
    if (taken === way.lostRequest) throw new UnavailableError(`${label}: request lost`)
    if (taken === way.lateRequest) {
      const steps = choices.choose(`late ${owner} ${label}`, seldom(1, lateStepsMax))
      clock.at(clock.now() + steps * lateStepMs, () => {
        if (!outage.isOn) run(network).catch(() => undefined)
      })
      throw new UnavailableError(`${label}: request is late`)
    }
    if (taken === way.conflict && refused) return refused()
    const result = await run(bus)
    if (taken === way.storedTwice) await twice?.(network)
    await turns.turn(owner, `${label} <-`)
    if (taken === way.lostAnswer || outage.isOn) {
      throw new UnavailableError(`${label}: answer lost`)
    }
    return result
  }
}

/** What begins to read or to listen needs the broker, and no turn. */
async function reach<T>({ outage }: FaultyBusOptions, run: () => Promise<T>): Promise<T> {
  if (outage.isOn) throw new UnavailableError('the broker is down')
  return run()
}

function drawWay(rates: FaultRates): Parameters<Choices['choose']>[1] {
  const names = Object.keys(way) as (keyof typeof way)[]
  return (random) => {
    let chance = random.next()
    for (const name of names) {
      if (chance < rates[name]) return way[name]
      chance -= rates[name]
    }
    return 0
  }
}

function faultyMailbox(bus: Bus, options: FaultyBusOptions, call: Call): Bus['mailbox'] {
  const { owner, turns, choices, rates, outage } = options
  const again = seldom(rates.handedTwice, 1)
  const unknown = seldom(rates.lostAck, 1)
  const hand = async (
    message: MailboxMessage,
    onMessage: (message: MailboxMessage) => void | Promise<void>,
  ): Promise<void> => {
    const label = `mail ${message.address.type}/${message.address.id}`
    do {
      await outage.over()
      await turns.turn(owner, `${label} ${message.seq}`)
    } while (outage.isOn)
    await onMessage(message)
    if (choices.choose(`twice ${owner} ${label}`, again) > 0) await onMessage({ ...message })
    if (choices.choose(`unacked ${owner} ${label}`, unknown) > 0) {
      throw new UnavailableError('nobody knows that it was taken')
    }
  }
  return {
    ...bus.mailbox,
    post: (to, body, id) =>
      call(`post ${id}`, ({ mailbox }) => mailbox.post(to, body, id), {
        twice: ({ mailbox }) => mailbox.post(to, body, `${id}~again`),
      }),
    read: (slice, onMessage) =>
      reach(options, () => bus.mailbox.read(slice, (message) => hand(message, onMessage))),
    checkpoint: (slice, seq) => call('checkpoint', ({ mailbox }) => mailbox.checkpoint(slice, seq)),
  }
}

function faultyWork(work: WorkQueue, options: FaultyBusOptions, call: Call): WorkQueue {
  const { owner, turns, choices, rates, outage } = options
  const unknown = seldom(rates.lostAck, 1)
  const take = async (
    item: WorkItem,
    handle: (item: WorkItem) => Promise<WorkVerdict>,
  ): Promise<WorkVerdict> => {
    await outage.over()
    await turns.turn(owner, `work ${item.id}`)
    const verdict = await handle(item)
    await turns.turn(owner, `done ${item.id}`)
    const isLost = choices.choose(`unacked ${owner} ${item.id}`, unknown) > 0
    if (isLost || outage.isOn) throw new UnavailableError('nobody knows that it is done')
    return verdict
  }
  return {
    ...work,
    submit: (queue, body, id) =>
      call(`submit ${id}`, (to) => to.work.submit(queue, body, id), {
        twice: (to) => to.work.submit(queue, body, `${id}~again`),
      }),
    consume: (queue, settings, handle) =>
      reach(options, () => work.consume(queue, settings, (item) => take(item, handle))),
  }
}

type OnChange = (key: string, entry: KeyEntry | undefined) => void

/** News reach a suspended process only when it goes on, and in their order. */
function inOrder(turns: Turns, owner: string, onChange: OnChange): OnChange {
  let waiting = 0
  let chain: Promise<void> = Promise.resolve()
  return (key, entry) => {
    if (waiting === 0 && !turns.isSuspended(owner)) return onChange(key, entry)
    waiting++
    chain = chain.then(async () => {
      await turns.turn(owner, `news ${key}`)
      waiting--
      onChange(key, entry)
    })
  }
}
