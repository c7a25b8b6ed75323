import { formatAddress } from '../contracts/address.ts'
import type { Envelope } from '../contracts/envelope.ts'
import { decodeEnvelope } from '../contracts/envelope.ts'
import { toErrorValue } from '../contracts/error.ts'
import { pause } from '../contracts/clock.ts'
import { bytesLetter } from '../bus/dead-letters.ts'
import type { MailboxMessage, MailboxSlice, MailReading, Running } from '../bus/mailbox.ts'
import type { AgentDefinition } from './definition.ts'
import type { ActorPorts } from './durable-actor.ts'
import { DurableActor } from './durable-actor.ts'
import { actorLimits } from './limits.ts'
import { announceOverload } from './overload.ts'
import { OwedMail } from './owed-mail.ts'
import type { Residents } from './residents.ts'

/** What a slice needs from its host; the rest of an agent's ports it makes itself. */
export type SlicePorts = Omit<ActorPorts, 'signal' | 'onPaused' | 'isFinished'> & {
  residents: Residents
}

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
  private readonly owed: OwedMail
  private readonly giveUp = new AbortController()
  private readonly roomWaiters: (() => void)[] = []
  private reading: MailReading | undefined
  private backstop: Running | undefined
  private stopping = false
  private lastRead = 0
  private checkpointed = 0

  constructor(slice: MailboxSlice, definition: AgentDefinition, ports: SlicePorts) {
    this.slice = slice
    this.definition = definition
    this.ports = ports
    const hand = (message: MailboxMessage): Promise<void> => this.handAgain(message)
    const onGone = (seq: number): void => this.finish(seq)
    this.owed = new OwedMail({ bus: ports.bus, slice, hand, onGone })
  }

  async start(): Promise<void> {
    const { bus } = this.ports
    this.reading = await bus.mailbox.read(this.slice, (message) => this.take(message))
    this.backstop = bus.timers.backstop(this.slice, (count) => this.onLateTimers(count))
  }

  /** Finishes the steps under way, checkpoints, and leaves the rest to the next owner. */
  async stop(): Promise<void> {
    this.stopping = true
    for (const resume of this.roomWaiters.splice(0)) resume()
    await this.stopReading()
    await this.settled()
    this.giveUp.abort(new Error('the host gave the slice up'))
    this.leave()
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
    this.leave()
    for (const resume of this.roomWaiters.splice(0)) resume()
    await this.stopReading()
  }

  private async stopReading(): Promise<void> {
    await Promise.all([this.reading?.stop(), this.owed.stop(), this.backstop?.stop()])
  }

  private onLateTimers(count: number): void {
    const todo =
      'if this comes again, restart the broker; a nats-server after 2.14.5 may know better'
    const fields = { slice: this.slice, count, todo }
    this.ports.log.error(fields, 'the broker did not fire timers that were due; fired them late')
  }

  private leave(): void {
    for (const actor of this.actors.values()) {
      actor.abandon()
      this.ports.residents.leave(actor)
    }
  }

  /** @throws UnavailableError; the checkpoint is tried again with the next one */
  async checkpoint(): Promise<void> {
    const upTo = this.finishedUpTo()
    if (upTo <= this.checkpointed) return
    await this.ports.bus.mailbox.checkpoint(this.slice, upTo)
    this.checkpointed = upTo
  }

  /**
   * Tells the doors when more mail waits than the agents of this slice can work off soon.
   * @throws UnavailableError; the next look is not far
   */
  async reportLoad(): Promise<void> {
    const underWay = this.unfinished.size - this.owed.count
    // With room the reader is up to date, so that nothing worth asking for is unread.
    if (!this.reading || underWay * 2 < actorLimits.unfinishedPerSliceMax) return
    const backlog = underWay + (await this.reading.pending())
    if (backlog > actorLimits.sliceBacklogMax) {
      announceOverload(this.ports.bus, this.slice, backlog)
    }
  }

  /** Everything up to here is finished, and its effects are delivered (I4). */
  private finishedUpTo(): number {
    const oldest = this.unfinished.values().next().value
    return oldest === undefined ? this.lastRead : oldest - 1
  }

  private async take(message: MailboxMessage): Promise<void> {
    // Not noted as read: the next owner will see it.
    if (this.stopping || this.giveUp.signal.aborted) return
    // Handed over twice: it is under way, and must not be finished twice either.
    if (message.seq <= this.lastRead) return
    const envelope = await this.read(message)
    const actor = envelope && this.actor(message)
    const key = formatAddress(message.address)
    const isResume = envelope?.body.kind === 'resume'
    const isHeld = actor?.paused !== undefined || this.owed.countOf(key) > 0
    if (isHeld && !isResume && this.owed.countOf(key) >= actorLimits.mailboxMaxMessages) {
      await this.turnAway(message)
      this.lastRead = message.seq
      return
    }
    this.lastRead = message.seq
    if (!envelope || !actor) return
    this.unfinished.add(message.seq)
    if (!isHeld) return this.hand(actor, envelope, message.seq)
    this.owed.keep(key, [message.seq])
    if (!isResume) return
    actor.unpause()
    await this.owed.recall(key)
  }

  private async hand(actor: DurableActor, envelope: Envelope, mailSeq: number): Promise<void> {
    const { id, from, body, trace } = envelope
    actor.accept({
      event: body,
      messageId: id,
      from,
      mailSeq,
      ...(trace ? { trace } : {}),
      finished: () => this.finish(mailSeq),
    })
    if (this.hasRoom()) return
    await new Promise<void>((resolve) => this.roomWaiters.push(resolve))
  }

  /** Mail of an agent that was paused and goes on; it could be read before. */
  private handAgain(message: MailboxMessage): Promise<void> {
    return this.hand(this.actor(message), decodeEnvelope(message.body), message.seq)
  }

  private async read(message: MailboxMessage): Promise<Envelope | undefined> {
    try {
      return decodeEnvelope(message.body)
    } catch (thrown) {
      await this.toDeadLetters(message, toErrorValue(thrown).message)
      return undefined
    }
  }

  /** The mailbox of a paused agent is full (I9): what comes is kept elsewhere, or nothing is. */
  private async turnAway(message: MailboxMessage): Promise<void> {
    const most = actorLimits.mailboxMaxMessages
    await this.toDeadLetters(message, `mailbox-full: ${most} messages wait for a paused agent`)
    // The next owner must not find it as well.
    await this.ports.bus.mailbox.remove(this.slice, message.seq)
  }

  private async toDeadLetters({ address, seq, body }: MailboxMessage, reason: string) {
    const { bus, clock, log } = this.ports
    const target = `mailbox ${formatAddress(address)}`
    log.warn({ target, reason }, 'a message goes to the dead letters')
    const atMs = clock.now()
    await bus.deadLetters.put(bytesLetter(target, `mail:${seq}`, reason, atMs, body))
  }

  private actor(message: MailboxMessage): DurableActor {
    const key = formatAddress(message.address)
    const present = this.actors.get(key)
    const actor = present ?? this.newActor(message, key)
    this.ports.residents.use(actor, () => this.drop(key, actor))
    return actor
  }

  /** Of a paused agent its owed mail is enough to know: it is held back without the agent. */
  private drop(key: string, actor: DurableActor): boolean {
    const isKnown = actor.paused === undefined || this.owed.countOf(key) > 0
    return actor.idle && isKnown && this.actors.delete(key)
  }

  private newActor({ address }: MailboxMessage, key: string): DurableActor {
    const actor: DurableActor = new DurableActor(address, this.definition, {
      ...this.ports,
      signal: this.giveUp.signal,
      onPaused: () => {
        this.owed.interrupt(key)
        this.owed.keep(key, actor.release())
        if (this.hasRoom()) for (const resume of this.roomWaiters.splice(0)) resume()
      },
      isFinished: (mailSeq) => mailSeq <= this.finishedUpTo(),
    })
    this.actors.set(key, actor)
    return actor
  }

  private finish(seq: number): void {
    this.unfinished.delete(seq)
    if (this.hasRoom()) this.roomWaiters.shift()?.()
  }

  /** What paused agents hold back does not count: one of them must not stop the others. */
  private hasRoom(): boolean {
    return this.unfinished.size - this.owed.count < actorLimits.unfinishedPerSliceMax
  }
}
