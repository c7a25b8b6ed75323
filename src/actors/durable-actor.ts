import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import type { Effect } from '../contracts/effect.ts'
import { AshlarError, isRetryable, LimitError, toErrorValue } from '../contracts/error.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import { describeEvent } from '../contracts/event.ts'
import type { Ids } from '../contracts/ids.ts'
import type { JournalRecord } from '../contracts/record.ts'
import type { StoredState } from '../contracts/state.ts'
import type { Bus } from '../bus/bus.ts'
import type { ActorInput } from './actor-input.ts'
import { commit } from './commit.ts'
import type { AgentDefinition } from './definition.ts'
import type { DeliveryPorts } from './delivery.ts'
import { deliverOutbox } from './delivery.ts'
import { agentFailed, isKept } from './failure.ts'
import { emptyInbox, isDuplicate } from './inbox.ts'
import { schemaProblem } from './input-schema.ts'
import { actorLimits, retryDelayMs } from './limits.ts'
import { LocalEffects } from './local-effects.ts'
import type { Logger } from './logger.ts'
import { encodeNotice, topics } from './notice.ts'
import { failedBy, neverBegun, withoutPayload } from './oversized.ts'
import type { Performer } from './performer.ts'
import { refuseInput } from './refusal.ts'
import type { StepResult } from './step.ts'
import { step } from './step.ts'
import type { Loaded } from './transition.ts'
import { checkVersion, readRecord, transitionRecord } from './transition.ts'

/** What a durable actor needs from its host. */
export interface ActorPorts {
  bus: Bus
  clock: Clock
  ids: Ids
  log: Logger
  performers: ReadonlyMap<string, Performer>
  isServed: DeliveryPorts['isServed']
  /** Called when the agent stops taking its mail until an operator looks at it. */
  onPaused: () => void
  /** True when everything up to this position of the mail is finished in the sense of I4. */
  isFinished: (mailSeq: number) => boolean
  /** Aborts when the host gives the agent up. */
  signal: AbortSignal
}

/**
 * One agent on the host that owns it. Inputs are folded one at a time: step, append to the journal
 * (I1), deliver the outbox, finish the input (I4). Nothing in memory is the truth: whenever the
 * journal says that another host has written, the state is read again (I2).
 */
export class DurableActor {
  readonly address: Address
  private readonly definition: AgentDefinition
  private readonly ports: ActorPorts
  private readonly queue: ActorInput[] = []
  /** Ends of local effects among what is queued. */
  private localEnds = 0
  private readonly local: LocalEffects
  /** Finishes the oldest mail that waits for local effects. */
  private held: (() => void) | undefined
  private loaded: Loaded | undefined
  private working: Promise<void> | undefined
  /** The journal may hold something of it. */
  private isKnown = false
  /** Set when the agent needs an operator; its mail is kept. */
  paused: string | undefined

  constructor(address: Address, definition: AgentDefinition, ports: ActorPorts) {
    this.address = address
    this.definition = definition
    this.ports = ports
    this.local = new LocalEffects({
      address,
      definition,
      performers: ports.performers,
      log: ports.log,
      context: () => this.loaded?.state?.snapshot.context,
      budgets: () => this.loaded?.state?.budgets ?? [],
      onCompletion: (event, messageId) => this.completeLocally(event, messageId),
    })
  }

  /** True when nothing is queued or running, so that the host may drop it from memory. */
  get idle(): boolean {
    const isStill = this.working === undefined && this.queue.length === 0
    return isStill && this.local.count === 0 && this.held === undefined
  }

  accept(input: ActorInput): void {
    this.queue.push(input)
    if (input.mailSeq === 0) this.localEnds++
    // Work that could not begin would end before it is noted as under way.
    if (!this.stalled) this.working ??= this.work()
  }

  /**
   * For a paused agent: gives its mail back, as positions, and forgets the rest. What local effects
   * have told it is told again when they are started again.
   */
  release(): number[] {
    this.forget()
    this.localEnds = 0
    return this.queue.splice(0).flatMap(({ mailSeq }) => (mailSeq > 0 ? [mailSeq] : []))
  }

  /** Lets a paused agent try again; its mail is to be handed to it anew. */
  unpause(): void {
    this.paused = undefined
  }

  /** Paused or given up: what is queued stays owed. */
  private get stalled(): boolean {
    return this.paused !== undefined || this.ports.signal.aborted
  }

  /** Resolves when the step under way, if any, has been delivered. */
  async settled(): Promise<void> {
    while (this.working) await this.working
  }

