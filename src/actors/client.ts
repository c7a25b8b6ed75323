import type { AnyStateMachine, ContextFrom, EventFromLogic, InputFrom, OutputFrom } from 'xstate'
import type { Address } from '../contracts/address.ts'
import { checkAddress, formatAddress } from '../contracts/address.ts'
import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import type { Envelope, Trace } from '../contracts/envelope.ts'
import { encodeEnvelope } from '../contracts/envelope.ts'
import type { ErrorValue } from '../contracts/error.ts'
import { AshlarError, InputError } from '../contracts/error.ts'
import type { AgentEvent, NeutralEvent } from '../contracts/event.ts'
import type { Ids } from '../contracts/ids.ts'
import { fromBytes } from '../contracts/json.ts'
import type { JournalRecord } from '../contracts/record.ts'
import { decodeRecord } from '../contracts/record.ts'
import type { AgentStatus, StateValue, StoredState } from '../contracts/state.ts'
import type { Bus } from '../bus/bus.ts'
import { checkMessageSize } from '../bus/body-limit.ts'
import type { AgentDefinition } from './definition.ts'
import type { IngressAnswer } from './ingress.ts'
import { actorLimits } from './limits.ts'
import type { StepNotice } from './notice.ts'
import { ingressService, readNotice, topics } from './notice.ts'

/** What a reader sees of an agent: the last committed state. */
export interface AgentView<Context = Record<string, unknown>, Output = unknown> {
  address: Address
  /** Number of transitions so far. */
  step: number
  status: AgentStatus
  value: StateValue
  context: Context
  output: Output | undefined
  error: StoredState['snapshot']['error']
  /** Children that have not ended: what the agent waits for. */
  waitingFor: string[]
  atMs: number
}

export interface WaitOptions {
  /** Gives up after this time. Default: 60 s. */
  timeoutMs?: number
  signal?: AbortSignal
}

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
  stop(): Promise<void>
}

export interface StartOptions<M extends AnyStateMachine> {
  /** Starting an id again is harmless: the agent that has it goes on. */
  id?: string
  input?: InputFrom<M>
  trace?: Trace
}

/** What settles a wait. */
interface Judge<T> {
  /** Of a notice; undefined: nobody can read it. */
  heard(notice: StepNotice | undefined): { value: T } | 'look' | 'wait'
  /** Of the last committed state; undefined: not yet. */
  seen(view: AgentView): { value: T } | undefined
}

/** Talks to agents from outside. Messages to one agent arrive in the order in which they were sent. */
export class Client {
  private readonly bus: Bus
  private readonly clock: Clock
  private readonly ids: Ids
  private readonly session: string
  /** The message under way per agent. */
  private readonly lanes = new Map<string, Promise<unknown>>()
  private order = 0
  private isClosed = false

  constructor(options: { bus: Bus; clock: Clock; ids: Ids }) {
    this.bus = options.bus
    this.clock = options.clock
    this.ids = options.ids
    this.session = `client:${options.ids.next()}`
    this.bus.onStatus((status) => {
      if (status === 'closed') this.isClosed = true
    })
  }

  /** Starts an agent and returns a handle on it. @throws InputError, UnavailableError */
  async start<M extends AnyStateMachine>(
    agent: AgentDefinition<M> | string,
    options: StartOptions<M> = {},
  ): Promise<AgentRef<M>> {
    const type = typeof agent === 'string' ? agent : agent.id
    const ref = this.agent<M>({ type, id: options.id ?? this.ids.next() })
    const { input, trace } = options
    await this.submit(ref.address, { kind: 'init', input }, trace ? { trace } : {})
    return ref
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
    return this.until(address, options, {
      heard: () => 'look',
      seen(view) {
        if (condition(view)) return { value: view }
        if (view.status !== 'active') throw ended(view)
        return undefined
      },
    })
  }

  async output(address: Address, options: WaitOptions = {}): Promise<unknown> {
    return this.until(address, options, {
      heard(notice) {
        if (!notice || notice.status === 'active') return 'wait'
        return notice.status === 'done' && 'output' in notice ? { value: notice.output } : 'look'
      },
      seen(view) {
        if (view.status === 'active') return undefined
        if (view.status !== 'done') throw ended(view)
        return { value: view.output }
      },
    })
  }

  /** Waits for what a notice or the state tells, whichever comes first. */
  private async until<T>(address: Address, options: WaitOptions, judge: Judge<T>): Promise<T> {
    const deadlineMs = this.clock.now() + (options.timeoutMs ?? 60_000)
    let told: { value: T } | undefined
    let wake = Promise.withResolvers<void>()
    // Asked for before the state is read, so that no notice falls between the two.
    const listening = this.bus.wire.listen(topics.step(address.type, address.id), (body) => {
      const heard = judge.heard(readNotice(body))
      if (heard === 'wait') return
      if (heard !== 'look') told ??= heard
      wake.resolve()
    })
    listening.catch(() => wake.resolve())
    try {
      for (;;) {
        const woken = wake.promise
        const { view, outage } = await this.look(address)
        const found = told ?? (view && judge.seen(view))
        if (found) return found.value
        await listening
        if (this.clock.now() >= deadlineMs) throw outage ?? timedOut(address, view)
        await this.nap(woken, deadlineMs, options.signal)
        if (told) return told.value
        wake = Promise.withResolvers<void>()
      }
    } finally {
      void listening.then(
        (running) => running.stop(),
        () => undefined,
      )
    }
  }

  /** The last committed state, or why it cannot be read now although it can be later. */
  private async look(address: Address): Promise<{ view?: AgentView; outage?: AshlarError }> {
    try {
      const view = await this.view(address)
      return view ? { view } : {}
    } catch (thrown) {
      if (isRetryable(thrown) && !this.isClosed) return { outage: thrown }
      throw thrown
    }
  }

  /** Until a notice comes, or it is time to look again: a notice may be missed. */
  private async nap(woken: Promise<void>, deadlineMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const given = new AbortController()
    const onAbort = (): void => given.abort(signal!.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    const waitMs = Math.min(actorLimits.rereadEveryMs, Math.max(1, deadlineMs - this.clock.now()))
    const later = pause(this.clock, waitMs, given.signal).catch(() => undefined)
    await Promise.race([woken, later])
    signal?.removeEventListener('abort', onAbort)
    given.abort(new Error('awake'))
    signal?.throwIfAborted()
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

/** What a record shows a reader. */
export function viewOf(record: JournalRecord): AgentView {
  const { snapshot, children } = record.state
  return {
    address: record.address,
    step: record.step,
    status: snapshot.status,
    value: snapshot.value,
    context: snapshot.context,
    output: snapshot.output,
    error: snapshot.error,
    waitingFor: Object.entries(children)
      .filter(([, child]) => !child.settled)
      .map(([id]) => id),
    atMs: record.atMs,
  }
}

function isRetryable(thrown: unknown): thrown is AshlarError {
  return thrown instanceof AshlarError && thrown.disposition === 'retryable'
}

function ended(view: AgentView): AshlarError {
  const name = formatAddress(view.address)
  const why = view.error ? `: ${view.error.message}` : ''
  const code = view.status === 'done' ? 'agent-ended' : 'agent-failed'
  return new AshlarError(code, `agent ${name} has ended (${view.status})${why}`)
}

function timedOut(address: Address, view: AgentView | undefined): AshlarError {
  const where = view ? `it is in ${JSON.stringify(view.value)}` : 'it has not begun'
  const name = formatAddress(address)
  return new AshlarError('wait-timeout', `waited too long for agent ${name}; ${where}`)
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
