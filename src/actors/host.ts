import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import { InputError, toErrorValue } from '../contracts/error.ts'
import type { Ids } from '../contracts/ids.ts'
import type { Bus } from '../bus/bus.ts'
import type { MailboxSlice, Running } from '../bus/mailbox.ts'
import type { AgentDefinition } from './definition.ts'
import { serveIngress } from './ingress.ts'
import { actorLimits, checkActorLimits } from './limits.ts'
import { performerKey } from './local-effects.ts'
import type { Logger } from './logger.ts'
import type { Performer } from './performer.ts'
import { Placement } from './placement.ts'
import { leaseKey } from './registry.ts'
import { Residents } from './residents.ts'
import { OwnedSlice } from './slice.ts'
import { WorkHost } from './work-host.ts'

export interface HostOptions {
  name: string
  pid: number
  bus: Bus
  clock: Clock
  ids: Ids
  log: Logger
  agents: readonly AgentDefinition[]
  /** Tools and decisions that this host serves from their queues. */
  serves: readonly Performer[]
  /** What it runs in place for its own agents: memory, and inline tools and decisions. */
  inline: readonly Performer[]
}

/** A process's share of the system: agents, tools and decisions over one bus. */
export interface Host {
  readonly name: string
  /** Slices owned now. */
  owned(): MailboxSlice[]
  /** Agents in memory now; the others are in the journal only. */
  residentAgents(): number
  /** Drains what is under way, hands everything over, and stops. Stopping twice is harmless. */
  stop(): Promise<void>
  /** Stops without handing over, as a crash would. For tests of recovery. */
  abandon(): Promise<void>
}

/**
 * Starts a host. It serves until it is stopped.
 * @throws InputError when two of its machines, or two of its tools, have the same name
 */
export async function startHost(options: HostOptions): Promise<Host> {
  checkActorLimits()
  refuseDoubles(
    'agents',
    options.agents.map(({ id }) => id),
  )
  refuseDoubles(
    'tools and decisions',
    options.serves.map(({ kind, name }) => `${kind} ${name}`),
  )
  const host = new RunningHost(options)
  await host.start()
  return host
}

class RunningHost implements Host {
  readonly name: string
  private readonly options: HostOptions
  private readonly slices = new Map<string, OwnedSlice>()
  private readonly residents = new Residents()
  private readonly work: WorkHost[]
  private readonly ingress: Running[] = []
  private readonly placement: Placement
  private readonly performers: Map<string, Performer>
  private cancelCheckpoints: () => void = () => undefined
  private stopping: Promise<void> | undefined

  constructor(options: HostOptions) {
    this.options = options
    this.name = options.name
    const { bus, clock, log, agents, serves, inline } = options
    this.performers = new Map(inline.map((one) => [performerKey(one.kind, one.name), one]))
    this.work = serves.map((performer) => new WorkHost({ bus, clock, log, performer }))
    this.placement = new Placement({
      host: {
        name: options.name,
        pid: options.pid,
        agents: agents.map(({ id, version }) => ({ id, version })),
        tools: serves.filter(({ kind }) => kind === 'tool').map(({ name }) => name),
        decisions: serves.filter(({ kind }) => kind === 'decision').map(({ name }) => name),
        startedAtMs: clock.now(),
      },
      partitions: bus.partitions,
      keyValue: bus.keyValue,
      clock,
      log,
      acquire: (slice) => this.acquire(slice),
      release: (slice) => this.release(slice),
    })
  }

  async start(): Promise<void> {
    const { bus, clock, agents } = this.options
    await Promise.all(this.work.map((host) => host.start()))
    await this.placement.start()
    for (const agent of agents) {
      this.ingress.push(await serveIngress(bus, clock, agent))
    }
    this.armCheckpoints()
  }

  owned(): MailboxSlice[] {
    return [...this.slices.values()].map(({ slice }) => slice)
  }

  residentAgents(): number {
    return this.residents.count
  }

  stop(): Promise<void> {
    this.stopping ??= this.drain()
    return this.stopping
  }

  async abandon(): Promise<void> {
    this.stopping ??= Promise.resolve()
    this.cancelCheckpoints()
    await Promise.all([...this.slices.values()].map((slice) => slice.abandon()))
  }

  private async drain(): Promise<void> {
    const { clock, log } = this.options
    this.cancelCheckpoints()
    const orderly = async (): Promise<void> => {
      for (const running of this.ingress) await running.stop()
      await this.placement.stop().catch((thrown: unknown) => {
        const error = toErrorValue(thrown)
        log.warn({ host: this.name, error }, 'slices were not given back; others will notice')
      })
      await Promise.all(this.work.map((host) => host.stop()))
    }
    const given = new AbortController()
    const late = pause(clock, actorLimits.drainMaxMs, given.signal).then(
      () =>
        log.warn({ host: this.name }, 'drain took too long; the rest is left to the next owner'),
      () => undefined,
    )
    await Promise.race([orderly(), late])
    given.abort(new Error('drained'))
  }

  private async acquire(slice: MailboxSlice): Promise<void> {
    const { bus, clock, ids, log, agents } = this.options
    const definition = agents.find(({ id }) => id === slice.type)!
    const isServed = this.placement.isServed.bind(this.placement)
    const { performers, residents } = this
    const ports = { bus, clock, ids, log, performers, residents, isServed }
    const owned = new OwnedSlice(slice, definition, ports)
    this.slices.set(leaseKey(slice.type, slice.partition), owned)
    await owned.start()
  }

  private async release(slice: MailboxSlice): Promise<void> {
    const key = leaseKey(slice.type, slice.partition)
    const owned = this.slices.get(key)
    this.slices.delete(key)
    await owned?.stop()
  }

  private armCheckpoints(): void {
    const { clock, log } = this.options
    this.cancelCheckpoints = clock.at(clock.now() + actorLimits.checkpointEveryMs, () => {
      this.residents.trim()
      const all = [...this.slices.values()].map(async (slice) => {
        await slice.checkpoint()
        await slice.reportLoad()
      })
      Promise.all(all)
        .catch((thrown: unknown) =>
          log.warn({ error: toErrorValue(thrown) }, 'checkpoint failed; trying again'),
        )
        .finally(() => {
          if (!this.stopping) this.armCheckpoints()
        })
    })
  }
}

function refuseDoubles(field: string, names: string[]): void {
  const double = names.find((name, index) => names.indexOf(name) !== index)
  if (double === undefined) return
  throw new InputError({
    field,
    expected: 'different names',
    got: double,
    todo: 'rename one, or serve it from another process',
  })
}
