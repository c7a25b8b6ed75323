import type { Clock } from '../contracts/clock.ts'
import type { Ids } from '../contracts/ids.ts'
import type { Bus } from './bus.ts'
import { checkLimits, limits } from './limits.ts'
import { natsDeadLetters } from './nats-dead-letters.ts'
import { natsJournal } from './nats-journal.ts'
import { natsKeyValue } from './nats-key-value.ts'
import { agreeOnLayout, wishedLayout } from './nats-layout.ts'
import { connectLink } from './nats-link.ts'
import { natsMailbox } from './nats-mailbox.ts'
import { createPublisher } from './nats-publisher.ts'
import { ensureStateStreams, ensureStreams } from './nats-streams.ts'
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
  /**
   * Streams over which the state of the agents is spread, at most the number of partitions. Used
   * when the cell is new; an existing cell keeps its number. Default `limits.shards`.
   */
  readonly shards?: number
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
  const wish = wishedLayout(options)
  const unlaid = subjectsOf(cell, { partitions: 1, shards: 1 })
  const link = await connectLink({
    servers: options.servers,
    name: options.name ?? `ashlar-${cell}-${options.ids.next()}`,
    clock,
  })
  try {
    // First, because it says what is wrong with a server or an account that cannot be used.
    await ensureStreams(link, unlaid, { replicas, queueMaxItems })
    const keyValue = natsKeyValue({ link, subjects: unlaid, clock, replicas })
    const layout = await agreeOnLayout(keyValue, wish)
    const subjects = subjectsOf(cell, layout)
    await ensureStateStreams(link, subjects, { replicas })
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
      partitions: layout.partitions,
      mailbox: running.ofMailbox(natsMailbox({ link, publisher, subjects, clock })),
      journal: natsJournal({ link, publisher, subjects, clock }),
      work: running.ofWork(natsWorkQueue({ link, publisher, subjects, clock })),
      timers: running.ofTimers(natsTimers({ link, publisher, subjects, clock })),
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
