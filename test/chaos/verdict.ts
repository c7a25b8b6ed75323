import { deskAgent } from '../../examples/airline-desk/desk.ts'
import { deskMachine } from '../../examples/airline-desk/desk-machine.ts'
import type { AirlineData } from '../../examples/airline-desk/domain/database.ts'
import { leaseKey } from '../../src/actors/registry.ts'
import { partitionOf } from '../../src/bus/partition.ts'
import type { Runtime } from '../../src/cli/runtime.ts'
import { formatAddress } from '../../src/contracts/address.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import { refold } from '../simulation/journals.ts'
import { courierAgents, courierBranch } from './couriers.ts'
import type { Couriers } from './couriers.ts'
import type { Evidence, Outcome } from './desk-check.ts'
import { checkRun, outcomeOf, waitingState } from './desk-check.ts'
import type { Executions } from './evidence.ts'
import { collectEvidence, readExecutions } from './evidence.ts'
import type { Finding } from './finding.ts'
import { violation } from './finding.ts'
import type { JournalDigest } from './journal-check.ts'
import { callsOf, checkJournal, checkMail, digestOf } from './journal-check.ts'
import type { Explained } from './letters.ts'
import { explainLetters, unexplained } from './letters.ts'
import type { Played } from './load.ts'
import { longestStall } from './recovery.ts'
import type { Strike, TimedRun } from './recovery.ts'

/** When this process heard of the steps of a run: by id, by step. */
export type Heard = Map<string, Map<number, number>>

export interface JudgeOptions {
  runtime: Runtime
  base: AirlineData
  reference: readonly Played[]
  played: readonly Played[]
  couriers: Couriers
  executionsFile: string
  heard: Heard
  strikes: readonly Strike[]
}

export interface Verdict {
  findings: Finding[]
  /** Runs that have not ended and wait for their customer, by state. */
  waiting: Record<string, number>
  letters: Explained[]
  executions: { calls: number; repeated: number; writes: number }
  /** Journal records that were read and folded again, and couriers that went out. */
  records: number
  couriers: number
  timed: TimedRun[]
  played: readonly Played[]
}

const readersAtOnce = 8

/** Reads everything back and judges it: the journals, the airline's store, the executions. */
export async function judge(options: JudgeOptions): Promise<Verdict> {
  const { reference, played, strikes } = options
  const executions = await readExecutions(options.executionsFile)
  const bench = new Bench(options, executions)
  await inParallel(reference, (run) => bench.hearReference(run))
  await inParallel(played, (run) => bench.hear(run))
  await bench.hearOthers()
  const letters = await bench.letters()
  const findings = [
    ...bench.findings,
    ...checkMail(bench.digests),
    ...unexplained(letters),
    ...stalled(bench.timed),
    ...strikes
      .filter(({ running }) => running === 0)
      .map(({ fault }) => violation('campaign', `a ${fault.action} of ${fault.kind} had no load`)),
  ]
  const { waiting, timed, calls, writes, repeated, records, couriers } = bench
  const counts = { executions: { calls, repeated, writes }, records, couriers }
  return { findings, waiting, letters, ...counts, timed, played }
}

/** Hears one run after the other and keeps of each only what the rest of the verdict needs. */
class Bench {
  readonly findings: Finding[] = []
  readonly waiting: Record<string, number> = {}
  readonly timed: TimedRun[] = []
  readonly digests = new Map<string, JournalDigest>()
  records = 0
  couriers = 0
  calls = 0
  writes = 0
  repeated = 0
  private readonly outcomes = new Map<string, Outcome>()
  private readonly options: JudgeOptions
  private readonly executions: Executions

  constructor(options: JudgeOptions, executions: Executions) {
    this.options = options
    this.executions = executions
  }

  async hearReference(run: Played): Promise<void> {
    const evidence = await collectEvidence(this.options.runtime, run, this.executions)
    this.outcomes.set(run.recording, outcomeOf(evidence))
    this.take(evidence, undefined)
  }

