import type { Address } from '../../src/contracts/address.ts'
import { formatAddress } from '../../src/contracts/address.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import type { Effect } from '../../src/contracts/effect.ts'
import type { Envelope } from '../../src/contracts/envelope.ts'
import { decodeEnvelope } from '../../src/contracts/envelope.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import { decodeRecord } from '../../src/contracts/record.ts'
import type { Bus } from '../../src/bus/bus.ts'
import type { LocalBus } from '../../src/bus/local-broker.ts'
import { limits } from '../../src/bus/limits.ts'
import type { MailboxMessage, MailboxSlice } from '../../src/bus/mailbox.ts'
import { collect } from '../bus/harness.ts'

/** `type/id:step:index`, as `effectIdentity` writes it. */
const identity = /^(?<type>[^/]+)\/(?<id>.+):(?<step>\d+):(?<index>\d+)$/

/**
 * Sees every call that reaches the broker, at the moment when it does, and notes what breaks an
 * invariant that the journals alone could not show afterwards: I1, I4, I7, I9.
 */
export class Witness {
  readonly alarms: string[] = []
  /** The true time of every append, by transition. */
  readonly appendedAtMs: Map<string, number> = new Map()
  private readonly broker: LocalBus
  private readonly clock: Clock
  /** Mail by slice, as long as no checkpoint has reclaimed it. */
  private readonly mail = new Map<string, MailboxMessage[]>()

  constructor(broker: LocalBus, clock: Clock) {
    this.broker = broker
    this.clock = clock
  }

  /** A process's connection, watched. */
  watch(bus: Bus): Bus {
    const { mailbox, journal, work, timers } = bus
    return {
      ...bus,
      mailbox: {
        ...mailbox,
        post: async (to, body, id) => {
          await this.isAsked(id, ['send', 'spawn', 'stop', 'terminate'])
          const posted = await mailbox.post(to, body, id)
          this.measure('message', body, limits.messageMaxBytes)
          return posted
        },
        read: async (slice, onMessage) => {
          await this.follow(slice)
          return mailbox.read(slice, onMessage)
        },
        checkpoint: async (slice, seq) => {
          await this.isFinished(slice, seq)
          return mailbox.checkpoint(slice, seq)
        },
      },
      journal: {
        ...journal,
        append: async (address, body, expected) => {
          const appended = await journal.append(address, body, expected)
          this.measure('record', body, limits.recordMaxBytes)
          if (appended.kind === 'appended') {
            this.appendedAtMs.set(decodeRecord(body).transitionId, this.clock.now())
          }
          return appended
        },
        history: (address) => {
          this.alarms.push(`I7: a host reads the whole history of ${formatAddress(address)}`)
          return journal.history(address)
        },
      },
      work: {
        ...work,
        submit: async (queue, body, id) => {
          await this.isAsked(id, ['spawn'])
          const submitted = await work.submit(queue, body, id)
          this.measure('call', body, limits.messageMaxBytes)
          return submitted
        },
      },
      timers: {
        ...timers,
        schedule: async (address, id, atMs, body) => {
          await this.isAsked(decodeEnvelope(body).id, ['schedule'])
          return timers.schedule(address, id, atMs, body)
        },
      },
    }
  }

  /** I1: whoever sends an effect has the record that asks for it in the journal. */
  private async isAsked(id: string, kinds: readonly Effect['kind'][]): Promise<void> {
    const found = identity.exec(id)?.groups
    if (!found) return
    const address = { type: found['type']!, id: found['id']! }
    const last = await this.last(address)
    const step = Number(found['step'])
    const effect = last?.step === step ? last.outbox[Number(found['index'])] : undefined
    const isKnown = effect ? kinds.includes(effect.kind) : (last?.step ?? 0) > step
    if (!isKnown) this.alarms.push(`I1: ${id} left before its record was in the journal`)
  }

  /** Reads a slice alongside its owners, to know what a checkpoint reclaims. */
  private async follow(slice: MailboxSlice): Promise<void> {
    const name = nameOf(slice)
    if (this.mail.has(name)) return
    const mail: MailboxMessage[] = []
    this.mail.set(name, mail)
    await this.broker.mailbox.read(slice, (message) => void mail.push(message))
  }

  /** I4: all that a checkpoint reclaims has been applied, or must not be. */
  private async isFinished(slice: MailboxSlice, upTo: number): Promise<void> {
    const mail = this.mail.get(nameOf(slice)) ?? []
    const count = mail.findIndex(({ seq }) => seq > upTo)
    for (const { seq, address, body } of mail.splice(0, count < 0 ? mail.length : count)) {
      const envelope = decodeEnvelope(body)
      if (await this.isSettled(address, seq, envelope)) continue
      this.alarms.push(`I4: checkpoint ${upTo} of ${nameOf(slice)} passes ${envelope.id} at ${seq}`)
    }
  }

  private async isSettled(address: Address, at: number, { id, body }: Envelope): Promise<boolean> {
    const last = await this.last(address)
    if (!last) return this.isDead(id)
    if (last.inbox.mailSeq >= at) return true
    const { children, timers, snapshot } = last.state
    if (snapshot.status !== 'active' && body.kind !== 'event') return true
    switch (body.kind) {
      case 'init':
        return true
      case 'done':
      case 'error': {
        const child = children[body.childId]
        return child?.incarnation !== body.incarnation || child.settled === true
      }
      case 'timer':
        return timers[body.timerId]?.incarnation !== body.incarnation
      case 'resume':
        // Of an agent that has not failed, or was resumed already, it asks nothing.
        return true
      default:
        return (await this.wasApplied(address, id)) || this.isDead(id)
    }
  }

  private async wasApplied(address: Address, id: string): Promise<boolean> {
    const entries = await collect(this.broker.journal.history(address))
    return entries.some(({ body }) => decodeRecord(body).cause.messageId === id)
  }

  private async isDead(id: string): Promise<boolean> {
    const letters = await collect(this.broker.deadLetters.list())
    return letters.some(({ messageId }) => messageId === id)
  }

  private async last(address: Address): Promise<JournalRecord | undefined> {
    const entry = await this.broker.journal.last(address)
    return entry && decodeRecord(entry.body)
  }

  /** I9: nothing larger than its bound is taken by the broker. */
  private measure(what: string, body: Uint8Array, most: number): void {
    if (body.length > most) this.alarms.push(`I9: a ${what} of ${body.length} bytes`)
  }
}

function nameOf({ type, partition }: MailboxSlice): string {
  return `${type}/${partition}`
}
