import type { AgentDefinition } from '../actors/definition.ts'
import { Client } from '../actors/client.ts'
import type { Performer } from '../actors/performer.ts'
import type { QueueName } from '../bus/work-queue.ts'
import { formatAddress, parseAddress } from '../contracts/address.ts'
import type { AnyDecision } from '../contracts/decision.ts'
import { encodeEnvelope } from '../contracts/envelope.ts'
import type { Envelope } from '../contracts/envelope.ts'
import { toErrorValue } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'
import type { AnyTool } from '../contracts/tool.ts'
import type { Occurrence } from './occurrence.ts'
import { PathStandIns } from './path-stand-ins.ts'
import type { View } from './properties.ts'
import { letterOf, RealAgents } from './trace-agents.ts'
import type { RealCall } from './trace-call.ts'
import type { Connection, TraceGround } from './trace-ground.ts'
import type { HostWitness } from './trace-host.ts'
import { TraceHost } from './trace-host.ts'
import { Outside } from './trace-outside.ts'
import { DivergedError } from './trace-play.ts'
import { Signal } from './signal.ts'
import { ackWaitMs, TraceWorker } from './trace-worker.ts'
import type { Bounds, World } from './world.ts'
import { addressOf } from './world.ts'

/**
 * A world on the real runtime: its agents on a production host, its tools and decisions in worker
 * processes that begin as they are needed and die as the trace says, and in the place of everything
 * outside the world's models. Nothing goes on by itself: messages between agents, answers of calls and
 * timers wait until the player hands them over.
 */
export class TraceRun<State> {
  readonly agents: RealAgents
  readonly outside: Outside<State>
  /** The agent that the next step is of was sent something that it has to take. */
  isExpected = false
  private readonly world: World<State>
  private readonly bounds: Bounds
  private readonly ground: TraceGround
  private readonly signal = new Signal()
  private readonly onOccurrence: (occurrence: Occurrence<State>) => void
  private readonly standIns: readonly PathStandIns[]
  private readonly workers: TraceWorker[] = []
  private readonly queued = new Map<string, { queue: QueueName; body: Uint8Array }>()
  /** How often the host has begun a call that runs in place. */
  private readonly begun = new Map<string, number>()
  private readonly definitions: readonly AgentDefinition[]
  private player: Connection | undefined
  private client: Client | undefined
  private host: TraceHost | undefined
  private memory: readonly Performer[] = []
  /** When all workers begin, by their clocks. */
  private readonly beganMs: number
  private letters = 0
  private trouble = ''
  private again = 0

  constructor(
    world: World<State>,
    bounds: Bounds,
    ground: TraceGround,
    onOccurrence: (occurrence: Occurrence<State>) => void,
  ) {
    this.world = world
    this.bounds = bounds
    this.ground = ground
    this.beganMs = ground.clock.now()
    this.onOccurrence = onOccurrence
    const given = [...world.agents.map(({ definition }) => definition), ...(world.children ?? [])]
    this.definitions = [...new Map(given.map((one) => [one.id, one])).values()]
    this.standIns = this.definitions.map((definition) => new PathStandIns(definition))
    this.agents = new RealAgents(this.definitions)
    this.outside = new Outside(world, onOccurrence)
  }

  async open(): Promise<void> {
    const { ground } = this
    this.player = await this.settle(ground.connect('player'), 'the connection')
    const { bus } = this.player
    this.client = new Client({ bus, clock: ground.clock, ids: ground.ids })
    this.memory = ground.memoryPerformers(bus)
    await this.startHost()
  }

  async start(): Promise<void> {
    for (const started of this.world.agents) {
      const { definition, id, input } = started
      const starting = this.client!.start(definition.id, { id, input: input as never })
      await this.settle(starting, `the start of ${formatAddress(addressOf(started))}`)
    }
  }

  async close(): Promise<void> {
    const living = this.workers.filter(({ isDead }) => !isDead)
    await Promise.all([...living.map((worker) => worker.die()), this.host?.die()])
    await this.player?.drop()
  }

  settle<T>(coming: Promise<T>, what: string): Promise<T> {
    return this.ground.settle(coming, what).catch((thrown: unknown) => {
      const trouble = this.trouble === '' ? '' : ` (the host says: ${this.trouble})`
      throw new DivergedError(`${what}: ${toErrorValue(thrown).message}${trouble}`)
    })
  }

