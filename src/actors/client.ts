import type { AnyStateMachine, ContextFrom, EventFromLogic, InputFrom, OutputFrom } from 'xstate'
import type { Address } from '../contracts/address.ts'
import { checkAddress, formatAddress } from '../contracts/address.ts'
import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import type { Envelope, Trace } from '../contracts/envelope.ts'
import { encodeEnvelope } from '../contracts/envelope.ts'
import type { ErrorValue } from '../contracts/error.ts'
import { AshlarError, InputError, isRetryable } from '../contracts/error.ts'
import type { AgentEvent, NeutralEvent } from '../contracts/event.ts'
import type { TextPiece } from '../contracts/decision.ts'
import type { Ids } from '../contracts/ids.ts'
import { fromBytes } from '../contracts/json.ts'
import type { JournalRecord } from '../contracts/record.ts'
import { decodeRecord } from '../contracts/record.ts'
import type { Bus } from '../bus/bus.ts'
import { checkMessageSize } from '../bus/body-limit.ts'
import type { AgentDefinition } from './definition.ts'
import type { IngressAnswer } from './ingress.ts'
import { actorLimits } from './limits.ts'
import { ingressService, readTextPiece, topics } from './notice.ts'
import type { AgentView } from './view.ts'
import { viewOf } from './view.ts'
import type { WaitOptions } from './waiting.ts'
import { untilDone, untilMet, Waiting } from './waiting.ts'

export type { AgentView } from './view.ts'
export type { WaitOptions } from './waiting.ts'

type ViewOf<M extends AnyStateMachine> = AgentView<ContextFrom<M>, OutputFrom<M>>

/** A typed handle on one agent, wherever it runs. */
export interface AgentRef<M extends AnyStateMachine = AnyStateMachine> {
  readonly address: Address
  /**
   * Resolves when the event is stored; the agent takes it when its turn comes.
   * @throws AshlarError `overloaded` (retryable) when too much mail waits already
   */
  send(event: EventFromLogic<M>, options?: { id?: string; trace?: Trace }): Promise<void>
  /** The last committed state, or undefined when the agent has not begun. */
  read(): Promise<ViewOf<M> | undefined>
  /**
   * An outage of the broker is waited out.
   * @throws AshlarError `wait-timeout`, or the outage when it lasts to the end of the time;
   * `agent-ended` when the agent ends without meeting the condition
   */
  waitFor(condition: (view: ViewOf<M>) => boolean, options?: WaitOptions): Promise<ViewOf<M>>
  /** The output. @throws AshlarError `agent-failed` when the agent ends in error or is stopped */
  output(options?: WaitOptions): Promise<OutputFrom<M>>
  /**
   * Hears texts while deciders produce them (decisions with `streams`). Pieces may be missed, and a
   * text may begin anew (`attempt`) or come to nothing: what counts is what the agent does.
   */
  onText(listener: (piece: TextPiece) => void): Promise<{ stop(): Promise<void> }>
  stop(): Promise<void>
}

export interface StartOptions<M extends AnyStateMachine> {
  /** Starting an id again is harmless: the agent that has it goes on. */
  id?: string
  input?: InputFrom<M>
  trace?: Trace
}

/** Talks to agents from outside. Messages to one agent arrive in the order in which they were sent. */
export class Client {
  private readonly bus: Bus
  private readonly clock: Clock
  private readonly ids: Ids
  private readonly session: string
  /** The message under way per agent. */
  private readonly lanes = new Map<string, Promise<unknown>>()
  private readonly waiting: Waiting
  private order = 0
  private isClosed = false

  constructor(options: { bus: Bus; clock: Clock; ids: Ids }) {
    this.bus = options.bus
    this.clock = options.clock
    this.ids = options.ids
    this.session = `client:${options.ids.next()}`
    const read = (address: Address): Promise<AgentView | undefined> => this.view(address)
    const isClosed = (): boolean => this.isClosed
    this.waiting = new Waiting({ ...options, read, isClosed })
    this.bus.onStatus((status) => {
      if (status === 'closed') this.isClosed = true
    })
  }

  /** Starts an agent and returns a handle on it. @throws InputError, UnavailableError */
  async start<M extends AnyStateMachine>(
    agent: AgentDefinition<M> | string,
    options: StartOptions<M> = {},
  ): Promise<AgentRef<M>> {
    const address = this.addressOf(agent, options)
    await this.init(address, options)
    return this.agent<M>(address)
  }

  /**
   * Starts an agent and waits for its output, with one message fewer than `start` and `output`.
   * @throws InputError, UnavailableError as `start` does, and what `output` throws
   */
  async execute<M extends AnyStateMachine>(
    agent: AgentDefinition<M> | string,
    options: StartOptions<M> & WaitOptions = {},
  ): Promise<OutputFrom<M>> {
    const address = this.addressOf(agent, options)
    const begin = (): Promise<void> => this.init(address, options)
    // An id of our own is new, so there is nothing to read yet.
    const isNew = options.id === undefined
    const ended = this.waiting.until(address, options, untilDone(address), { begin, isNew })
    return (await ended) as OutputFrom<M>
  }

