import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { leasePrefix, registryBucket } from '../../src/actors/registry.ts'
import { ProcessSupervisor } from '../../src/cli/processes.ts'
import type { ProcessEvent } from '../../src/cli/processes.ts'
import type { Runtime } from '../../src/cli/runtime.ts'
import { connect } from '../../src/cli/runtime.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import { fromBytes } from '../../src/contracts/json.ts'
import type { Brokers } from './broker.ts'
import type { Kind } from './schedule.ts'

/** A service process that the supervisor keeps running. */
export interface Worker {
  readonly name: string
  readonly kind: Exclude<Kind, 'broker'>
  pid: number
  /** Its name among the hosts of the cell. */
  host: string
  state: 'up' | 'stopped' | 'down'
}

export interface CellOptions {
  brokers: Brokers
  cell: string
  clock: Clock
  /** Folder of the airline's data, file of the recorded conversations. */
  data: string
  runs: string
  /** Where the tool processes note every execution. */
  executions: string
  /** Processes of each kind. */
  instances: number
  onEvent: (event: ProcessEvent) => void
}

const modules = {
  host: './fixtures/hosts.ts',
  tool: './fixtures/tools.ts',
  decision: '../../examples/airline-desk/decisions.ts',
} as const

/** The airline desk, and couriers beside it, as operating-system processes, and this process's way into their cell. */
export class Cell {
  readonly runtime: Runtime
  readonly workers = new Map<string, Worker>()
  /** Who holds which slice now, by lease key. */
  readonly leases = new Map<string, string>()
  private readonly options: CellOptions
  private readonly supervisor: ProcessSupervisor
  private changed = Promise.withResolvers<void>()

  private constructor(options: CellOptions, runtime: Runtime) {
    this.options = options
    this.runtime = runtime
    this.supervisor = new ProcessSupervisor({
      clock: options.clock,
      env: {
        ...process.env,
        NATS_URL: options.brokers.servers,
        ASHLAR_CELL: options.cell,
        ASHLAR_REPLICAS: String(options.brokers.replicas),
        ASHLAR_LOG: process.env.ASHLAR_LOG ?? 'error',
      },
      onEvent: (event) => this.note(event),
      // What the campaign kills is no sign of anything wrong with it.
      restarts: { most: Number.MAX_SAFE_INTEGER, withinMs: 60_000 },
    })
  }

  /** Starts every process and waits until all serve. @throws AshlarError */
  static async start(options: CellOptions): Promise<Cell> {
    const { brokers, cell, instances } = options
    const { servers, replicas } = brokers
    const runtime = await connect({ servers, cell, replicas })
    const started = new Cell(options, runtime)
    try {
      await started.watchLeases()
      const settings = {
        data: resolve(options.data),
        runs: resolve(options.runs),
        executions: options.executions,
      }
      await started.supervisor.start(
        Object.entries(modules).map(([name, file]) => {
          const module = fileURLToPath(new URL(file, import.meta.url))
          return { name, module, instances, options: settings }
        }),
      )
      return started
    } catch (thrown) {
      await started.stop()
      throw thrown
    }
  }

  /** Processes of a kind that run and are not stopped by a signal. */
  up(kind: Worker['kind']): Worker[] {
    return [...this.workers.values()].filter((one) => one.kind === kind && one.state === 'up')
  }

  /** Waits until a condition on the processes holds; it is looked at whenever one of them changes. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.changed.promise
  }

  /** Sends a signal to a process and notes what that makes of it. */
  signal(worker: Worker, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(worker.pid, signal)
    if (signal === 'SIGSTOP') worker.state = 'stopped'
    else worker.state = signal === 'SIGCONT' ? 'up' : 'down'
    this.wake()
  }

  async stop(): Promise<void> {
    await this.supervisor.stop()
    await this.runtime.close()
  }

  private note(event: ProcessEvent): void {
    if (event.kind === 'ready' || event.kind === 'died') {
      const { name, pid } = event
      const kind = name.split('.', 1)[0] as Worker['kind']
      const host = event.kind === 'ready' ? event.host : (this.workers.get(name)?.host ?? '')
      const state = event.kind === 'ready' ? 'up' : 'down'
      this.workers.set(name, { name, kind, pid, host, state })
    }
    this.options.onEvent(event)
    this.wake()
  }

  private wake(): void {
    this.changed.resolve()
    this.changed = Promise.withResolvers()
  }

  private async watchLeases(): Promise<void> {
    await this.runtime.bus.keyValue.watch(registryBucket, leasePrefix, (key, entry) => {
      const { host } = (entry ? fromBytes(entry.value) : {}) as { host?: string }
      if (host === undefined) this.leases.delete(key)
      else this.leases.set(key, host)
    })
  }
}
