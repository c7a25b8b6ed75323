import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import { effectIdentity } from '../contracts/effect.ts'
import type { Envelope, Sender } from '../contracts/envelope.ts'
import { encodeEnvelope } from '../contracts/envelope.ts'
import { AshlarError, LimitError, toErrorValue } from '../contracts/error.ts'
import type { NeutralEvent, ParentLink } from '../contracts/event.ts'
import { describeEvent } from '../contracts/event.ts'
import type { Ids } from '../contracts/ids.ts'
import { toBytes } from '../contracts/json.ts'
import type { InboxState, JournalRecord } from '../contracts/record.ts'
import { decodeRecord } from '../contracts/record.ts'
import type { StoredState } from '../contracts/state.ts'
import type { Bus } from '../bus/bus.ts'
import { commit } from './commit.ts'
import type { AgentDefinition } from './definition.ts'
import type { DeliveryPorts } from './delivery.ts'
import { deliverOutbox } from './delivery.ts'
import { applied, emptyInbox, isDuplicate } from './inbox.ts'
import { schemaProblem } from './input-schema.ts'
import { actorLimits, retryDelayMs } from './limits.ts'
import { LocalEffects } from './local-effects.ts'
import type { Logger } from './logger.ts'
import { topics } from './notice.ts'
import type { StepNotice } from './notice.ts'
import { failedBy, neverBegun, withoutPayload } from './oversized.ts'
import type { Performer } from './performer.ts'
import type { StepResult } from './step.ts'
import { step } from './step.ts'

/** What a durable actor needs from its host. */
export interface ActorPorts {
  bus: Bus
  clock: Clock
  ids: Ids
  log: Logger
  performers: ReadonlyMap<string, Performer>
  isServed: DeliveryPorts['isServed']
  /** Called when an agent stops taking its mail until an operator looks at it. */
  onPaused: () => void
  /** Aborts when the host gives the agent up. */
  signal: AbortSignal
}

/** One input of an agent. `mailSeq` is 0 for the completion of a local effect. */
export interface ActorInput {
  event: NeutralEvent
  messageId: string
  from: Sender
  mailSeq: number
  trace?: Envelope['trace']
  /** Called once when the input is finished in the sense of I4. */
  finished: () => void
}

