import type { AgentDefinition } from '../actors/definition.ts'
import { startHost } from '../actors/host.ts'
import type { Host } from '../actors/host.ts'
import { readNotice } from '../actors/notice.ts'
import { outsider } from '../actors/outsider.ts'
import type { Performer } from '../actors/performer.ts'
import type { Bus } from '../bus/bus.ts'
import type { DeadLetter } from '../bus/dead-letters.ts'
import type { QueueName } from '../bus/work-queue.ts'
import { formatAddress } from '../contracts/address.ts'
import type { Envelope } from '../contracts/envelope.ts'
import { decodeEnvelope } from '../contracts/envelope.ts'
import { isObject } from '../contracts/json.ts'
import type { JournalRecord } from '../contracts/record.ts'
import { decodeRecord } from '../contracts/record.ts'
import type { Connection, TraceGround } from './trace-ground.ts'

/** Is told of everything that a host does. */
export interface HostWitness {
  onRecord(record: JournalRecord): void
  /** All that the step asked for has left the host. */
  onDelivered(agent: string, step: number): void
  /** A message to an agent; the player hands it over when the trace says so. */
  onMail(envelope: Envelope): void
  onWork(queue: QueueName, body: Uint8Array, id: string): void
  onLetter(letter: DeadLetter): void
  onTrouble(text: string): void
}

/** A process that hosts agents, with the production code. */
export class TraceHost {
  private isDead = false
  private readonly witness: HostWitness
  private connection: Connection | undefined
  private host: Host | undefined

  constructor(witness: HostWitness) {
    this.witness = witness
  }

  async serve(
    ground: TraceGround,
    agents: readonly AgentDefinition[],
    inline: readonly Performer[],
  ): Promise<void> {
    this.connection = await ground.connect('host')
    const { hostClock: clock, ids } = ground
    const error = (fields: object, message: string): void => {
      const { error: of } = fields as { error?: { message?: string } }
      this.witness.onTrouble(of?.message === undefined ? message : `${message}: ${of.message}`)
    }
    const log = { info: () => undefined, warn: () => undefined, error }
    const bus = this.watch(this.connection.bus)
    const name = `trace-${ids.next()}`
    const ports = { bus, clock, ids, log, pid: process.pid }
    this.host = await startHost({ name, ...ports, agents, serves: [], inline })
  }

  /** At once, in the middle of anything. */
  async die(): Promise<void> {
    this.isDead = true
    void this.host?.abandon().catch(() => undefined)
    await this.connection?.drop()
  }

  private watch(bus: Bus): Bus {
    const { witness } = this
    const { mailbox, journal, work, wire, deadLetters } = bus
    const watched: Bus = {
      ...bus,
      mailbox: {
        ...mailbox,
        read: (slice, onMessage) =>
          mailbox.read(slice, (message) => (this.isDead ? undefined : onMessage(message))),
        post(to, body, messageId) {
          const envelope = decodeEnvelope(body)
          // The door lets outsiders in; the player is all of them.
          if (envelope.from.name.startsWith(outsider)) return mailbox.post(to, body, messageId)
          witness.onMail(envelope)
          return Promise.resolve({ seq: 0, duplicate: false })
        },
      },
      journal: {
        ...journal,
        async append(address, body, expectedSeq) {
          const appended = await journal.append(address, body, expectedSeq)
          if (appended.kind === 'appended') witness.onRecord(decodeRecord(body))
          return appended
        },
      },
      work: {
        ...work,
        submit(queue, body, id) {
          witness.onWork(queue, body, id)
          return work.submit(queue, body, id)
        },
      },
      wire: {
        ...wire,
        announce(topic, body) {
          wire.announce(topic, body)
          const step = topic[0] === 'step' ? readNotice(body) : undefined
          if (step) witness.onDelivered(formatAddress(step.address), step.step)
        },
      },
      deadLetters: {
        ...deadLetters,
        async put(letter) {
          await deadLetters.put(letter)
          witness.onLetter(letter)
        },
      },
    }
    return this.mortal(watched)
  }

  /** A bus on which, once the process is dead, nothing has an effect or an end. */
  private mortal(bus: Bus): Bus {
    const ports = Object.entries(bus).map(([name, port]: [string, unknown]) => [
      name,
      isObject(port) ? this.mortalPort(port) : port,
    ])
    return Object.fromEntries(ports) as Bus
  }

  private mortalPort<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (...args: unknown[]): unknown =>
          this.isDead ? new Promise(() => undefined) : Reflect.apply(member, target, args)
      },
    })
  }
}
