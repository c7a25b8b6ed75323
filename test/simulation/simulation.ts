import type { AgentDefinition } from '../../src/actors/definition.ts'
import type { Client } from '../../src/actors/client.ts'
import { Operator } from '../../src/actors/operator.ts'
import type { Bus } from '../../src/bus/bus.ts'
import type { LocalBroker, LocalBus } from '../../src/bus/local-broker.ts'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import { createRuntime } from '../../src/cli/runtime.ts'
import type { VirtualClock } from '../../src/contracts/clock.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import { countingIds } from '../../src/contracts/ids.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import type { Choice } from '../../src/proof/choices.ts'
import { Choices, seldom } from '../../src/proof/choices.ts'
import { faultyBus } from '../../src/proof/faulty-bus.ts'
import { Outage } from '../../src/proof/outage.ts'
import type { Turn } from '../../src/proof/turns.ts'
import { Turns } from '../../src/proof/turns.ts'
import type { ProcessSpec } from './simulated-process.ts'
import { SimulatedProcess } from './simulated-process.ts'
import type { StrikeRates, Weather } from './weather.ts'
import { Witness } from './witness.ts'

/** What a simulated system is for, and how to tell that it did it. */
export interface Scenario {
  readonly processes: readonly ProcessSpec[]
  /** Works with the system from outside and ends when all is done. */
  drive(client: Client, operator: Operator): Promise<void>
  /** The scenario's own invariants; empty when they hold. */
  check(result: Result): Promise<string[]>
  /** The machines, to fold the journals again. */
  readonly agents: readonly AgentDefinition[]
}

export interface Schedule {
  seed: number
  weather: Weather
  scenario: Scenario
  /** Repeats these choices instead of drawing them. */
  script?: readonly Choice[]
  /** Breaks the bus on purpose, to see that the checkers can fail. */
  sabotage?: (bus: Bus) => Bus
}

export type Strikes = Record<keyof StrikeRates, number>

export interface Result {
  seed: number
  finished: boolean
  turns: number
  strikes: Strikes
  bus: LocalBus
  witness: Witness
  trace: readonly string[]
  choices: readonly Choice[]
}

/** A run that takes more turns than this is stuck. */
const turnsMax = 60_000
/** After so many turns nothing goes wrong any more, and everything owed must arrive. */
const calmAfterTurns = 12_000

/** A process that could not start is started again after so many turns. */
const turnsUntilNextStart = 30

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const kinds = ['crash', 'suspend', 'leave', 'outage', 'leap', 'skew'] as const

/** The production runtime on the local twin; the choices decide every interleaving and every fault. */
export class Simulation {
  private readonly schedule: Schedule
  private readonly clock: VirtualClock = virtualClock()
  private readonly choices: Choices
  private readonly turns: Turns
  private readonly broker: LocalBroker
  private readonly outage = new Outage()
  private readonly processes: SimulatedProcess[]
  private readonly witness: Witness
  private readonly network: LocalBus
  private readonly strikes: Strikes
  private outageUntil = 0
  private taken = 0
  private failure: unknown

  constructor(schedule: Schedule) {
    this.schedule = schedule
    const { seed, script, weather, scenario } = schedule
    this.choices = script ? Choices.scripted(script) : Choices.seeded(seededRandom(seed))
    this.turns = new Turns(this.choices, weather.hold)
    this.broker = createLocalBroker({ clock: this.clock, partitions: 2 })
    this.witness = new Witness(this.broker.connect(), this.clock)
    this.network = this.broker.connect()
    this.strikes = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Strikes
    const ports = {
      turns: this.turns,
      clock: this.clock,
      connect: () => this.broker.connect(),
      view: (bus: LocalBus, owner: string) => {
        const { sabotage = (one: Bus): Bus => one } = schedule
        const network = this.witness.watch(this.network)
        return sabotage(this.view(this.witness.watch(bus), owner, network))
      },
    }
    this.processes = scenario.processes.map((spec) => new SimulatedProcess(spec, ports))
  }