  /** Stops local effects without recording an end; the next owner starts them again. */
  abandon(): void {
    this.local.abandon()
  }

  private completeLocally(event: NeutralEvent, messageId: string): void {
    if (this.ports.signal.aborted) return
    const from = { name: 'local' }
    this.accept({ event, messageId, from, mailSeq: 0, finished: () => undefined })
  }

  private async work(): Promise<void> {
    let attempt = 0
    while (this.queue.length > 0 && !this.stalled) {
      const input = this.queue[0]!
      try {
        await this.process(input)
        this.queue.shift()
        if (input.mailSeq === 0) this.localEnds--
        attempt = 0
        this.finish(input)
      } catch (thrown) {
        attempt++
        await this.recover(thrown, input, attempt)
      }
    }
    this.working = undefined
    if (this.paused !== undefined) this.ports.onPaused()
  }

  /** An input waits for the local effects that run: the checkpoint must not pass it (I4). */
  private finish(input: ActorInput): void {
    // The checkpoint is a minimum, so holding the oldest input holds all behind it.
    if (input.mailSeq > 0 && !this.held) this.held = input.finished
    else input.finished()
    // A local effect that has ended counts until its end is in the journal.
    if (this.local.count > 0 || this.localEnds > 0) return
    this.held?.()
    this.held = undefined
  }

  /** What the class of an error decides: try again, or wait for an operator. */
  private async recover(thrown: unknown, input: ActorInput, attempt: number): Promise<void> {
    const { log, clock, signal } = this.ports
    const agent = formatAddress(this.address)
    const error = toErrorValue(thrown)
    const isOurs = thrown instanceof AshlarError
    const again = isOurs
      ? thrown.disposition === 'retryable'
      : attempt < actorLimits.unexpectedAttemptsMax
    if (again) {
      const waitMs = retryDelayMs(attempt)
      const text = isOurs ? 'the bus did not answer' : 'something unexpected happened'
      log.warn({ agent, error, waitMs }, `${text}; trying again`)
      // Whatever it was, memory may be part of it: the next try reads the state anew.
      if (!isOurs) this.forget()
      await pause(clock, waitMs, signal).catch(() => undefined)
      return
    }
    this.paused = error.message
    log.error({ agent, error, event: describeEvent(input.event) }, 'agent paused; its mail is kept')
  }

  private forget(): void {
    this.loaded = undefined
    this.local.abandon()
  }

  private async process(input: ActorInput): Promise<void> {
    const loaded = (this.loaded ??= await this.begin(input))
    if (isDuplicate(loaded.inbox, input)) return
    if (!loaded.state && input.event.kind !== 'init') {
      return (await this.isBehind(loaded)) ? this.again(input) : this.refuse(input, 'no-such-agent')
    }
    const invalid = schemaProblem(this.definition, input.event)
    if (invalid) return this.refuse(input, invalid)
    if (loaded.state && input.event.kind === 'resume') checkVersion(loaded.state, this.definition)
    const atMs = this.ports.clock.now()
    const at = { address: this.address, atMs }
    const result = step(this.definition, loaded.state, input.event, at)
    if (result.stale) return (await this.isBehind(loaded)) ? this.again(input) : undefined
    const bounded = this.bound(result, loaded.state, input, atMs)
    if (this.isRunAgain(input.event)) bounded.effects = bounded.effects.filter(isNotKept)
    const commit = { atMs, transitionId: this.ports.ids.next() }
    const record = transitionRecord(this.address, input, loaded, bounded, commit)
    await this.commitAndDeliver(record, loaded, input)
  }

  /** An effect of this host that a failed agent starts again when it is resumed: no letter. */
  private isRunAgain(event: NeutralEvent): boolean {
    if (event.kind !== 'done' && event.kind !== 'error') return false
    const child = this.loaded?.state?.children[event.childId]
    return child !== undefined && this.local.runsHere(child)
  }

  /** Memory that is behind the journal cannot tell what is stale (I2). */
  private async isBehind(loaded: Loaded): Promise<boolean> {
    const last = await this.ports.bus.journal.last(this.address)
    return (last?.seq ?? 0) !== loaded.seq
  }

  /** Another host has written: reads the state and takes the input anew. */
  private again(input: ActorInput): Promise<void> {
    this.forget()
    return this.process(input)
  }