  /** A handle on an agent that is or will be started. @throws InputError on a bad address */
  agent<M extends AnyStateMachine = AnyStateMachine>(address: Address): AgentRef<M> {
    const checked = checkAddress(address)
    return {
      address: checked,
      send: async (event, options = {}) => {
        await this.submit(checked, { kind: 'event', event: event as AgentEvent }, options)
      },
      read: async () => (await this.view(checked)) as ViewOf<M> | undefined,
      waitFor: async (condition, options) =>
        (await this.waitFor(checked, condition as never, options)) as ViewOf<M>,
      output: async (options) => (await this.output(checked, options)) as OutputFrom<M>,
      onText: (listener) => this.onText(checked, listener),
      stop: async () => {
        await this.submit(checked, { kind: 'stop' }, {})
      },
    }
  }

  /** The last committed state of an agent. @throws UnavailableError */
  async view(address: Address): Promise<AgentView | undefined> {
    const last = await this.bus.journal.last(address)
    return last ? viewOf(decodeRecord(last.body)) : undefined
  }

  /** Every kept transition of an agent, oldest first. */
  async *history(address: Address): AsyncIterable<JournalRecord> {
    for await (const entry of this.bus.journal.history(address)) yield decodeRecord(entry.body)
  }

  /** The last committed state of every agent, of one machine or of all. */
  async *list(type?: string): AsyncIterable<AgentView> {
    for await (const address of this.bus.journal.addresses(type)) {
      const view = await this.view(address)
      if (view) yield view
    }
  }

  async waitFor(
    address: Address,
    condition: (view: AgentView) => boolean,
    options: WaitOptions = {},
  ): Promise<AgentView> {
    return this.waiting.until(address, options, untilMet(address, condition))
  }

  async output(address: Address, options: WaitOptions = {}): Promise<unknown> {
    return this.waiting.until(address, options, untilDone(address))
  }

  private onText(
    { type, id }: Address,
    listener: (piece: TextPiece) => void,
  ): Promise<{ stop(): Promise<void> }> {
    return this.bus.wire.listen(topics.text(type, id), (body) => {
      const piece = readTextPiece(body)
      if (piece) listener(piece)
    })
  }

  private addressOf(agent: { id: string } | string, { id }: { id?: string }): Address {
    const type = typeof agent === 'string' ? agent : agent.id
    return checkAddress({ type, id: id ?? this.ids.next() })
  }

  private init(to: Address, { input, trace }: { input?: unknown; trace?: Trace }): Promise<void> {
    return this.submit(to, { kind: 'init', input }, trace ? { trace } : {})
  }

  /** One message at a time per agent: the watermark of the receiver needs them in order (I3). */
  private submit(
    to: Address,
    body: NeutralEvent,
    options: { id?: string; trace?: Trace },
  ): Promise<void> {
    const key = formatAddress(to)
    // One count for all agents: it grows for each of them, and no agent needs an entry kept.
    const order = ++this.order
    const envelope: Envelope = {
      v: 1,
      id: options.id ?? `${this.session}:${order}`,
      to,
      from: { name: this.session, order: { step: order, index: 0 } },
      sentAtMs: this.clock.now(),
      ...(options.trace ? { trace: options.trace } : {}),
      body,
    }
    const before = this.lanes.get(key) ?? Promise.resolve()
    const sent = before.then(() => this.ask(envelope))
    const settled = sent.catch(() => undefined)
    this.lanes.set(key, settled)
    void settled.then(() => {
      if (this.lanes.get(key) === settled) this.lanes.delete(key)
    })
    return sent
  }

  private async ask(envelope: Envelope): Promise<void> {
    const service = ingressService(envelope.to.type)
    const bytes = encodeEnvelope(envelope)
    checkMessageSize(bytes, `message to ${formatAddress(envelope.to)}`)
    const begunMs = this.clock.now()
    for (;;) {
      try {
        const reply = await this.bus.wire.ask(service, bytes, actorLimits.askPatienceMs)
        const answer = fromBytes(reply) as IngressAnswer
        if (answer.kind === 'accepted') return
        throw refusal(answer.error)
      } catch (thrown) {
        // Waiting here would hide the back-pressure from whoever can do something about it.
        if (thrown instanceof AshlarError && thrown.code === 'overloaded') throw thrown
        const nobody = thrown instanceof AshlarError && thrown.code === 'no-responder'
        const patienceMs = nobody ? actorLimits.noHostPatienceMs : actorLimits.submitPatienceMs
        if (!isRetryable(thrown) || this.clock.now() - begunMs >= patienceMs) {
          throw explain(thrown, envelope.to.type)
        }
        await pause(this.clock, actorLimits.retryFirstMs * 5)
      }
    }
  }
}

function refusal({ code = 'refused', message, disposition, retryAfterMs }: ErrorValue) {
  return new AshlarError(String(code), message, {
    ...(disposition ? { disposition } : {}),
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
  })
}

function explain(thrown: unknown, type: string): unknown {
  if (!(thrown instanceof AshlarError) || thrown.code !== 'no-responder') return thrown
  return new InputError({
    field: 'machine',
    expected: 'a machine that some running process serves',
    got: type,
    todo: 'start it with `ashlar up` or `ashlar run`, or check the name with `ashlar ps --hosts`',
  })
}
