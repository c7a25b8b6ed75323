import { openBarePublish } from '../measure/bare-publish.ts'
import type { Durability } from '../measure/bench-cell.ts'
import { openBenchCell, rolesOf } from '../measure/bench-cell.ts'
import { runEach } from '../measure/closed-loop.ts'
import { median } from '../measure/latency.ts'
import type { LoopPoint } from '../measure/loop-point.ts'
import { measureLoopPoint, runLoopOnce } from '../measure/loop-point.ts'
import type { BenchOptions, Shape } from '../options.ts'
import { show, showPercent } from '../report/block.ts'
import { loopBlocks } from '../report/loop-blocks.ts'
import type { Scenario, ScenarioContext } from '../scenario.ts'

/** Runs before anything is measured: engines compile what is hot. */
const warmUpRuns = 300
const warmUpConcurrency = 16
/** A share of the CPU that others took, beyond which the figures say little. */
const disturbingShare = 0.1

/** The agent loop in both shapes and both classes of durability. */
export const loopScenario: Scenario = {
  name: 'loop',
  title: 'The agent loop: five durable steps',
  async run(context) {
    const rounds: LoopPoint[][] = []
    for (let round = 0; round < context.options.rounds; round++) {
      rounds.push(await measureRound(context, round))
    }
    const points = rounds[0]!.map((_, index) => mediansOf(rounds.map((points) => points[index]!)))
    return { json: points, blocks: loopBlocks(points) }
  },
}

async function measureRound(context: ScenarioContext, round: number): Promise<LoopPoint[]> {
  const { options, baselines, progress } = context
  const points: LoopPoint[] = []
  for (const { shape, durability, concurrencies } of groupsOf(options)) {
    const cell = await openBenchCell(durability, rolesOf[shape])
    const bare = await openBarePublish(cell.broker.url)
    try {
      await runEach(options.quick ? warmUpRuns / 3 : warmUpRuns, warmUpConcurrency, () =>
        runLoopOnce(cell),
      )
      for (const concurrency of concurrencies) {
        const point = await measureLoopPoint(cell, bare, {
          shape,
          concurrency,
          seconds: options.seconds,
          turns: options.quick ? 1 : 2,
        })
        points.push(point)
        baselines.push({ durability, concurrency, publishesPerSecond: point.publishesPerSecond })
        progress(
          `loop ${shape} ${durability} c=${concurrency}: ${show(point.runsPerSecond)} runs/s, ` +
            `p50 ${show(point.p50Ms)} ms, broker alone ${show(point.publishesPerSecond)}/s` +
            (point.othersCpuShare && point.othersCpuShare > disturbingShare
              ? `; OTHERS took ${showPercent(point.othersCpuShare)} of the CPU`
              : '') +
            (options.rounds > 1 ? ` (round ${round + 1})` : ''),
        )
      }
    } finally {
      await bare.close()
      await cell.close()
    }
  }
  return points
}

interface LoopGroup {
  shape: Shape
  durability: Durability
  concurrencies: readonly number[]
}

function groupsOf({ shapes, durability, concurrency, quick }: BenchOptions): LoopGroup[] {
  const groups: LoopGroup[] = []
  for (const shape of shapes) {
    for (const one of durability) {
      const isAsked = !quick || one === 'process' || shape === 'inline'
      if (!isAsked) continue
      const quickList = one === 'process' ? [1, 64, 256] : [1, 64]
      const concurrencies = concurrency ?? (quick ? quickList : [1, 16, 64, 256])
      groups.push({ shape, durability: one, concurrencies })
    }
  }
  return groups
}

/** Figures are medians over the rounds; what has many parts is that of the median round. */
function mediansOf(rounds: readonly LoopPoint[]): LoopPoint {
  const sorted = rounds.toSorted((a, b) => a.runsPerSecond - b.runsPerSecond)
  return {
    ...sorted[sorted.length >> 1]!,
    runsPerSecond: median(rounds.map((point) => point.runsPerSecond)),
    p50Ms: median(rounds.map((point) => point.p50Ms)),
    p99Ms: median(rounds.map((point) => point.p99Ms)),
    publishesPerSecond: median(rounds.map((point) => point.publishesPerSecond)),
  }
}
