import type { LatencyBucket } from '../measure/latency.ts'
import type { LoopPoint } from '../measure/loop-point.ts'
import type { Block } from './block.ts'
import { show, showBytes, showPercent } from './block.ts'

/** Tables and charts of the loop. */
export function loopBlocks(points: readonly LoopPoint[]): Block[] {
  return [speedTable(points), costTable(points), ...throughputCharts(points), latencyTable(points)]
}

function speedTable(points: readonly LoopPoint[]): Block {
  return {
    kind: 'table',
    title: 'Runs per second; "of the broker": runs against bare publishes at the same concurrency',
    head: ['shape', 'class', 'at once', 'runs/s', 'p50 ms', 'p99 ms', 'bare/s', 'of the broker'],
    rows: points.map((point) => [
      point.shape,
      point.durability,
      String(point.concurrency),
      show(point.runsPerSecond),
      show(point.p50Ms),
      show(point.p99Ms),
      show(point.publishesPerSecond),
      showPercent(point.runsPerSecond / point.publishesPerSecond),
    ]),
  }
}

function costTable(points: readonly LoopPoint[]): Block {
  return {
    kind: 'table',
    title: 'What one run costs: CPU ms; messages and bytes stored; all messages over the broker',
    head: ['shape', 'class', 'at once', 'hosts', 'broker', 'client', 'stored', 'bytes', 'all'],
    rows: points.map(({ shape, durability, concurrency, ...point }) => [
      shape,
      durability,
      String(concurrency),
      show(point.cpuMsPerRun.hosts),
      show(point.cpuMsPerRun.broker),
      show(point.cpuMsPerRun.client),
      show(point.messagesPerRun),
      showBytes(point.bytesPerRun),
      show(Object.values(point.trafficPerRun).reduce((sum, { messages }) => sum + messages, 0)),
    ]),
  }
}

function throughputCharts(points: readonly LoopPoint[]): Block[] {
  const groups = Map.groupBy(points, ({ shape, durability }) => `${shape}, ${durability}`)
  return [...groups].map(([group, members]) => ({
    kind: 'bars' as const,
    title: `Loop, ${group}`,
    unit: 'runs/s',
    bars: members.map(({ concurrency, runsPerSecond }) => ({
      label: `c=${concurrency}`,
      value: runsPerSecond,
    })),
  }))
}

/** Share of the runs per bucket of end-to-end time. */
function latencyTable(points: readonly LoopPoint[]): Block {
  const bounds = [...new Set(points.flatMap(({ histogram }) => histogram.map(({ toMs }) => toMs)))]
  const columns = bounds.toSorted((a, b) => a - b)
  const cell = (histogram: readonly LatencyBucket[], toMs: number): string => {
    const total = histogram.reduce((sum, { count }) => sum + count, 0)
    const count = histogram.find((bucket) => bucket.toMs === toMs)?.count ?? 0
    return count === 0 ? '–' : showPercent(count / total)
  }
  return {
    kind: 'table',
    title: 'End-to-end time of a run: share per bucket, by its upper bound',
    head: ['shape', 'class', 'at once', ...columns.map((toMs) => `${show(toMs)} ms`)],
    rows: points.map(({ shape, durability, concurrency, histogram }) => [
      shape,
      durability,
      String(concurrency),
      ...columns.map((toMs) => cell(histogram, toMs)),
    ]),
  }
}
