import { fileURLToPath } from 'node:url'
import type { Bus } from '../../src/bus/bus.ts'
import type { Client } from '../../src/actors/client.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { defineService } from '../../src/actors/service.ts'
import { effectIdentity } from '../../src/contracts/effect.ts'
import { fromBytes } from '../../src/contracts/json.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import { playCustomer } from '../../examples/airline-desk/customer.ts'
import { createDecision, replayed } from '../../examples/airline-desk/decisions.ts'
import type { deskMachine } from '../../examples/airline-desk/desk-machine.ts'
import { deskAgent } from '../../examples/airline-desk/desk.ts'
import type { AirlineData, Changes } from '../../examples/airline-desk/domain/database.ts'
import { mergeChanges, noChanges, overlay } from '../../examples/airline-desk/domain/database.ts'
import type { Run } from '../../examples/airline-desk/domain/load.ts'
import { loadAirlineData, loadRuns } from '../../examples/airline-desk/domain/load.ts'
import { operations } from '../../examples/airline-desk/domain/operations/index.ts'
import type { Recording } from '../../examples/airline-desk/recording.ts'
import { readRecording } from '../../examples/airline-desk/recording.ts'
import { reportOn } from '../../examples/airline-desk/report.ts'
import { createTools } from '../../examples/airline-desk/tools.ts'
import { insist } from './insist.ts'
import { readJournals } from './journals.ts'
import type { Scenario } from './simulation.ts'

const weekMs = 7 * 24 * 3_600_000

/** What the scripted conversations need; read once, before time is virtual. */
export interface DeskData {
  base: AirlineData
  runs: readonly Run[]
}

export async function loadDesk(): Promise<DeskData> {
  const folder = fileURLToPath(new URL('../../examples/airline-desk/data', import.meta.url))
  const runs = await loadRuns(`${folder}/conversations.json`)
  return { base: await loadAirlineData(folder), runs }
}

/** One conversation of the airline desk, with two processes of every kind. */
export class Desk implements Scenario {
  readonly agents: readonly AgentDefinition[] = [deskAgent]
  readonly processes
  private readonly data: DeskData
  private readonly run: Run
  private readonly recording: Recording
  private readonly executed = new Set<string>()

  constructor(data: DeskData, index: number) {
    this.data = data
    this.run = data.runs[index % data.runs.length]!
    this.recording = readRecording(this.run)
    const recordings = data.runs.map(readRecording)
    const host = (name: string) => ({
      name,
      service: () => defineService(name, () => ({ agents: [deskAgent] })),
    })
    const decider = (name: string) => ({
      name,
      service: () =>
        defineService(name, () => ({ decisions: [createDecision([replayed(recordings)])] })),
    })
    const tools = (name: string) => ({
      name,
      service: (at: (label: string) => Promise<void>) =>
        defineService(name, ({ keyValue }) => ({
          tools: createTools(data.base, keyValue, async (_branch, tool, key) => {
            this.executed.add(key)
            await at(`executes ${tool} ${key}`)
          }),
        })),
    })
    this.processes = ['a', 'b'].flatMap((letter) => [
      host(`desk-${letter}`),
      tools(`tools-${letter}`),
      decider(`decisions-${letter}`),
    ])
  }

  async drive(client: Client): Promise<void> {
    const { recording } = this
    const input = { branch: 'b', recording: recording.name }
    const desk = await insist(() => client.start<typeof deskMachine>(deskAgent, { id: 'd', input }))
    const options = { timeoutMs: weekMs, signal: new AbortController().signal }
    await insist(() => playCustomer(desk, recording, options))
  }

  /** It ended as it does without faults, and the database is what its journal says. */
  async check({ bus }: { bus: Bus }): Promise<string[]> {
    const { journals } = await readJournals(bus)
    const records = journals.get('airline-desk/d') ?? []
    const last = records.at(-1)
    if (!last) return ['desk: no journal']
    const { snapshot } = last.state
    const view = { status: snapshot.status, output: snapshot.output, context: snapshot.context }
    const report = reportOn('d', this.run, view as never, [])
    // A tool whose own store is away for too long fails, ten minutes that pass at once are longer
    // than the desk thinks, and then it hands over: no surprise.
    const isLate = records.some(({ event }) => event.kind === 'error' || event.kind === 'timer')
    const found = isLate ? [] : report.surprises.map((surprise) => `desk: ${surprise}`)
    if (report.outcome === 'stuck') found.push('desk: stuck')
    const entry = await bus.keyValue.get('airline', 'b')
    const stored = entry ? (fromBytes(entry.value) as Branch) : emptyBranch
    return [...found, ...this.compare(stored, writesOf(records))]
  }

  /** Every write that took effect did so once and in order; every one that is told did happen. */
  private compare(stored: Branch, writes: readonly Write[]): string[] {
    const found: string[] = []
    let changes = noChanges()
    for (const { key, operation, given, isDone } of writes) {
      if (key in stored.answers) {
        const view = overlay(this.data.base, changes)
        changes = mergeChanges(changes, operation.run(view, given).changes)
        if (!this.executed.has(key)) found.push(`desk: ${key} took effect, but nobody executed it`)
      } else if (isDone) {
        found.push(`desk: the journal says that ${key} is done, and it is not`)
      }
    }
    for (const key of Object.keys(stored.answers)) {
      if (!writes.some((write) => write.key === key)) found.push(`I1: ${key} has no record`)
    }
    if (JSON.stringify(stored.changes) !== JSON.stringify(changes)) {
      found.push('desk: the database is not what the journal says')
    }
    return found
  }
}

interface Branch {
  changes: Changes
  answers: Record<string, string>
}

const emptyBranch: Branch = { changes: noChanges(), answers: {} }

interface Write {
  key: string
  operation: (typeof operations)[number]
  given: unknown
  /** The desk was told that it is done. */
  isDone: boolean
}

/** The writes that a journal asks for, in order. */
function writesOf(records: readonly JournalRecord[]): Write[] {
  return records.flatMap(({ address, step, outbox }) =>
    outbox.flatMap((effect, index) => {
      if (effect.kind !== 'spawn' || effect.child !== 'tool') return []
      const operation = operations.find(({ name }) => name === effect.target)
      if (!operation || operation.kind === 'read') return []
      const { arguments: given } = effect.input as { arguments: unknown }
      const isDone = records.some(
        ({ event }) => event.kind === 'done' && event.incarnation === effect.incarnation,
      )
      return [{ key: effectIdentity(address, step, index), operation, given, isDone }]
    }),
  )
}
