import { checkRun, loopAgent } from '../agents/loop.ts'
import type { BenchCell, Durability } from '../measure/bench-cell.ts'
import { openBenchCell, rolesOf } from '../measure/bench-cell.ts'
import { runEach } from '../measure/closed-loop.ts'
import type { Shape } from '../options.ts'
import type { Measurement } from '../peers/measure.ts'
import { Meter } from '../peers/measure.ts'
import type { Peer } from '../peers/peer.ts'
import { assertFinished } from '../peers/peer.ts'
import { show } from '../report/block.ts'

/** Our loop at one concurrency, measured as the peers' are. */
export interface OurPoint extends Measurement {
  shape: Shape
  durability: Durability
  concurrency: number
}

const groups: readonly { shape: Shape; durability: Durability }[] = [
  { shape: 'inline', durability: 'process' },
  { shape: 'inline', durability: 'power' },
  { shape: 'actors', durability: 'process' },
  { shape: 'actors', durability: 'power' },
]
const readsAtOnce = 64

/** Measures both shapes in both classes. A group ends with its first point that has a fault. */
export async function measureOurs(
  { concurrency, seconds }: { concurrency: readonly number[]; seconds: number },
  progress: (line: string) => void,
): Promise<OurPoint[]> {
  const points: OurPoint[] = []
  for (const { shape, durability } of groups) {
    const cell = await openBenchCell(durability, rolesOf[shape])
    try {
      const meter = new Meter(asPeer(cell), isExpected)
      for (const atOnce of concurrency) {
        const plan = { concurrency: atOnce, windowMs: seconds * 1000 }
        const point = { shape, durability, concurrency: atOnce, ...(await meter.measure(plan)) }
        points.push(point)
        progress(
          `ashlar ${shape} ${durability} c=${atOnce}: ${show(point.runsPerSecond)} runs/s, ` +
            `${point.finished} of ${point.runs} runs finished`,
        )
        if (point.fault !== undefined) break
      }
    } finally {
      await cell.close()
    }
  }
  return points
}

/** The cell as what the peers' measurement drives, so that all are measured in one way. */
function asPeer(cell: BenchCell): Peer {
  const { client } = cell.runtime
  const done = new Set<string>()
  return {
    syncedPerStep: cell.durability === 'power',
    run: (n) => client.execute(loopAgent, { input: { order: orderOf(n) } }),
    async verify(count) {
      const ids: string[] = []
      for await (const { id } of cell.runtime.bus.journal.addresses(loopAgent.id)) {
        if (!done.has(id)) ids.push(id)
      }
      await runEach(ids.length, readsAtOnce, async (index) => {
        const id = ids[index]!
        const view = await client.view({ type: loopAgent.id, id })
        if (view?.status === 'done') done.add(id)
      })
      assertFinished(done.size, count)
    },
    close: () => cell.close(),
  }
}

function isExpected(n: number, output: unknown): boolean {
  checkRun(orderOf(n), output)
  return true
}

function orderOf(n: number): string {
  return `order-${n}`
}
