import { readNotice, topics } from '../actors/notice.ts'
import type { Bus } from '../bus/bus.ts'
import type { Running } from '../bus/mailbox.ts'
import type { QueueName } from '../bus/work-queue.ts'
import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import type { Envelope } from '../contracts/envelope.ts'
import { decodeEnvelope } from '../contracts/envelope.ts'
import type { Work } from '../contracts/work.ts'
import { decodeWork } from '../contracts/work.ts'
import { Signal } from './signal.ts'

/** What an agent under test may reach. */
export interface Reach {
  readonly agent: string
  /** Queues of tools and decisions. */
  readonly queues: readonly QueueName[]
  /** Machine ids whose mailboxes it writes to. */
  readonly mailboxes: readonly string[]
}

const ackWaitMs = 30_000
/** A call is noted and no more, so that any number may be under way. */
const callsAtOnce = 256

/**
 * Everything that leaves a host: calls in queues, mail to other agents, and notices of steps. It
 * takes the calls as a worker does and answers none.
 */
export class Arrivals {
  private readonly works = new Map<string, Work>()
  private readonly mail = new Map<string, Envelope[]>()
  private readonly steps = new Map<string, number>()
  private readonly signal = new Signal()
  private readonly running: Running[] = []

  async open(bus: Bus, { agent, queues, mailboxes }: Reach): Promise<void> {
    const notice = await bus.wire.listen(topics.steps(agent, '*'), (body) => {
      const told = readNotice(body)
      if (told) this.steps.set(formatAddress(told.address), told.step)
      this.signal.wake()
    })
    this.running.push(notice)
    for (const queue of queues) {
      const options = { concurrency: callsAtOnce, ackWaitMs }
      const consuming = await bus.work.consume(queue, options, async ({ body }) => {
        const work = decodeWork(body)
        this.works.set(work.id, work)
        this.signal.wake()
        return { kind: 'done' }
      })
      this.running.push(consuming)
    }
    for (const type of mailboxes) {
      for (let partition = 0; partition < bus.partitions; partition++) {
        const reading = await bus.mailbox.read({ type, partition }, ({ address, body }) => {
          const key = formatAddress(address)
          this.mail.set(key, [...(this.mail.get(key) ?? []), decodeEnvelope(body)])
          this.signal.wake()
        })
        this.running.push(reading)
      }
    }
  }

  /** The call of that identity. */
  call(identity: string): Promise<Work> {
    return this.signal.until(() => this.works.get(identity))
  }

  /** The message of that identity to an agent. */
  message(to: Address, identity: string): Promise<Envelope> {
    return this.signal.until(() =>
      this.mail.get(formatAddress(to))?.find(({ id }) => id === identity),
    )
  }

  /** Until the agent has taken that step and everything that it asked for has left its host. */
  async step(agent: Address, count: number): Promise<void> {
    const key = formatAddress(agent)
    await this.signal.until(() => ((this.steps.get(key) ?? 0) >= count ? true : undefined))
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.splice(0).map((one) => one.stop()))
  }
}
