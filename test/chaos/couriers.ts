import type { AgentDefinition } from '../../src/actors/definition.ts'
import type { Client } from '../../src/actors/client.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import { courierAgent, errandAgent, ledgerAgent } from '../simulation/courier-agents.ts'
import { insist } from '../simulation/insist.ts'
import type { Finding } from './finding.ts'
import { duplicated, lost, violation } from './finding.ts'
import { callsOf } from './journal-check.ts'
import type { Load } from './load.ts'

/** Where the executions of courier tools are noted. */
export const courierBranch = 'couriers'
export const courierAgents: readonly AgentDefinition[] = [courierAgent, errandAgent, ledgerAgent]

const rounds = 3
const runsPerCourier = 20
const patienceMs = 120_000

/**
 * Couriers that work beside the desk: each round an idempotent and a `once` call, a message to a
 * ledger that all of them share and its answer, a child agent, two timers and a memory operation.
 */
export class Couriers {
  readonly ids: string[]
  private readonly runs: number

  constructor(runs: number) {
    this.runs = runs
    const count = Math.ceil(runs / runsPerCourier)
    this.ids = Array.from({ length: count }, (_, index) => `c${index + 1}`)
  }

  /** Sends them off one by one while the runs begin; resolves when all are home, or overdue. */
  async run(client: Client, load: Load): Promise<void> {
    await insist(() => client.start(ledgerAgent, { id: 'main' }))
    await Promise.all(
      this.ids.map(async (id, index) => {
        const due = Math.min(this.runs, index * runsPerCourier + 1)
        await load.until(() => load.played.length >= due)
        const ref = await insist(() => client.start(courierAgent, { id, input: { id, rounds } }))
        // One that is not home is a finding of the verdict.
        await ref.output({ timeoutMs: patienceMs }).catch(() => undefined)
      }),
    )
  }

  /** What they must have come to, by their journals and by what was executed. */
  check(
    journals: ReadonlyMap<string, readonly JournalRecord[]>,
    executions: readonly { key: string }[],
  ): Finding[] {
    const executed = new Map<string, number>()
    for (const { key } of executions) executed.set(key, (executed.get(key) ?? 0) + 1)
    const asked = new Set<string>()
    const found = this.ids.flatMap((id) => {
      const where = `courier/${id}`
      const records = journals.get(where) ?? []
      const calls = callsOf(records).filter(({ spawn }) => spawn.child === 'tool')
      for (const { identity } of calls) asked.add(identity)
      return [
        ...home(where, records, countOf(journals, id)),
        ...calls.flatMap((call) => executedRightly(where, call, executed.get(call.identity) ?? 0)),
      ]
    })
    for (const key of executed.keys()) {
      if (!asked.has(key)) found.push(violation(key, 'I1: executed, but no record asked for it'))
    }
    return found
  }
}

function countOf(journals: ReadonlyMap<string, readonly JournalRecord[]>, id: string): number {
  const context = journals.get('ledger/main')?.at(-1)?.state.snapshot.context
  return (context as { counts: Record<string, number> } | undefined)?.counts[id] ?? 0
}

function home(where: string, records: readonly JournalRecord[], counted: number): Finding[] {
  const last = records.at(-1)
  if (last?.state.snapshot.status !== 'done') return [lost(where, 'it never came home')]
  const { round, added } = last.state.snapshot.context as { round: number; added: number }
  if (round === rounds && added === rounds && counted === rounds) return []
  const what = `it made ${round} rounds and heard of ${added}, the ledger counted ${counted}`
  return [violation(where, `${what}, of ${rounds}`)]
}

function executedRightly(
  where: string,
  { identity, spawn, completion }: ReturnType<typeof callsOf>[number],
  count: number,
): Finding[] {
  if (spawn.target === 'fire' && count > 1) {
    return [duplicated(where, `once: ${identity} was executed ${count} times`)]
  }
  if (completion?.kind === 'done' && count === 0) {
    return [violation(where, `${identity} has a result, but was never executed`)]
  }
  return []
}
