import type { Service } from '../../src/actors/service.ts'
import type { Bus } from '../../src/bus/bus.ts'
import type { LocalBus } from '../../src/bus/local-broker.ts'
import type { Runtime } from '../../src/cli/runtime.ts'
import { createRuntime } from '../../src/cli/runtime.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import { countingIds } from '../../src/contracts/ids.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import { ProcessClock } from '../../src/proof/process-clock.ts'
import type { Turns } from '../../src/proof/turns.ts'

/** One of the processes of a simulated system; it lives, dies and comes back. */
export interface ProcessSpec {
  name: string
  /** What it serves; `at` waits for a turn of this process, for work of its own. */
  service: (at: (label: string) => Promise<void>) => Service
}

export interface ProcessPorts {
  turns: Turns
  clock: Clock
  connect: () => LocalBus
  /** The process's faulty view of its connection. */
  view: (bus: LocalBus, owner: string) => Bus
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

export class SimulatedProcess {
  readonly name: string
  private readonly spec: ProcessSpec
  private readonly ports: ProcessPorts
  private life = 0
  private bus: LocalBus | undefined
  private runtime: Runtime | undefined
  private clock: ProcessClock | undefined
  private offsetMs = 0
  /** Turn at which it starts again, and until which it is suspended. */
  backAt = 0
  suspendedUntil = 0
  isLeaving = false

  constructor(spec: ProcessSpec, ports: ProcessPorts) {
    this.spec = spec
    this.name = spec.name
    this.ports = ports
  }

  get isUp(): boolean {
    return this.bus !== undefined
  }

  /** Its present life, as turns and traces name it. */
  get owner(): string {
    return `${this.name}.${this.life}`
  }

  boot(onFailure: () => void): void {
    this.life++
    const { turns, connect, view } = this.ports
    const { owner } = this
    const bus = connect()
    this.bus = bus
    this.clock = new ProcessClock(this.ports.clock, this.offsetMs)
    this.runtime = createRuntime({
      bus: view(bus, owner),
      clock: this.clock,
      ids: countingIds(owner),
      random: seededRandom(this.life),
      log: silent,
    })
    // A process that cannot start in the storm crashes, and comes back like any other.
    this.runtime
      .serve(this.spec.service((label) => turns.turn(owner, label)))
      .catch(() => this.bus === bus && !this.isLeaving && onFailure())
  }

  crash(backAt: number): void {
    this.ports.turns.crash(this.owner)
    this.clock?.kill()
    this.bus?.drop()
    this.gone(backAt)
  }

  /** Drains and ends by itself, unless it crashes on the way. */
  leave(onGone: () => void): void {
    const { bus } = this
    this.isLeaving = true
    this.ports.turns.trace.push(`${this.owner} leaves`)
    const left = (): void => {
      if (this.bus === bus) onGone()
    }
    this.runtime?.close().then(left, left)
  }

  suspend(until: number): void {
    this.suspendedUntil = until
    this.ports.turns.suspend(this.owner)
    this.clock?.suspend()
  }

  resume(): void {
    this.suspendedUntil = 0
    this.ports.turns.resume(this.owner)
    this.clock?.resume()
  }

  skew(offsetMs: number): void {
    this.offsetMs = offsetMs
    this.clock?.set(offsetMs)
    this.ports.turns.trace.push(`${this.owner} is ${offsetMs} ms off`)
  }

  private gone(backAt: number): void {
    this.suspendedUntil = 0
    this.isLeaving = false
    this.bus = undefined
    this.runtime = undefined
    this.backAt = backAt
  }
}