  async hear(run: Played): Promise<void> {
    const evidence = await collectEvidence(this.options.runtime, run, this.executions)
    this.take(evidence, this.outcomes.get(run.recording))
    this.count(evidence)
    this.timed.push(this.timesOf(run, evidence.records))
    const state = waitingState(evidence.records)
    if (state) this.waiting[state] = (this.waiting[state] ?? 0) + 1
  }

  /** The couriers and whom they work with; any other agent was started by nobody. */
  async hearOthers(): Promise<void> {
    const { runtime, couriers } = this.options
    const journals = new Map<string, JournalRecord[]>()
    for await (const address of runtime.bus.journal.addresses()) {
      const name = formatAddress(address)
      if (this.digests.has(name)) continue
      if (!courierAgents.some(({ id }) => id === address.type)) {
        this.findings.push(violation(name, 'nobody started this agent'))
        continue
      }
      const records: JournalRecord[] = []
      for await (const record of runtime.client.history(address)) records.push(record)
      journals.set(name, records)
      this.judgeJournal(records)
    }
    this.findings.push(...couriers.check(journals, this.executions.get(courierBranch) ?? []))
    this.couriers = couriers.ids.length
  }

  async letters(): Promise<Explained[]> {
    const { runtime, reference, played } = this.options
    const letters = []
    for await (const letter of runtime.bus.deadLetters.list()) letters.push(letter)
    return explainLetters(letters, deskMachine.id, [...reference, ...played])
  }

  private take(evidence: Evidence, reference: Outcome | undefined): void {
    this.judgeJournal(evidence.records)
    this.findings.push(...checkRun(evidence, this.options.base, reference))
  }

  private judgeJournal(records: readonly JournalRecord[]): void {
    const [first] = records
    if (!first) return
    const name = formatAddress(first.address)
    this.digests.set(name, digestOf(records))
    this.records += records.length
    const broken = refold(new Map([[name, records]]), [deskAgent, ...courierAgents])
    this.findings.push(...checkJournal(records), ...broken.map((what) => violation(name, what)))
  }

  private count({ executions, branch }: Evidence): void {
    const keys = new Set(executions.map(({ key }) => key))
    this.calls += keys.size
    this.repeated += executions.length - keys.size
    this.writes += Object.keys(branch?.answers ?? {}).length
  }

  private timesOf(run: Played, records: readonly JournalRecord[]): TimedRun {
    const { runtime, heard } = this.options
    const { id } = run
    const takenMs = new Map(
      records.map(({ event, atMs }) => [
        event.kind === 'event' ? JSON.stringify(event.event) : '',
        atMs,
      ]),
    )
    const kinds = new Map(callsOf(records).map(({ spawn }) => [spawn.incarnation, spawn.child]))
    return {
      id,
      lease: leaseKey(deskMachine.id, partitionOf(id, runtime.bus.partitions)),
      mail: run.sent.flatMap(({ outcome, settledMs, event }) => {
        if (outcome !== 'accepted') return []
        return [{ acceptedMs: settledMs, takenMs: takenMs.get(JSON.stringify(event)) ?? Infinity }]
      }),
      steps: records.map(({ atMs, step, state }) => {
        const waits = Object.values(state.children).filter(({ settled }) => !settled)
        const active = state.snapshot.status === 'active'
        const waitsFor = active ? waits.map(({ incarnation }) => kinds.get(incarnation) ?? '') : []
        return { atMs, heardMs: heard.get(id)?.get(step), waitsFor: new Set<string>(waitsFor) }
      }),
    }
  }
}

/** Whatever happens around it, an agent with work pending goes on after this time. */
const stallMaxMs = 20_000

function stalled(timed: readonly TimedRun[]): Finding[] {
  return timed.flatMap((run) => {
    const ms = longestStall(run)
    if (ms <= stallMaxMs) return []
    return [violation(run.id, `it had work pending and stood still for ${ms} ms`)]
  })
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await work(next)
  }
  await Promise.all(Array.from({ length: readersAtOnce }, worker))
}
