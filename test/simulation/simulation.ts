import type { Client } from '../../src/actors/client.ts'
import type { Bus } from '../../src/bus/bus.ts'
import type { LocalBroker, LocalBus } from '../../src/bus/local-broker.ts'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import { createRuntime } from '../../src/cli/runtime.ts'
import type { VirtualClock } from '../../src/contracts/clock.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import { countingIds } from '../../src/contracts/ids.ts'
import type { Random } from '../../src/contracts/random.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import type { FaultRates } from '../../src/proof/faulty-bus.ts'
import { faultyBus } from '../../src/proof/faulty-bus.ts'
import { Turns } from '../../src/proof/turns.ts'
import type { Service } from '../../src/actors/service.ts'
import { Outside, agentService, courierAgent, ledgerAgent, toolService } from './scenario.ts'

export interface Schedule {
  seed: number
  couriers: number
  rounds: number
  rates: FaultRates
  /** Chance per turn that some process crashes; it comes back a little later. */
  crash: number
  /** Chance per turn that some process is suspended, long enough to be taken for dead. */
  suspend: number
  /** Breaks the bus on purpose, to see that the checkers can fail. */
  sabotage?: (bus: Bus) => Bus
}

export interface Result {
  seed: number
  finished: boolean
  turns: number
  crashes: number
  bus: LocalBus
  outside: Outside
  trace: readonly string[]
}

interface Process {
  name: string
  life: number
  service: Service
  bus: LocalBus | undefined
  /** Turn at which it starts again. */
  backAt: number
  /** Turn until which it is suspended. */
  suspendedUntil: number
}

/** A run that takes more turns than this is stuck. */
const turnsMax = 60_000
/** Turns without faults at the end, in which everything owed must arrive. */
const calmAfterTurns = 12_000

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** The production runtime on the local twin; the seed decides every interleaving and every fault. */
export class Simulation {
  private readonly schedule: Schedule
  private readonly random: Random
  private readonly clock: VirtualClock = virtualClock()
  private readonly turns: Turns
  private readonly broker: LocalBroker
  private readonly outside = new Outside()
  private readonly processes: Process[]
  private crashes = 0
  private taken = 0
  private failure: unknown

  constructor(schedule: Schedule) {
    this.schedule = schedule
    this.random = seededRandom(schedule.seed)
    this.turns = new Turns(this.random)
    this.broker = createLocalBroker({ clock: this.clock, partitions: 2 })
    const tools = toolService(this.outside)
    const names: [string, Service][] = [
      ['agents-a', agentService],
      ['agents-b', agentService],
      ['tools-a', tools],
      ['tools-b', tools],
    ]
    this.processes = names.map(([name, service]) => {
      return { name, service, life: 0, bus: undefined, backAt: 0, suspendedUntil: 0 }
    })
  }

  async run(): Promise<Result> {
    const { seed, couriers, rounds } = this.schedule
    const bus = this.broker.connect()
    const ids = countingIds('outside')
    const ports = { bus, clock: this.clock, ids, random: this.random, log: silent }
    const { client } = createRuntime(ports)
    const state = { done: false }
    const work = this.drive(client, couriers, rounds).then(
      () => (state.done = true),
      (thrown: unknown) => (this.failure = thrown),
    )
    while (!state.done && this.failure === undefined && this.taken < turnsMax) await this.turn()
    if (state.done) await work
    if (this.failure instanceof Error) this.turns.trace.push(`outside: ${this.failure.message}`)
    return {
      seed,
      finished: state.done,
      turns: this.taken,
      crashes: this.crashes,
      bus,
      outside: this.outside,
      trace: this.turns.trace,
    }
  }

  private async drive(client: Client, couriers: number, rounds: number): Promise<void> {
    const week = 7 * 24 * 3_600_000
    await this.persist(() => client.start(ledgerAgent, { id: 'main' }))
    const ids = Array.from({ length: couriers }, (_, index) => `c${index + 1}`)
    await Promise.all(
      ids.map(async (id) => {
        const input = { id, rounds }
        const ref = await this.persist(() => client.start(courierAgent, { id, input }))
        await ref.output({ timeoutMs: week })
      }),
    )
  }

  /** An outsider tries again as long as nobody serves the machine. */
  private async persist<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt()
      } catch (thrown) {
        const { code } = thrown as { code?: string }
        if (code !== 'bad-input' && code !== 'unavailable') throw thrown
      }
    }
  }

  private async turn(): Promise<void> {
    this.taken++
    const calm = this.taken > calmAfterTurns
    for (const process of this.processes) {
      if (!process.bus && (calm || this.taken >= process.backAt)) this.boot(process)
    }
    for (const process of this.processes) {
      const over = process.suspendedUntil > 0 && (calm || this.taken >= process.suspendedUntil)
      if (over) this.resume(process)
    }
    if (!calm && this.random.next() < this.schedule.crash) this.crashOne()
    if (!calm && this.random.next() < this.schedule.suspend) this.suspendOne()
    await this.turns.settle()
    if (this.turns.next()) return
    const deadlineMs = this.clock.nextDeadline()
    if (deadlineMs !== undefined) this.clock.advance(Math.max(0, deadlineMs - this.clock.now()))
  }

  private boot(process: Process): void {
    process.life++
    const owner = `${process.name}.${process.life}`
    const bus = this.broker.connect()
    process.bus = bus
    const { rates, sabotage } = this.schedule
    const calmRates = new Proxy(rates, {
      get: (given, name) => (this.taken > calmAfterTurns ? 0 : Reflect.get(given, name)),
    })
    const faulty = faultyBus(bus, {
      owner,
      turns: this.turns,
      random: this.random,
      rates: calmRates,
    })
    const runtime = createRuntime({
      bus: sabotage ? sabotage(faulty) : faulty,
      clock: this.clock,
      ids: countingIds(owner),
      random: this.random,
      log: silent,
    })
    // A process that cannot start in the storm crashes, and comes back like any other.
    runtime.serve(process.service).catch(() => {
      if (process.bus === bus) this.crash(process)
    })
  }

  private crashOne(): void {
    const alive = this.processes.filter(({ bus }) => bus !== undefined)
    const victim = alive[Math.floor(this.random.next() * alive.length)]
    if (victim) this.crash(victim)
  }

  private suspendOne(): void {
    const victim = this.processes[Math.floor(this.random.next() * this.processes.length)]!
    if (!victim.bus || victim.suspendedUntil > 0) return
    this.turns.suspend(`${victim.name}.${victim.life}`)
    victim.suspendedUntil = this.taken + 100 + Math.floor(this.random.next() * 200)
  }

  private resume(process: Process): void {
    process.suspendedUntil = 0
    this.turns.resume(`${process.name}.${process.life}`)
  }

  private crash(process: Process): void {
    process.suspendedUntil = 0
    this.crashes++
    this.turns.crash(`${process.name}.${process.life}`)
    process.bus?.drop()
    process.bus = undefined
    process.backAt = this.taken + Math.floor(this.random.next() * 300)
  }
}