interface Loaded {
  state: StoredState | undefined
  inbox: InboxState
  step: number
  seq: number
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
  private readonly local: LocalEffects
  /** Finishes the oldest mail that waits for local effects. */
  private held: (() => void) | undefined
  private loaded: Loaded | undefined
  private working: Promise<void> | undefined
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
      onCompletion: (event, messageId) => this.completeLocally(event, messageId),
    })
  }

  /** True when nothing is queued or running, so that the host may drop it from memory. */
  get idle(): boolean {
    return this.working === undefined && this.queue.length === 0 && this.local.count === 0
  }

  /** Inputs that wait. */
  get backlog(): number {
    return this.queue.length
  }

  accept(input: ActorInput): void {
    this.queue.push(input)
    // Work that could not begin would end before it is noted as under way.
    if (!this.stalled) this.working ??= this.work()
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
        attempt = 0
        this.finish(input)
      } catch (thrown) {
        attempt++
        await this.recover(thrown, input, attempt)
      }
    }
    this.working = undefined
  }

  /** An input waits for the local effects that run: the checkpoint must not pass it (I4). */
  private finish(input: ActorInput): void {
    // The checkpoint is a minimum, so holding the oldest input holds all behind it.
    if (input.mailSeq > 0 && !this.held) this.held = input.finished
    else input.finished()
    // A local effect that has ended counts until its end is in the journal.
    if (this.local.count > 0 || this.queue.some(({ mailSeq }) => mailSeq === 0)) return
    this.held?.()
    this.held = undefined
  }

  private async recover(thrown: unknown, input: ActorInput, attempt: number): Promise<void> {
    const { log, clock, signal } = this.ports
    const agent = formatAddress(this.address)
    const error = toErrorValue(thrown)
    if (thrown instanceof AshlarError && thrown.disposition === 'retryable') {
      const waitMs = retryDelayMs(attempt)
      log.warn({ agent, error, waitMs }, 'the bus did not answer; trying again')
      await pause(clock, waitMs, signal).catch(() => undefined)
      return
    }
    this.paused = error.message
    log.error({ agent, error, event: describeEvent(input.event) }, 'agent paused; its mail is kept')
    this.ports.onPaused()
  }

  private async process(input: ActorInput): Promise<void> {
    const loaded = (this.loaded ??= await this.load())
    const { mailSeq, from } = input
    if (isDuplicate(loaded.inbox, { mailSeq, from })) return
    if (!loaded.state && input.event.kind !== 'init') {
      return (await this.isBehind(loaded)) ? this.again(input) : this.refuse(input, 'no-such-agent')
    }
    const invalid = schemaProblem(this.definition, input.event)
    if (invalid) return this.refuse(input, invalid)
    const atMs = this.ports.clock.now()
    const at = { address: this.address, atMs }
    const result = step(this.definition, loaded.state, input.event, at)
    if (result.stale) return (await this.isBehind(loaded)) ? this.again(input) : undefined
    const bounded = this.bound(result, loaded.state, atMs)
    const record = this.record(input, loaded, bounded, atMs)
    await this.commitAndDeliver(record, loaded, input)
  }

  /** Memory that is behind the journal cannot tell what is stale (I2). */
  private async isBehind(loaded: Loaded): Promise<boolean> {
    const last = await this.ports.bus.journal.last(this.address)
    return (last?.seq ?? 0) !== loaded.seq
  }

  /** Another host has written: reads the state and takes the input anew. */
  private again(input: ActorInput): Promise<void> {
    this.loaded = undefined
    this.local.abandon()
    return this.process(input)
  }

  private async commitAndDeliver(
    record: JournalRecord,
    loaded: Loaded,
    input: ActorInput,
  ): Promise<void> {
    const outcome = await this.append(record, loaded, input)
    if (outcome.kind === 'lost') return this.again(input)
    this.loaded = {
      state: record.state,
      inbox: record.inbox,
      step: record.step,
      seq: outcome.seq,
    }
    await this.deliver(record)
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
      const event = withoutPayload(record.event)
      if (loaded.state && loaded.state.snapshot.status !== 'active') {
        await this.refuse(input, 'agent-ended')
        Object.assign(record, { state: loaded.state, outbox: [], event })
      } else {
        // Too large to store or to send (I9): the agent fails, with its last good state.
        const before = loaded.state ?? neverBegun(record.state)
        const failed = this.failure(before, thrown, record.atMs)
        Object.assign(record, { state: failed.next, outbox: failed.effects, event })
      }
      return commit(this.ports.bus.journal, record, loaded.seq)
    }
  }

  /** Delivers until it is done: the next step must not overtake this outbox. */
  private async deliver(record: JournalRecord): Promise<void> {
    const { bus, clock, log, signal, isServed } = this.ports
    for (let attempt = 1; ; attempt++) {
      try {
        return await deliverOutbox(record, { bus, clock, log, isServed }, this.local)
      } catch (thrown) {
        const retryable = thrown instanceof AshlarError && thrown.disposition === 'retryable'
        if (!retryable || signal.aborted) throw thrown
        await pause(clock, retryDelayMs(attempt), signal)
      }
    }
  }

  /** Reads the last record and repairs what a crash may have left undone: its outbox (I4, I7). */
  private async load(): Promise<Loaded> {
    const last = await this.ports.bus.journal.last(this.address)
    if (!last) return { state: undefined, inbox: emptyInbox, step: 0, seq: 0 }
    const record = this.readRecord(last.body)
    const loaded = { state: record.state, inbox: record.inbox, step: record.step, seq: last.seq }
    this.loaded = loaded
    await this.deliver(record)
    if (record.state.snapshot.status === 'active') {
      this.local.resume(record.state)
    }
    return loaded
  }

  private readRecord(body: Uint8Array): JournalRecord {
    const record = decodeRecord(body)
    const { version } = record.state.machine
    if (version !== this.definition.version && record.state.snapshot.status === 'active') {
      throw new AshlarError(
        'needs-migration',
        `it runs version ${version} of ${this.definition.id}, this host has version ` +
          `${this.definition.version}; start a host with version ${version}`,
        { disposition: 'paused' },
      )
    }
    return record
  }

  private record(
    input: ActorInput,
    loaded: Loaded,
    result: StepResult,
    atMs: number,
  ): JournalRecord {
    const { messageId, from, mailSeq, trace, event } = input
    const stepNumber = loaded.step + 1
    return {
      v: 1,
      address: this.address,
      step: stepNumber,
      transitionId: this.ports.ids.next(),
      atMs,
      cause: { messageId, from: from.name, ...(trace ? { trace } : {}) },
      event,
      handled: result.handled,
      state: identifyChildren(result, this.address, stepNumber),
      inbox: applied(loaded.inbox, { mailSeq, from }),
      outbox: result.effects,
    }
  }

  private bound(result: StepResult, before: StoredState | undefined, atMs: number): StepResult {
    const count = result.effects.length
    const most = actorLimits.effectsPerStepMax
    if (count <= most) return result
    const where = formatAddress(this.address)
    return this.failure(
      before ?? neverBegun(result.next),
      new LimitError('effectsPerStep', most, count, where),
      atMs,
    )
  }

  private failure(before: StoredState, thrown: LimitError, atMs: number): StepResult {
    return failedBy(thrown, this.definition, before, { address: this.address, atMs })
  }

  private async refuse(input: ActorInput, reason: string): Promise<void> {
    const { bus, clock } = this.ports
    const { event, messageId } = input
    await bus.deadLetters.put({
      target: `mailbox ${formatAddress(this.address)}`,
      messageId,
      reason,
      atMs: clock.now(),
      body: JSON.stringify(event),
      encoding: 'utf-8',
    })
    if (event.kind === 'init' && event.parent)
      await this.tellParent(event.parent, messageId, reason)
  }

  /** A child that could not begin is an error of the child, not a silence. */
  private async tellParent(parent: ParentLink, startId: string, reason: string): Promise<void> {
    const { bus, clock } = this.ports
    const { address: to, childId, incarnation } = parent
    const message = `agent ${formatAddress(this.address)} was not started: ${reason}`
    const id = `${startId}:refused`
    const body: NeutralEvent = {
      kind: 'error',
      childId,
      incarnation,
      error: { name: 'InputError', message, code: 'bad-input' },
    }
    const from = { name: formatAddress(this.address) }
    const envelope = encodeEnvelope({ v: 1, id, to, from, sentAtMs: clock.now(), body })
    await bus.mailbox.post(to, envelope, id)
  }

  private announce(record: JournalRecord): void {
    const { status, value } = record.state.snapshot
    const notice: StepNotice = {
      address: this.address,
      step: record.step,
      event: describeEvent(record.event),
      status,
      value,
      handled: record.handled,
      atMs: record.atMs,
    }
    const { type, id } = this.address
    this.ports.bus.wire.announce(topics.step(type, id), toBytes(notice))
  }
}

/** Writes the identity of each spawn into the child that it started. */
function identifyChildren(result: StepResult, address: Address, stepNumber: number): StoredState {
  const children = { ...result.next.children }
  for (const [index, effect] of result.effects.entries()) {
    if (effect.kind !== 'spawn') continue
    const child = children[effect.id]
    if (child?.incarnation !== effect.incarnation) continue
    children[effect.id] = { ...child, identity: effectIdentity(address, stepNumber, index) }
  }
  return { ...result.next, children }
}
