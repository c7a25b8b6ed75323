import { cpus } from 'node:os'
import type { Shape } from '../options.ts'
import type { BarePublish } from './bare-publish.ts'
import type { BenchCell, Durability } from './bench-cell.ts'
import type { CellUsage } from './cell-usage.ts'
import { addUsage, cpuMsOfOthers, readCellUsage, usedBetween } from './cell-usage.ts'
import { runClosedLoop, runEach } from './closed-loop.ts'
import type { LatencyBucket } from './latency.ts'
import { latencyHistogram, median, percentile } from './latency.ts'
import type { Traffic } from './traffic.ts'
import { storedOf, watchTraffic } from './traffic.ts'
import { checkRun, loopAgent } from '../agents/loop.ts'

/** CPU time of one run, milliseconds; undefined where the system does not tell. */
export interface CpuPerRun {
  hosts: number | undefined
  broker: number | undefined
  client: number | undefined
}

/** The loop at one concurrency. */
export interface LoopPoint {
  shape: Shape
  durability: Durability
  concurrency: number
  runsPerSecond: number
  p50Ms: number
  p99Ms: number
  cpuMsPerRun: CpuPerRun
  /** Stored in the broker's streams: subject, headers, body and what the store adds. */
  bytesPerRun: number
  /** Stored in the broker's streams. */
  messagesPerRun: number
  /** Written to disk by the broker; blocks are rewritten as they fill. */
  diskBytesPerRun: number | undefined
  /** All that goes over the broker, per run. */
  trafficPerRun: Traffic
  histogram: LatencyBucket[]
  /** Share of the machine's CPU that others took meanwhile, 0 to 1; much of it spoils the figures. */
  othersCpuShare: number | undefined
  /** The bare broker beside it: the median of the blocks around the loop. */
  publishesPerSecond: number
}

export interface PointOptions {
  shape: Shape
  concurrency: number
  seconds: number
  /** Windows of the loop, with blocks of the bare broker around each: A B A B A. */
  turns: number
}

const trafficRunsMin = 40
/** Of one block of the bare broker, against the time of the loop. */
const bareShare = 0.35

let runs = 0

/** One run of the loop through the public client, from the start to its checked output. */
export async function runLoopOnce(cell: BenchCell): Promise<void> {
  const order = `order-${process.pid}-${++runs}`
  checkRun(order, await cell.runtime.client.execute(loopAgent, { input: { order } }))
}

/** Measures the loop and the bare broker in turns. */
export async function measureLoopPoint(
  cell: BenchCell,
  bare: BarePublish,
  { shape, concurrency, seconds, turns }: PointOptions,
): Promise<LoopPoint> {
  const windowMs = (seconds * 1000) / turns
  const publishes: number[] = []
  const latenciesMs: number[] = []
  let elapsedMs = 0
  let used: CellUsage | undefined
  for (let turn = 0; turn < turns; turn++) {
    publishes.push(await bare.measure(concurrency, windowMs * bareShare))
    let opened: CellUsage
    const window = await runClosedLoop({
      concurrency,
      warmUpMs: Math.min(1000, 200 + windowMs * 0.2),
      windowMs,
      work: () => runLoopOnce(cell),
      onOpen: () => (opened = readCellUsage(cell)),
      onClose: () => {
        const inWindow = usedBetween(opened, readCellUsage(cell))
        used = used ? addUsage(used, inWindow) : inWindow
      },
    })
    latenciesMs.push(...window.latenciesMs)
    elapsedMs += window.elapsedMs
  }
  publishes.push(await bare.measure(concurrency, windowMs * bareShare))
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  const per = (total: number | undefined): number | undefined =>
    total === undefined ? undefined : total / sorted.length
  const othersMs = used && cpuMsOfOthers(used)
  const trafficPerRun = await countTraffic(cell, concurrency)
  const stored = storedOf(trafficPerRun)
  return {
    shape,
    durability: cell.durability,
    concurrency,
    runsPerSecond: (sorted.length / elapsedMs) * 1000,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    cpuMsPerRun: {
      hosts: per(used?.hostsCpuMs),
      broker: per(used?.brokerCpuMs),
      client: per(used?.clientCpuMs),
    },
    bytesPerRun: stored.bytes,
    messagesPerRun: stored.messages,
    diskBytesPerRun: per(used?.brokerDiskBytes),
    trafficPerRun,
    histogram: latencyHistogram(sorted),
    othersCpuShare: othersMs === undefined ? undefined : othersMs / (elapsedMs * cpus().length),
    publishesPerSecond: median(publishes),
  }
}

/** Runs some more under a listener that hears everything; nothing is timed meanwhile. */
async function countTraffic(cell: BenchCell, concurrency: number): Promise<Traffic> {
  const count = Math.max(trafficRunsMin, concurrency)
  const watch = await watchTraffic(cell.broker.url)
  await runEach(count, concurrency, () => runLoopOnce(cell))
  const traffic = await watch.stop()
  return Object.fromEntries(
    Object.entries(traffic).map(([kind, { messages, bytes }]) => [
      kind,
      { messages: messages / count, bytes: bytes / count },
    ]),
  )
}
