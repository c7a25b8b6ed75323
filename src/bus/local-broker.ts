import type { Clock } from '../contracts/clock.ts'
import type { Bus } from './bus.ts'
import { limits } from './limits.ts'
import { ensure, localCell } from './local-cell.ts'
import type { LocalCell } from './local-cell.ts'
import { localConnection } from './local-connection.ts'
import { localDeadLetters } from './local-dead-letters.ts'
import { localJournal } from './local-journal.ts'
import { localKeyValue } from './local-key-value.ts'
import { localMailbox } from './local-mailbox.ts'
import { localTimers } from './local-timers.ts'
import { localWire } from './local-wire.ts'
import { localWorkQueue } from './local-work-queue.ts'
import { checkCell } from './subjects.ts'

/** A bus over the local broker. */
export interface LocalBus extends Bus {
  /** Ends the connection as a crash of the process would: at once, in the middle of anything. */
  drop(): void
}

/** The broker in memory: the deterministic twin of NATS. It outlives its connections. */
export interface LocalBroker {
  /** Opens the connection of one simulated process to a cell (default `local`). */
  connect(cell?: string): LocalBus
}

/**
 * Creates a broker whose every wait (timers, redelivery, windows, time-outs) runs on `clock`, and
 * which answers and delivers in microtasks, never inside a call.
 */
export function createLocalBroker(options: {
  readonly clock: Clock
  readonly partitions?: number
  readonly queueMaxItems?: number
}): LocalBroker {
  const cells = new Map<string, LocalCell>()
  const settings = {
    partitions: options.partitions ?? limits.partitions,
    queueMaxItems: options.queueMaxItems ?? limits.queueMaxItems,
  }
  return {
    connect(name = 'local') {
      checkCell(name)
      return connectTo(
        name,
        ensure(cells, name, () => localCell(options.clock, settings)),
      )
    },
  }
}

function connectTo(name: string, cell: LocalCell): LocalBus {
  const connection = localConnection()
  return {
    cell: name,
    partitions: cell.partitions,
    mailbox: localMailbox(cell, connection),
    journal: localJournal(cell, connection),
    work: localWorkQueue(cell, connection),
    timers: localTimers(cell, connection),
    keyValue: localKeyValue(cell, connection),
    wire: localWire(cell, connection),
    deadLetters: localDeadLetters(cell, connection),
    onStatus: (listener) => connection.onEnd(() => listener('closed')),
    async close() {
      // One turn, so that what was sent before is taken.
      await Promise.resolve()
      connection.end()
    },
    drop: () => connection.end(),
  }
}