  private async commitAndDeliver(
    record: JournalRecord,
    loaded: Loaded,
    input: ActorInput,
  ): Promise<void> {
    const outcome = await this.append(record, loaded, input)
    if (outcome.kind === 'lost') return this.again(input)
    const { state, inbox, step: stepNumber } = record
    this.loaded = { state, inbox, step: stepNumber, seq: outcome.seq }
    await this.deliver(record)
    if (record.event.kind === 'resume' && state.snapshot.status === 'active') {
      this.local.resume(state)
    }
    if (isKept(state)) this.local.abandon()
    this.announce(record)
  }

  private async append(
    record: JournalRecord,
    loaded: Loaded,
    input: ActorInput,
  ): ReturnType<typeof commit> {
    try {
      return await commit(this.ports.bus.journal, record, loaded.seq)
    } catch (thrown) {
      if (!(thrown instanceof LimitError)) throw thrown
      await this.shrink(record, loaded, input, thrown)
      return commit(this.ports.bus.journal, record, loaded.seq)
    }
  }

  /** Too large to store or to send (I9): the agent fails with its last good state. */
  private async shrink(
    record: JournalRecord,
    { state }: Loaded,
    input: ActorInput,
    thrown: LimitError,
  ): Promise<void> {
    const event = withoutPayload(record.event)
    if (state && state.snapshot.status !== 'active') {
      await this.refuse(input, isKept(state) ? agentFailed : 'agent-ended')
      Object.assign(record, { state, outbox: [], event })
      return
    }
    const failed = this.failure(state ?? neverBegun(record.state), thrown, input, record.atMs)
    // The record cannot hold the payload, so the letter is written by itself.
    if (isKept(failed.next) && !this.isRunAgain(input.event)) await this.refuse(input, agentFailed)
    const outbox = failed.effects.filter(isNotKept)
    Object.assign(record, { state: failed.next, outbox, event })
  }

  /** Delivers until it is done: the next step must not overtake this outbox. */
  private async deliver(record: JournalRecord): Promise<void> {
    const { bus, clock, log, signal, isServed } = this.ports
    for (let attempt = 1; ; attempt++) {
      try {
        return await deliverOutbox(record, { bus, clock, log, isServed }, this.local)
      } catch (thrown) {
        if (!isRetryable(thrown) || signal.aborted) throw thrown
        await pause(clock, retryDelayMs(attempt), signal)
      }
    }
  }

  /**
   * A start is most often of a new agent, so it is tried without reading the journal: the fence
   * refuses it where there is one (I2), and only then the state is read.
   */
  private async begin({ event }: ActorInput): Promise<Loaded> {
    const isNew = event.kind === 'init' && !this.isKnown
    this.isKnown = true
    return isNew ? nothingYet : this.load()
  }

  /** Reads the last record and repairs what a crash may have left undone: its outbox (I4, I7). */
  private async load(): Promise<Loaded> {
    const last = await this.ports.bus.journal.last(this.address)
    if (!last) return nothingYet
    const record = readRecord(last.body, this.definition)
    const { state, inbox } = record
    const loaded = { state, inbox, step: record.step, seq: last.seq }
    this.loaded = loaded
    // A finished input has been delivered; doing it again would repeat calls that still run.
    if (!this.ports.isFinished(inbox.mailSeq)) await this.deliver(record)
    if (state.snapshot.status === 'active') this.local.resume(state)
    return loaded
  }

  private bound(
    result: StepResult,
    before: StoredState | undefined,
    input: ActorInput,
    atMs: number,
  ): StepResult {
    const count = result.effects.length
    const most = actorLimits.effectsPerStepMax
    if (count <= most) return result
    const where = formatAddress(this.address)
    const error = new LimitError('effectsPerStepMax', most, count, where)
    return this.failure(before ?? neverBegun(result.next), error, input, atMs)
  }

  private failure(
    before: StoredState,
    thrown: LimitError,
    { event }: ActorInput,
    atMs: number,
  ): StepResult {
    return failedBy(thrown, this.definition, before, event, { address: this.address, atMs })
  }

  private refuse(input: ActorInput, reason: string): Promise<void> {
    return refuseInput(this.ports, this.address, input, reason)
  }

  private announce(record: JournalRecord): void {
    const { type, id } = this.address
    const topic = topics.step(type, id, record.state.snapshot.status)
    this.ports.bus.wire.announce(topic, encodeNotice(record))
  }
}

const nothingYet: Loaded = { state: undefined, inbox: emptyInbox, step: 0, seq: 0 }

function isNotKept(effect: Effect): boolean {
  return effect.kind !== 'deadLetter' || effect.reason !== agentFailed
}
