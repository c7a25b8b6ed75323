import type { Clock } from '../../src/contracts/clock.ts'
import { pause } from '../../src/contracts/clock.ts'
import { actorLimits } from '../../src/actors/limits.ts'
import type { Brokers, Node } from './broker.ts'
import type { Cell, Worker } from './cell.ts'
import type { Load } from './load.ts'
import { isDeath } from './recovery.ts'
import type { Strike } from './recovery.ts'
import type { Fault } from './schedule.ts'

export interface StrikerOptions {
  brokers: Brokers
  cell: Cell
  clock: Clock
  load: Load
  onStrike: (strike: Strike) => void
}

const lookEveryMs = 10
/** After a quiet fault: time for the takeover that is measured, with room. */
const quietMs = 1_500

/** Carries a schedule out: gates the load so that every fault falls into it, and strikes. */
export class Striker {
  readonly strikes: Strike[] = []
  private readonly stopped = new Set<number>()
  private readonly options: StrikerOptions
  private readonly ending: Promise<void>[] = []

  constructor(options: StrikerOptions) {
    this.options = options
    // A stopped process cannot notice that the campaign was interrupted.
    process.once('exit', () => {
      for (const pid of this.stopped) process.kill(pid, 'SIGCONT')
    })
  }

  /** Resolves when every fault was carried out and everything is up again. */
  async run(faults: readonly Fault[], runs: number): Promise<void> {
    const { load, clock } = this.options
    for (const [index, fault] of faults.entries()) {
      if (fault.quiet) await Promise.all(this.ending)
      load.allow(fault.afterRuns)
      await load.until(() => load.played.length >= fault.afterRuns)
      load.rush()
      await pause(clock, fault.delayMs)
      await this.strike(fault)
      // A quarter of what may begin before the next fault meets this one, the rest begins when the
      // next is due: so every fault falls into fresh load, and the load outlasts the schedule.
      const next = faults[index + 1]?.afterRuns ?? runs
      load.allow(Math.floor((3 * fault.afterRuns + next) / 4))
      await this.settle(fault)
    }
    load.allow(runs)
    await Promise.all(this.ending)
  }

  private async strike(fault: Fault): Promise<void> {
    if (fault.kind === 'broker') await this.strikeBroker(fault)
    else await this.strikeWorkers(fault, fault.kind)
  }

  private async strikeWorkers(fault: Fault, kind: Worker['kind']): Promise<void> {
    const { cell, clock } = this.options
    // A host's work can go on elsewhere only when there is an elsewhere.
    await cell.until(() => cell.up(kind).length >= 2)
    const up = cell.up(kind)
    const victims = fault.all ? up : [up[Math.floor(fault.pick * up.length)]!]
    const hosts = new Set(victims.map(({ host }) => host))
    const held = [...cell.leases].filter(([, host]) => hosts.has(host)).map(([key]) => key)
    const strike = this.note(
      fault,
      victims.map(({ name }) => name),
      new Set(held),
    )
    for (const victim of victims) {
      if (fault.action === 'pause') this.stopped.add(victim.pid)
      cell.signal(victim, fault.action === 'kill' ? 'SIGKILL' : 'SIGSTOP')
    }
    this.ending.push(this.end(strike, victims, clock))
  }

  private async end(strike: Strike, victims: Worker[], clock: Clock): Promise<void> {
    const { cell } = this.options
    const { pauseMs } = strike.fault
    if (pauseMs > 0) {
      await pause(clock, pauseMs)
      for (const victim of victims) {
        cell.signal(victim, 'SIGCONT')
        this.stopped.delete(victim.pid)
      }
    } else {
      // The supervisor replaces the entry when the process serves again.
      await cell.until(() => victims.every(({ name }) => cell.workers.get(name)?.state === 'up'))
    }
    strike.overMs = clock.now()
  }

  private async strikeBroker(fault: Fault): Promise<void> {
    const { brokers, clock } = this.options
    await brokers.healthy()
    const node = await this.node(fault)
    const pid = node.pid()
    if (pid === undefined) return this.strikeBroker(fault)
    const strike = this.note(fault, [node.name], new Set())
    if (fault.action === 'pause') {
      this.stopped.add(pid)
      process.kill(pid, 'SIGSTOP')
      await pause(clock, fault.pauseMs)
      process.kill(pid, 'SIGCONT')
      this.stopped.delete(pid)
    } else {
      process.kill(pid, 'SIGKILL')
      while (node.pid() === pid) await pause(clock, lookEveryMs)
    }
    const back = async (): Promise<void> => {
      await brokers.healthy()
      strike.overMs = clock.now()
    }
    this.ending.push(back())
  }

  private async node(fault: Fault): Promise<Node> {
    const { brokers } = this.options
    const leader = fault.leaderOf === undefined ? undefined : await brokers.leader(fault.leaderOf)
    return leader ?? brokers.nodes[Math.floor(fault.pick * brokers.nodes.length)]!
  }

  private note(fault: Fault, victims: string[], leases: ReadonlySet<string>): Strike {
    const { clock, load, onStrike } = this.options
    const atMs = clock.now()
    const strike = { fault, atMs, overMs: Infinity, victims, leases, running: load.running }
    this.strikes.push(strike)
    onStrike(strike)
    return strike
  }

  private async settle(fault: Fault): Promise<void> {
    if (!fault.quiet) return
    const takeover = fault.kind === 'host' && isDeath(fault) ? actorLimits.hostLostAfterMs : 0
    await Promise.all([this.ending.at(-1), pause(this.options.clock, takeover + quietMs)])
  }
}
