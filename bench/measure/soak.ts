import { openBenchCell } from './bench-cell.ts'
import { runClosedLoop } from './closed-loop.ts'
import { runLoopOnce } from './loop-point.ts'
import { rssBytesOf } from './process-usage.ts'

/** Resident memory at one moment under load, bytes. */
export interface MemorySample {
  atMs: number
  hostRssBytes: number
  brokerRssBytes: number
  clientRssBytes: number
}

export interface Soak {
  minutes: number
  runsPerSecond: number
  samples: MemorySample[]
  /** Least squares over the samples after the warm-up, bytes per minute. */
  growthPerMinute: { hostBytes: number; brokerBytes: number; clientBytes: number }
}

const concurrency = 16
const sampleEveryMs = 5_000
/** Of the whole time: heaps and pools grow to their working size. */
const warmUpShare = 0.2

/** Runs the inline loop for minutes and watches the memory of every process. */
export async function soak(minutes: number, progress: (line: string) => void): Promise<Soak> {
  const cell = await openBenchCell('process', ['inline'])
  const samples: MemorySample[] = []
  const begunMs = performance.now()
  const sample = (): void => {
    const atMs = performance.now() - begunMs
    const [host] = cell.children
    const [hostRssBytes, brokerRssBytes] = [host?.pid, cell.broker.pid].map((pid) =>
      pid === undefined ? Number.NaN : (rssBytesOf(pid) ?? Number.NaN),
    ) as [number, number]
    samples.push({ atMs, hostRssBytes, brokerRssBytes, clientRssBytes: process.memoryUsage.rss() })
    if (samples.length % 12 === 0) {
      progress(`memory: ${(atMs / 60_000).toFixed(0)} min, host ${toMb(hostRssBytes)} MB`)
    }
  }
  const timer = setInterval(sample, sampleEveryMs)
  try {
    const window = await runClosedLoop({
      concurrency,
      warmUpMs: 0,
      windowMs: minutes * 60_000,
      work: () => runLoopOnce(cell),
    })
    sample()
    const settled = samples.filter(({ atMs }) => atMs >= minutes * 60_000 * warmUpShare)
    return {
      minutes,
      runsPerSecond: (window.count / window.elapsedMs) * 1000,
      samples,
      growthPerMinute: {
        hostBytes: slopePerMinute(settled, 'hostRssBytes'),
        brokerBytes: slopePerMinute(settled, 'brokerRssBytes'),
        clientBytes: slopePerMinute(settled, 'clientRssBytes'),
      },
    }
  } finally {
    clearInterval(timer)
    await cell.close()
  }
}

function slopePerMinute(samples: readonly MemorySample[], key: keyof MemorySample): number {
  const minutes = samples.map(({ atMs }) => atMs / 60_000)
  const values = samples.map((sample) => sample[key])
  const [meanX, meanY] = [mean(minutes), mean(values)]
  let covariance = 0
  let variance = 0
  for (const [index, x] of minutes.entries()) {
    covariance += (x - meanX) * (values[index]! - meanY)
    variance += (x - meanX) ** 2
  }
  return covariance / variance
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function toMb(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1)
}