  until<T>(find: () => T | undefined, what: string): Promise<T> {
    return this.settle(this.signal.until(find), what)
  }

  /** Until an agent has taken so many steps and everything that they ask for has left its host. */
  async step(name: string, count: number): Promise<void> {
    const agent = this.agents.of(name)
    await this.until(
      () => (agent.delivered >= count ? true : undefined),
      `step ${count} of ${name}`,
    )
  }

  /** As an outsider does. */
  async send(to: string, event: AgentEvent): Promise<void> {
    const ref = this.client!.agent(parseAddress(to))
    await this.settle(ref.send(event as never), `${event.type} to ${to}`)
  }

  /** Puts a message into the mailbox of an agent. */
  async hand(envelope: Envelope): Promise<void> {
    const { to, id } = envelope
    const posting = this.player!.bus.mailbox.post(to, encodeEnvelope(envelope), id)
    await this.settle(posting, `the message to ${formatAddress(to)}`)
  }

  /** As the broker does when a timer is due. */
  async fire(name: string, timerId: string): Promise<void> {
    const timer = this.agents.stateOf(name)?.timers[timerId]
    if (!timer) throw new DivergedError(`${name} has no timer ${timerId}`)
    const { incarnation } = timer
    const id = `${name}:timer:${timerId}:${incarnation}`
    const body = { kind: 'timer' as const, timerId, incarnation }
    await this.hand({
      v: 1,
      id,
      to: parseAddress(name),
      from: { name: 'timer' },
      sentAtMs: 0,
      body,
    })
  }

  /** What nobody is there to take becomes a dead letter at once. */
  async returnMail(): Promise<void> {
    for (;;) {
      const letter = this.agents.unpost(({ to, body }) => body.kind === 'event' && this.isGone(to))
      if (!letter) return
      const name = formatAddress(letter.to)
      const { letters } = this
      const steps = this.agents.all.get(name)?.delivered ?? 0
      await this.hand(letter)
      const isReturned = (): true | undefined =>
        this.letters > letters && (steps === 0 || this.agents.of(name).delivered > steps)
          ? true
          : undefined
      await this.until(isReturned, `the dead letter of ${name}`)
    }
  }

  /** One more process takes the call off its queue. */
  async startWorker(call: RealCall): Promise<TraceWorker> {
    const { ground, signal, agents } = this
    const { target, agent } = call
    const worker = new TraceWorker(signal, (reply) => agents.post(reply), this.beganMs)
    this.workers.push(worker)
    const serving = worker.serve(ground, this.partOf(call))
    await this.settle(serving, `a process for ${target}`)
    const known = new Set(call.workers)
    const taken = await this.until(
      () => this.workers.find((one) => one.work?.id === call.identity && !known.has(one)),
      `${target} of ${agent}: a process takes the call`,
    )
    call.workers.push(taken)
    return taken
  }

  /** The worker dies, and its silence is noticed. */
  async kill(worker: TraceWorker): Promise<void> {
    await this.settle(worker.die(), 'the end of a process')
    this.ground.pass(ackWaitMs)
  }

  /** The same call comes a second time. */
  async redeliver({ identity }: RealCall): Promise<void> {
    const { queue, body } = this.queued.get(identity)!
    const submitting = this.player!.bus.work.submit(queue, body, `${identity}~${++this.again}`)
    await this.settle(submitting, 'the second delivery')
  }

  /** The process of the agents dies, and another one takes over. */
  async restartHost(call: RealCall): Promise<void> {
    const before = this.begun.get(call.identity) ?? 0
    const isAwaited = !this.agents.isOrphan(call)
    await this.settle(this.host!.die(), 'the end of the host')
    await this.startHost()
    if (!isAwaited) return
    await this.until(
      () => ((this.begun.get(call.identity) ?? 0) > before ? true : undefined),
      `${call.target} of ${call.agent} is begun again`,
    )
  }

  /** What the cell's memory makes of an operation. */
  async remember({ target, identity, address: agent, input }: RealCall): Promise<unknown> {
    const performer = this.memory.find(({ name }) => name === target)
    if (!performer) return undefined
    const call = { id: identity, agent, input, offered: [], budgets: [] }
    const { signal } = new AbortController()
    const completion = await this.settle(performer.perform(call, signal), `memory: ${target}`)
    return 'output' in completion ? completion.output : undefined
  }