  async run(): Promise<Result> {
    const bus = this.broker.connect()
    const { clock } = this
    const ports = { clock, ids: countingIds('outside'), random: seededRandom(1), log: silent }
    const { client } = createRuntime({ ...ports, bus })
    const state = { done: false }
    const operator = new Operator({ ...ports, bus: this.view(this.broker.connect(), 'operator') })
    const work = this.schedule.scenario.drive(client, operator).then(
      () => (state.done = true),
      (thrown: unknown) => (this.failure = thrown),
    )
    while (!state.done && this.failure === undefined && this.taken < turnsMax) await this.turn()
    if (state.done) await work
    if (this.failure instanceof Error) this.turns.trace.push(`outside: ${this.failure.message}`)
    return {
      seed: this.schedule.seed,
      finished: state.done,
      turns: this.taken,
      strikes: this.strikes,
      bus,
      witness: this.witness,
      trace: this.turns.trace,
      choices: this.choices.taken,
    }
  }

  private async turn(): Promise<void> {
    this.taken++
    if (this.taken > calmAfterTurns) this.choices.calm = true
    this.recover()
    await this.turns.settle()
    const turn = this.turns.take()
    if (turn) {
      if (!this.strike(turn)) turn.go()
      return
    }
    const deadlineMs = this.clock.nextDeadline()
    if (deadlineMs !== undefined) this.clock.advance(Math.max(0, deadlineMs - this.clock.now()))
  }

  /** What was down or stood still long enough comes back. */
  private recover(): void {
    const { calm } = this.choices
    if (this.outage.isOn && (calm || this.taken >= this.outageUntil)) {
      this.turns.trace.push('the broker answers again')
      this.outage.end()
    }
    for (const process of this.processes) {
      if (!process.isUp && (calm || this.taken >= process.backAt)) {
        process.boot(() => this.crash(process, turnsUntilNextStart))
      }
      const { suspendedUntil } = process
      if (suspendedUntil > 0 && (calm || this.taken >= suspendedUntil)) process.resume()
    }
  }

  /** Whether something happens at this turn; true when the one whose turn it is has died of it. */
  private strike({ owner, label }: Turn): boolean {
    const process = this.processes.find((one) => one.owner === owner)
    if (!process) return false
    const name = `${owner} ${label}`
    const drawn = this.choices.choose(`strike ${name}`, (random) => {
      let chance = random.next()
      for (const [index, kind] of kinds.entries()) {
        const rate = this.schedule.weather.strikes[kind]
        if (chance < rate) return index + 1
        chance -= rate
      }
      return 0
    })
    const kind = kinds[drawn - 1]
    if (!kind) return false
    this.strikes[kind]++
    return this.happen(kind, process, this.choices.choose(`size ${name}`, seldom(1, 100)))
  }

  /** `size`: from 1 to 100, how long or how far. */
  private happen(kind: keyof StrikeRates, process: SimulatedProcess, size: number): boolean {
    switch (kind) {
      case 'crash':
        this.crash(process, size * 3)
        return true
      case 'suspend':
        if (process.suspendedUntil === 0) process.suspend(this.taken + 50 + size * 3)
        return false
      case 'leave':
        if (!process.isLeaving) process.leave(() => this.crash(process, size * 3))
        return false
      case 'outage':
        this.turns.trace.push('the broker answers nobody')
        this.outage.begin()
        this.outageUntil = this.taken + 10 + size * 2
        return false
      case 'leap':
        this.turns.trace.push(`${size * 6} s pass at once`)
        this.clock.advance(size * 6_000)
        return false
      case 'skew':
        process.skew((size - 50) * 40)
        return false
    }
  }

  private crash(process: SimulatedProcess, turnsUntilBack: number): void {
    process.crash(this.taken + turnsUntilBack)
  }

  /** What a process, or a person with a command line, sees of the broker. */
  private view(bus: Bus, owner: string, network: Bus = this.network): Bus {
    const { turns, choices, outage, clock } = this
    const { rates } = this.schedule.weather
    return faultyBus(bus, { owner, turns, choices, rates, outage, clock, network })
  }
}
