import { createLocalBroker } from '../../src/bus/local-broker.ts'
import type { Bus } from '../../src/bus/bus.ts'
import type { Appended } from '../../src/bus/journal.ts'
import { formatAddress } from '../../src/contracts/address.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import type { Faults } from './faults.ts'
import { never } from './faults.ts'

/** How a durable end-to-end test is run: its outcome must be the same in every mode. */
export type Mode =
  | 'normal'
  | 'everything delivered twice'
  | 'crash after append, before delivery'
  | 'crash after delivery, before ack'
  | 'state reloaded before each event'
  | 'stale second owner'

export const modes: readonly Mode[] = [
  'normal',
  'everything delivered twice',
  'crash after append, before delivery',
  'crash after delivery, before ack',
  'state reloaded before each event',
  'stale second owner',
]

/** The crashes of one world: each at another place, and not without end. */
export class CrashBudget {
  private readonly places = new Set<string>()
  private left: number

  constructor(crashes: number) {
    this.left = crashes
  }

  /** True when the process must die here; at every place once. */
  take(place: string): boolean {
    if (this.left === 0 || this.places.has(place)) return false
    this.places.add(place)
    this.left--
    return true
  }
}

/** What a mode puts between a process and its bus. `bus` is the process's connection. */
export function faultsOf(mode: Mode, bus: Bus, budget: CrashBudget, die: () => void): Faults {
  switch (mode) {
    case 'everything delivered twice':
      return twice(bus)
    case 'crash after append, before delivery':
      return {
        async append(next, record) {
          const appended = await next()
          const place = `append ${formatAddress(record.address)} ${record.step}`
          return appended.kind === 'appended' && budget.take(place) ? dead(die) : appended
        },
      }
    case 'crash after delivery, before ack':
      return crashAfterDelivery(budget, die)
    case 'state reloaded before each event':
      return { append: conflictFirst() }
    case 'normal':
    case 'stale second owner':
      return {}
  }
}

/** Each message and call is stored a second time, as after the broker's window, and handed twice. */
function twice(bus: Bus): Faults {
  return {
    async post(next, to, messageId, body) {
      const posted = await next()
      await bus.mailbox.post(to, body, `${messageId}~again`)
      return posted
    },
    async submit(next, queue, id, body) {
      const submitted = await next()
      await bus.work.submit(queue, body, `${id}~again`)
      return submitted
    },
    async mail(next) {
      await next()
      await next()
    },
  }
}

function crashAfterDelivery(budget: CrashBudget, die: () => void): Faults {
  // A call whose worker died before its ack comes back soon.
  const ackWaitMs = 200
  const then = async <T>(next: () => Promise<T>, place: string): Promise<T> => {
    const result = await next()
    return budget.take(place) ? dead(die) : result
  }
  return {
    ackWaitMs,
    post: (next, _to, messageId) => then(next, `post ${messageId}`),
    submit: (next, _queue, id) => then(next, `submit ${id}`),
    schedule: (next, timerId) => then(next, `schedule ${timerId}`),
    work: (next, { id }) => then(next, `work ${id}`),
    checkpoint: (next, { type, partition }) => then(next, `checkpoint ${type} ${partition}`),
  }
}

/** Another writer came in between, as far as the host can tell: it forgets what it knew. */
function conflictFirst(): NonNullable<Faults['append']> {
  const tried = new Set<string>()
  return (next: () => Promise<Appended>, { address, step }: JournalRecord) => {
    const place = `${formatAddress(address)} ${step}`
    if (tried.has(place)) return next()
    tried.add(place)
    return Promise.resolve({ kind: 'conflict' })
  }
}

function dead<T>(die: () => void): Promise<T> {
  die()
  return never()
}

/**
 * A view of a bus on which the process is alone: it hears of no other host, holds every lease, and
 * so reads every slice beside the rightful owner.
 */
export function alone(bus: Bus, clock: Clock): Bus {
  const own = createLocalBroker({ clock }).connect().keyValue
  const { keyValue } = bus
  const of = (bucket: string) => (bucket === 'cell' ? own : keyValue)
  return {
    ...bus,
    keyValue: {
      get: (bucket, key) => of(bucket).get(bucket, key),
      put: (bucket, key, value, expected) => of(bucket).put(bucket, key, value, expected),
      forget: (bucket, key) => of(bucket).forget(bucket, key),
      keys: (bucket, prefix) => of(bucket).keys(bucket, prefix),
      watch: (bucket, prefix, onChange) => of(bucket).watch(bucket, prefix, onChange),
    },
  }
}
