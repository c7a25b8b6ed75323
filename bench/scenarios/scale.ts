import type { Address } from 'ashlar'
import type { BenchCell } from '../measure/bench-cell.ts'
import { openBenchCell } from '../measure/bench-cell.ts'
import { runEach, sleep } from '../measure/closed-loop.ts'
import type { HistoryCost } from '../measure/history-cost.ts'
import { measureHistoryCost } from '../measure/history-cost.ts'
import { runLoopOnce } from '../measure/loop-point.ts'
import { rssBytesOf } from '../measure/process-usage.ts'
import { parkActors, parkedAddress } from '../measure/stored-actors.ts'
import type { StoredWork } from '../measure/stored-work.ts'
import { measureStoredWork, medianWork } from '../measure/stored-work.ts'
import type { Block } from '../report/block.ts'
import { show, showBytes, showPercent } from '../report/block.ts'
import type { Scenario, ScenarioContext } from '../scenario.ts'

/** A cell with many stored agents against one with few, measured in turns: A B A B. */
interface ScalePoint {
  actors: number
  few: StoredWork
  many: StoredWork
  fillPerSecond: number
  /** Resident memory of the broker that stores them. */
  brokerRssBytes: number | undefined
}

const fewActors = 1_000
const turns = 3
/** The broker goes on writing for a while after it was filled. */
const settleMs = 3_000
const warmUpRuns = 200
const warmUpConcurrency = 16

/** What a step costs when many agents are stored, and when an agent has a long history. */
export const scaleScenario: Scenario = {
  name: 'scale',
  title: 'Cost of a step by what is stored',
  async run(context) {
    const few = await openFilled(context, fewActors)
    try {
      const many = await openFilled(context, 0)
      try {
        const sizes = context.options.quick ? [20_000] : [fewActors, 100_000, 1_000_000]
        const points: ScalePoint[] = []
        let stored = 0
        for (const actors of sizes) {
          points.push(await measureSize(context, { few, many, stored, actors }))
          stored = actors
        }
        const histories = await measureHistoryCost(few, context.options.quick ? 10 : 40)
        return { json: { points, histories }, blocks: [table(points), historyTable(histories)] }
      } finally {
        await many.close()
      }
    } finally {
      await few.close()
    }
  },
}

async function openFilled(context: ScenarioContext, actors: number): Promise<BenchCell> {
  const cell = await openBenchCell('process', ['inline', 'counters'])
  try {
    if (actors > 0) await parkActors(cell.runtime.bus, 0, actors)
    await runEach(warmUpRuns, warmUpConcurrency, () => runLoopOnce(cell))
  } catch (thrown) {
    await cell.close()
    throw thrown
  }
  context.progress(`scale: a cell with ${actors} stored agents`)
  return cell
}

async function measureSize(
  { options, progress }: ScenarioContext,
  setting: { few: BenchCell; many: BenchCell; stored: number; actors: number },
): Promise<ScalePoint> {
  const { few, many, stored, actors } = setting
  const begunMs = performance.now()
  await parkActors(many.runtime.bus, stored, actors)
  const fillPerSecond = ((actors - stored) / (performance.now() - begunMs)) * 1000
  await sleep(settleMs)
  const measured = { few: [] as StoredWork[], many: [] as StoredWork[] }
  const windowMs = (options.seconds * 1000) / turns
  const [fewTurn, manyTurn] = [walk(fewActors), walk(actors)]
  for (let turn = 0; turn < turns; turn++) {
    const measureFew = async (): Promise<void> =>
      void measured.few.push(await measureStoredWork(few, windowMs, fewTurn))
    const measureMany = async (): Promise<void> =>
      void measured.many.push(await measureStoredWork(many, windowMs, manyTurn))
    // A B, B A, A B: whoever is second finds a warmer machine.
    const [first, second] = turn % 2 ? [measureMany, measureFew] : [measureFew, measureMany]
    await first()
    await second()
  }
  const { pid } = many.broker
  const point = {
    actors,
    few: medianWork(measured.few),
    many: medianWork(measured.many),
    fillPerSecond,
    brokerRssBytes: pid === undefined ? undefined : rssBytesOf(pid),
  }
  progress(
    `scale ${actors}: loop p50 ${show(point.many.loopP50Ms)} ms (few: ${show(point.few.loopP50Ms)})`,
  )
  return point
}

/** Steps through the parked agents far apart, so that none comes twice soon. */
function walk(actors: number): () => Address {
  const stride = 7_919
  let at = 0
  return () => parkedAddress((at = (at + stride) % actors))
}

function table(points: readonly ScalePoint[]): Block {
  const row = (actors: number, work: StoredWork, base: StoredWork): string[] => [
    actors.toLocaleString('en'),
    show(work.loopRunsPerSecond),
    show(work.loopP50Ms),
    showPercent(work.loopP50Ms / base.loopP50Ms),
    show(work.busyRunsPerSecond),
    showPercent(work.busyRunsPerSecond / base.busyRunsPerSecond),
    show(work.wakeP50Ms),
    showPercent(work.wakeP50Ms / base.wakeP50Ms),
  ]
  return {
    kind: 'table',
    title: `Stored agents; each size beside ${fewActors} on another broker, in turns (percentages)`,
    head: [
      'stored',
      'c=1 runs/s',
      'p50 ms',
      'of few',
      'c=64 runs/s',
      'of few',
      'wake ms',
      'of few',
    ],
    rows: points.flatMap(({ actors, few, many }) => [
      row(fewActors, few, few),
      row(actors, many, few),
    ]),
  }
}

function historyTable(costs: readonly HistoryCost[]): Block {
  const base = costs[0]!
  return {
    kind: 'table',
    title: 'One event to an agent by the size of its kept history, in turns',
    head: ['history', 'transitions', 'first event ms', 'of short', 'next event ms', 'of short'],
    rows: costs.map((cost) => [
      showBytes(cost.historyBytes),
      String(cost.transitions),
      show(cost.firstP50Ms),
      showPercent(cost.firstP50Ms / base.firstP50Ms),
      show(cost.nextP50Ms),
      showPercent(cost.nextP50Ms / base.nextP50Ms),
    ]),
  }
}