  /** Tells the agent how a call ended that runs in its process. */
  async endInPlace({ identity, target, agent, completion }: RealCall): Promise<void> {
    await this.until(() => this.begun.get(identity), `${target} of ${agent} is begun`)
    for (const one of this.standIns) one.end(identity, completion!)
  }

  view(): View<State> {
    const agents = new Map(
      [...this.agents.all].flatMap(([name]) => {
        const state = this.agents.stateOf(name)
        return state ? [[name, state] as const] : []
      }),
    )
    const calls = this.agents.calls.flatMap((call) => {
      const { agent, target, childId, kind, workers } = call
      const isOrphan = this.agents.isOrphan(call)
      const goesOn = kind !== 'decision' && workers.some(({ isAnswered }) => !isAnswered)
      return isOrphan && !goesOn ? [] : [{ agent, target, childId, isOrphan }]
    })
    return { agents, outside: this.outside.state, calls }
  }

  /** Nothing can happen any more that needs nobody outside. */
  get isResting(): boolean {
    const { calls, agents } = this.view()
    if (calls.some(({ isOrphan }) => !isOrphan)) return false
    if (this.agents.mail.some(({ to }) => !this.isGone(to))) return false
    return [...agents.values()].every(({ timers }) => Object.keys(timers).length === 0)
  }

  private isGone(to: Envelope['to']): boolean {
    const name = formatAddress(to)
    const state = this.agents.stateOf(name)
    if (state) return state.snapshot.status !== 'active' && state.parent !== undefined
    return !this.agents.mail.some(
      (one) => formatAddress(one.to) === name && one.body.kind === 'init',
    )
  }

  private partOf({ address, src, target }: RealCall): AnyTool | AnyDecision {
    const definition = this.definitions.find(({ id }) => id === address.type)!
    const source = definition.sources.get(src)
    const never = (): never => {
      throw new Error('the player answers')
    }
    if (source?.kind === 'decision') {
      return { ...source.contract, prompt: () => '', deciders: [] } as AnyDecision
    }
    if (source?.kind !== 'tool') throw new DivergedError(`${target} is neither tool nor decision`)
    const { contract } = source
    const { attempts } = contract.retry
    const retry = { ...contract.retry, attempts: Math.min(attempts, this.bounds.attempts) }
    const { reconciles = true } = this.world.tools?.[target] ?? {}
    const { reconcile: _own, ...terms } = contract as unknown as AnyTool
    return { ...terms, retry, execute: never, ...(reconciles ? { reconcile: never } : {}) }
  }

  private async startHost(): Promise<void> {
    const { ground, standIns } = this
    const host = new TraceHost(this.witness())
    this.host = host
    const agents = standIns.map(({ definition }) => this.hearing(definition))
    const inline = standIns[0]!.performers.map((performer) => ({
      ...performer,
      perform: (...args: Parameters<Performer['perform']>) => {
        const ending = performer.perform(...args)
        this.noteBegun(args[0].id)
        return ending
      },
    }))
    await this.settle(host.serve(ground, agents, inline), 'the host')
  }

  /** The definition, whose promise sources say when they begin. */
  private hearing(definition: AgentDefinition): AgentDefinition {
    const sources = new Map(definition.sources)
    for (const [src, source] of sources) {
      if (source.kind !== 'promise') continue
      sources.set(src, {
        kind: 'promise',
        run: (args) => {
          const running = source.run(args)
          this.noteBegun((args.self as { effectId: string }).effectId)
          return running
        },
      })
    }
    return { ...definition, sources }
  }

  private noteBegun(identity: string): void {
    this.begun.set(identity, (this.begun.get(identity) ?? 0) + 1)
    this.signal.wake()
  }

  private witness(): HostWitness {
    const { agents, signal } = this
    return {
      onRecord: (record) => {
        const occurrences = agents.note(record, this.isExpected)
        this.isExpected = false
        for (const occurrence of occurrences) this.onOccurrence(occurrence)
        signal.wake()
      },
      onDelivered: (name, step) => {
        agents.of(name).delivered = step
        signal.wake()
      },
      onMail: (envelope) => {
        agents.post(envelope)
        signal.wake()
      },
      onWork: (queue, body, id) => this.queued.set(id, { queue, body }),
      onLetter: (letter) => {
        this.letters++
        const occurrence = letterOf(letter)
        if (occurrence) this.onOccurrence(occurrence)
        signal.wake()
      },
      onTrouble: (text) => {
        this.trouble = text
      },
    }
  }
}
