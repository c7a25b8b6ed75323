import type { Clock } from '../contracts/clock.ts'
import { InputError } from '../contracts/error.ts'
import type { Ids } from '../contracts/ids.ts'
import { fromBytes, toBytes } from '../contracts/json.ts'
import type { Bus } from './bus.ts'
import type { KeyValue } from './key-value.ts'
import { checkLimits, limits } from './limits.ts'
import { natsDeadLetters } from './nats-dead-letters.ts'
import { natsJournal } from './nats-journal.ts'
import { natsKeyValue } from './nats-key-value.ts'
import { connectLink } from './nats-link.ts'
import { natsMailbox } from './nats-mailbox.ts'
import { createPublisher } from './nats-publisher.ts'
import { ensureStreams } from './nats-streams.ts'
import { natsTimers } from './nats-timers.ts'
import { natsWire } from './nats-wire.ts'
import { natsWorkQueue } from './nats-work-queue.ts'
import { trackRunning } from './running-set.ts'
import { subjectsOf } from './subjects.ts'

export interface NatsBusOptions {
  /** One or more addresses separated by commas, with optional `user:password@`. */
  readonly servers: string
  readonly cell: string
  readonly clock: Clock
  readonly ids: Ids
  /** Copies of every stream; more than 1 needs a cluster. Default 1. */
  readonly replicas?: number
  /** How the connection is called in the server's listings. */
  readonly name?: string
  /** Used when the cell is new; an existing cell keeps its number. */
  readonly partitions?: number
  /** Bound of each work queue, used when the cell is new. Default `limits.queueMaxItems`. */
  readonly queueMaxItems?: number
}

/**
 * Opens a cell on a NATS server and creates its streams when they are missing.
 * @throws UnavailableError when no server answers; InputError when the server cannot be used.
 */
export async function openNatsBus(options: NatsBusOptions): Promise<Bus> {
  checkLimits()
  const { cell, clock, replicas = 1, queueMaxItems = limits.queueMaxItems } = options
  const unpartitioned = subjectsOf(cell, 1)
  const link = await connectLink({
    servers: options.servers,
    name: options.name ?? `ashlar-${cell}-${options.ids.next()}`,
    clock,
  })
  try {
    await ensureStreams(link, unpartitioned, { replicas, queueMaxItems })
    const keyValue = natsKeyValue({ link, subjects: unpartitioned, clock, replicas })
    const partitions = await agreeOnPartitions(keyValue, options.partitions ?? limits.partitions)
    const subjects = subjectsOf(cell, partitions)
    const publisher = createPublisher(link, clock)
    const running = trackRunning()
    let closing: Promise<void> | undefined
    const close = async (): Promise<void> => {
      running.stopAll()
      await publisher.stop()
      await link.close()
    }
    return {
      cell,
      partitions,
      mailbox: running.ofMailbox(natsMailbox({ link, publisher, subjects, clock })),
      journal: natsJournal({ link, publisher, subjects, clock }),
      work: running.ofWork(natsWorkQueue({ link, publisher, subjects, clock })),
      timers: natsTimers({ link, publisher, subjects }),
      keyValue: running.ofKeyValue(keyValue),
      wire: running.ofWire(natsWire(link, subjects)),
      deadLetters: natsDeadLetters({ link, publisher, subjects }),
      onStatus: (listener) => link.onStatus(listener),
      close: () => (closing ??= close()),
    }
  } catch (error) {
    await link.close()
    throw error
  }
}

/** The first process of a cell decides how many partitions it has; the others follow. */
async function agreeOnPartitions(keyValue: KeyValue, wanted: number): Promise<number> {
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new InputError({
      field: 'partitions',
      expected: 'a positive integer',
      got: wanted,
      todo: 'choose, for example, 16',
    })
  }
  const written = await keyValue.put('cell', 'partitions', toBytes(wanted), 0)
  if (written.kind === 'written') return wanted
  const stored = await keyValue.get('cell', 'partitions')
  return stored ? Number(fromBytes(stored.value)) : wanted
}
