import type { FamilyKind } from '../agents/family.ts'
import type { ProcessMeasure } from '../agents/process.ts'
import type { AccountWriters } from '../measure/account-writers.ts'
import { measureAccountWriters } from '../measure/account-writers.ts'
import { openBenchCell } from '../measure/bench-cell.ts'
import type { FamilyRun } from '../measure/families.ts'
import { openFamilyCell } from '../measure/families.ts'
import { median } from '../measure/latency.ts'
import type { ModelProcess } from '../measure/model-process.ts'
import type { Block } from '../report/block.ts'
import { show, showBytes } from '../report/block.ts'
import type { ScenarioContext } from '../scenario.ts'

/** Memory after so many agents had asked, of the host of the agents and of those that ask. */
interface MemoryPoint {
  askers: number
  processes: ProcessMeasure[]
}

interface BudgetFigures {
  runs: FamilyRun[]
  memory: { early: MemoryPoint; late: MemoryPoint }
  writers: AccountWriters[]
}

const crewed: readonly FamilyKind[] = ['none', 'ample', 'calls', 'money']
const writersAtOnce = 1_000

/** Budgets that many agents share, on a broker and over two processes that ask a model. */
export async function measureBudgets(
  context: ScenarioContext,
  model: ModelProcess,
): Promise<{ json: BudgetFigures; blocks: Block[] }> {
  const { runs, memory } = await runFamilies(context, model)
  const writers = await writeTogether(context)
  const json = { runs, memory, writers }
  return { json, blocks: [familyTable(runs), note(json), writersTable(writers)] }
}

async function runFamilies(
  { options, progress }: ScenarioContext,
  model: ModelProcess,
): Promise<Omit<BudgetFigures, 'writers'>> {
  const [askers, rounds] = options.quick ? [200, 2] : [1_000, 5]
  const cell = await openFamilyCell(model, askers)
  const runs: FamilyRun[] = []
  const run = async (kind: FamilyKind): Promise<void> => {
    const one = await cell.run(kind)
    progress(`decisions: ${askers} agents, budget ${kind}: ${show(one.askersPerSecond)}/s`)
    runs.push(one)
  }
  const look = async (): Promise<MemoryPoint> => ({
    askers: runs.length * askers,
    processes: await cell.measure(),
  })
  try {
    for (const kind of crewed) await run(kind)
    const early = await look()
    for (let round = 1; round < rounds; round++) {
      for (const kind of crewed) await run(kind)
    }
    const late = await look()
    await run('both')
    return { runs, memory: { early, late } }
  } finally {
    await cell.close()
  }
}

/** Reservations that many processes write at the same time. */
async function writeTogether({ options, progress }: ScenarioContext): Promise<AccountWriters[]> {
  const cell = await openBenchCell('process')
  const results: AccountWriters[] = []
  try {
    for (const writers of options.quick ? [2, 16] : [1, 2, 16, 64]) {
      const windowMs = options.seconds * 500
      const load = { writers, atOnce: writersAtOnce, windowMs }
      const result = await measureAccountWriters(cell, load)
      progress(`decisions: ${writers} writers: ${show(result.questionsPerSecond)} questions/s`)
      results.push(result)
    }
    return results
  } finally {
    await cell.close()
  }
}

const bounds: Readonly<Record<FamilyKind, string>> = {
  none: 'none',
  ample: 'ample',
  calls: 'calls',
  money: 'money',
  both: 'both, one parent',
}

function familyTable(runs: readonly FamilyRun[]): Block {
  const rows = [...crewed, 'both' as const].map((kind) => {
    const all = runs.filter((run) => run.kind === kind)
    const { decided, exhausted, balance, caps, billed, writes } = all.at(-1)!
    return [
      bounds[kind],
      show(median(all.map(({ askersPerSecond }) => askersPerSecond))),
      whole(decided),
      whole(exhausted),
      whole(balance?.calls),
      whole(caps?.calls),
      whole(billed.nanoUsd),
      whole(balance?.nanoUsd),
      whole(caps?.nanoUsd),
      whole(writes),
    ]
  })
  return {
    kind: 'table',
    title:
      `${whole(runs[0]!.askers)} agents that ask at once on one budget, two processes that ask the ` +
      'model; money in billionths of a dollar',
    head: [
      'budget',
      'agents/s',
      'decided',
      'exhausted',
      'calls',
      'cap',
      'billed',
      'balance',
      'cap',
      'writes',
    ],
    rows,
  }
}

/** Every digit of it: what is shown is exact. */
function whole(count: number | undefined): string {
  return count === undefined ? '–' : count.toLocaleString('en')
}

function note({ runs, memory: { early, late } }: BudgetFigures): Block {
  const lost = runs.filter(({ balance, billed }) => balance && balance.nanoUsd !== billed.nanoUsd)
  const agreed =
    lost.length === 0
      ? 'Every balance is what the model has billed, to the billionth.'
      : `${lost.length} balances are above what the model has billed.`
  const decided = runs.reduce((sum, run) => sum + run.decided, 0)
  const [host, ...asking] = early.processes.map((before, index) => {
    const after = late.processes[index]!
    return `${showBytes(before.heapBytes)} → ${showBytes(after.heapBytes)}`
  })
  return {
    kind: 'note',
    text:
      `${agreed} ${whole(decided)} decisions of ${whole(runs.length * runs[0]!.askers)} agents. ` +
      `Heap after ${whole(early.askers)} and ${whole(late.askers)} agents: host ${host}, ` +
      `processes that ask ${asking.join(' and ')}.`,
  }
}

function writersTable(writers: readonly AccountWriters[]): Block {
  return {
    kind: 'table',
    title: `One account, ${whole(writersAtOnce)} questions at once that reserve and settle, by processes`,
    head: ['processes', 'questions/s', 'p50 ms', 'p99 ms', 'given up'],
    rows: writers.map((one) => [
      whole(one.writers),
      show(one.questionsPerSecond),
      show(one.p50Ms),
      show(one.p99Ms),
      whole(one.givenUp),
    ]),
  }
}
