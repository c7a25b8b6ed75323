import { formatAddress } from '../contracts/address.ts'
import type { Envelope } from '../contracts/envelope.ts'
import { decodeEnvelope } from '../contracts/envelope.ts'
import { toErrorValue } from '../contracts/error.ts'
import { pause } from '../contracts/clock.ts'
import type { DeadLetter } from '../bus/dead-letters.ts'
import type { MailboxMessage, MailboxSlice, Running } from '../bus/mailbox.ts'
import type { AgentDefinition } from './definition.ts'
import type { ActorPorts } from './durable-actor.ts'
import { DurableActor } from './durable-actor.ts'
import { actorLimits } from './limits.ts'

/** What a slice needs from its host; the rest of an agent's ports it makes itself. */
export type SlicePorts = Omit<ActorPorts, 'signal' | 'onPaused'>

/**
 * One owned slice of the mail: reads it in order, hands every message to its agent, and moves the
 * checkpoint up to the oldest message that is not finished (I4).
 */
export class OwnedSlice {
  readonly slice: MailboxSlice
  private readonly definition: AgentDefinition
  private readonly ports: SlicePorts
  private readonly actors = new Map<string, DurableActor>()
  private readonly unfinished = new Set<number>()
  private readonly giveUp = new AbortController()
  private readonly roomWaiters: (() => void)[] = []
  private reading: Running | undefined
  private stopping = false
  private lastRead = 0
  private checkpointed = 0

  constructor(slice: MailboxSlice, definition: AgentDefinition, ports: SlicePorts) {
    this.slice = slice
    this.definition = definition
    this.ports = ports
  }

  async start(): Promise<void> {
    this.reading = await this.ports.bus.mailbox.read(this.slice, (message) => this.take(message))
  }

  /** Finishes the steps under way, checkpoints, and leaves the rest to the next owner. */
  async stop(): Promise<void> {
    this.stopping = true
    for (const resume of this.roomWaiters.splice(0)) resume()
    await this.reading?.stop()
    await this.settled()
    this.giveUp.abort(new Error('the host gave the slice up'))
    for (const actor of this.actors.values()) actor.abandon()
    // Best effort: what is not checkpointed is read again and recognised.
    await this.checkpoint().catch(() => undefined)
  }

  /** Until no step is under way, but no longer than a step may hang: then the fence decides (I2). */
  private async settled(): Promise<void> {
    const { clock } = this.ports
    const done = new AbortController()
    const late = pause(clock, actorLimits.handOverMaxMs, done.signal).catch(() => undefined)
    const steps = Promise.all([...this.actors.values()].map((actor) => actor.settled()))
    await Promise.race([steps, late])
    done.abort(new Error('settled'))
  }

  /** Ends at once, as a crash would, but without leaving timers or readers behind. */
  async abandon(): Promise<void> {
    this.giveUp.abort(new Error('the host stopped'))
    for (const actor of this.actors.values()) actor.abandon()
    for (const resume of this.roomWaiters.splice(0)) resume()
    await this.reading?.stop()
  }

  /** @throws UnavailableError; the checkpoint is tried again with the next one */
  async checkpoint(): Promise<void> {
    const oldest = this.unfinished.values().next().value
    const upTo = oldest === undefined ? this.lastRead : oldest - 1
    if (upTo <= this.checkpointed) return
    await this.ports.bus.mailbox.checkpoint(this.slice, upTo)
    this.checkpointed = upTo
  }

  private async take(message: MailboxMessage): Promise<void> {
    // Not noted as read: the next owner will see it.
    if (this.stopping || this.giveUp.signal.aborted) return
    // Handed over twice: it is under way, and must not be finished twice either.
    if (message.seq <= this.lastRead) return
    const envelope = await this.read(message)
    this.lastRead = message.seq
    if (!envelope) return
    this.unfinished.add(message.seq)
    const { id, from, body, trace } = envelope
    this.actor(message).accept({
      event: body,
      messageId: id,
      from,
      mailSeq: message.seq,
      ...(trace ? { trace } : {}),
      finished: () => this.finish(message.seq),
    })
    if (this.hasRoom()) return
    await new Promise<void>((resolve) => this.roomWaiters.push(resolve))
  }

  private async read(message: MailboxMessage): Promise<Envelope | undefined> {
    try {
      return decodeEnvelope(message.body)
    } catch (thrown) {
      const { message: reason } = toErrorValue(thrown)
      const target = `mailbox ${formatAddress(message.address)}`
      this.ports.log.warn({ target, reason }, 'unreadable message goes to the dead letters')
      const atMs = this.ports.clock.now()
      const messageId = `mail:${message.seq}`
      await this.ports.bus.deadLetters.put(
        deadLetter(target, messageId, reason, atMs, message.body),
      )
      return undefined
    }
  }

  private actor(message: MailboxMessage): DurableActor {
    const key = formatAddress(message.address)
    const present = this.actors.get(key)
    if (present) return present
    if (this.actors.size >= actorLimits.residentAgentsMax) this.dropIdle()
    const onPaused = (): void => {
      if (this.hasRoom()) for (const resume of this.roomWaiters.splice(0)) resume()
    }
    const ports = { ...this.ports, signal: this.giveUp.signal, onPaused }
    const actor = new DurableActor(message.address, this.definition, ports)
    this.actors.set(key, actor)
    return actor
  }

  private dropIdle(): void {
    for (const [key, actor] of this.actors) {
      if (actor.idle && !actor.paused) this.actors.delete(key)
    }
  }

  private finish(seq: number): void {
    this.unfinished.delete(seq)
    if (this.hasRoom()) this.roomWaiters.shift()?.()
  }

  /** What paused agents hold back does not count: one of them must not stop the others. */
  private hasRoom(): boolean {
    const most = actorLimits.unfinishedPerSliceMax
    if (this.unfinished.size < most) return true
    let held = 0
    for (const actor of this.actors.values()) if (actor.paused) held += actor.backlog
    return this.unfinished.size - held < most
  }
}

/** A dead letter for a body that could not be read. */
export function deadLetter(
  target: string,
  messageId: string,
  reason: string,
  atMs: number,
  bytes: Uint8Array,
): DeadLetter {
  const base = { target, messageId, reason, atMs }
  try {
    const body = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { ...base, body, encoding: 'utf-8' }
  } catch {
    return { ...base, body: Buffer.from(bytes).toString('base64'), encoding: 'base64' }
  }
}
