import type { Address, Runtime } from 'ashlar'
import type { counterAgent } from '../agents/counter.ts'
import type { BenchCell } from './bench-cell.ts'
import { runClosedLoop } from './closed-loop.ts'
import { median } from './latency.ts'
import { runLoopOnce } from './loop-point.ts'

/** How fast a cell was at the work of `scale`, in one turn. */
export interface StoredWork {
  loopRunsPerSecond: number
  loopP50Ms: number
  busyRunsPerSecond: number
  /** An event to a stored agent that no host has in memory: load, step, commit, as a client sees it. */
  wakeP50Ms: number
}

const busyConcurrency = 64
/** Fewer than the smallest store holds, so that no agent is woken twice by one host. */
const wakesMax = 400
const wakesPerSecondOfWindow = 150
const warmUpMs = 300

/** Measures the inline loop one at a time and 64 at once, and wakes stored agents one at a time. */
export async function measureStoredWork(
  cell: BenchCell,
  windowMs: number,
  nextAddress: () => Address,
): Promise<StoredWork> {
  const work = (): Promise<void> => runLoopOnce(cell)
  const loop = await runClosedLoop({ concurrency: 1, warmUpMs, windowMs, work })
  const busy = await runClosedLoop({ concurrency: busyConcurrency, warmUpMs, windowMs, work })
  const wakesMs = await timeWakes(cell, windowMs, nextAddress)
  return {
    loopRunsPerSecond: (loop.count / loop.elapsedMs) * 1000,
    loopP50Ms: median(loop.latenciesMs),
    busyRunsPerSecond: (busy.count / busy.elapsedMs) * 1000,
    wakeP50Ms: median(wakesMs),
  }
}

/** Times events to agents that a fresh host has never seen. */
async function timeWakes(
  cell: BenchCell,
  windowMs: number,
  nextAddress: () => Address,
): Promise<number[]> {
  const host = cell.children.findIndex(({ role }) => role === 'counters')
  await cell.children.splice(host, 1)[0]?.stop()
  await cell.serve('counters')
  const count = Math.min(wakesMax, Math.ceil((windowMs / 1000) * wakesPerSecondOfWindow))
  const wakesMs: number[] = []
  // The first ones compile what the fresh host runs.
  for (let index = 0; index < count * 1.5; index++) {
    const begunMs = performance.now()
    await wakeOnce(cell.runtime, nextAddress())
    if (index >= count / 2) wakesMs.push(performance.now() - begunMs)
  }
  return wakesMs
}

/** Gives a stored agent one event and waits until that step is committed. */
export async function wakeOnce({ client }: Runtime, address: Address): Promise<void> {
  const ref = client.agent<typeof counterAgent.original>(address)
  const before = await ref.read()
  if (!before) throw new Error(`${address.id} is not stored`)
  await ref.send({ type: 'TICK' })
  const after = await ref.waitFor(({ step }) => step > before.step)
  if (after.context.count === before.context.count + 1) return
  throw new Error(`${address.id} counted to ${after.context.count}`)
}

/** Medians over several turns, figure by figure. */
export function medianWork(turns: readonly StoredWork[]): StoredWork {
  const of = (key: keyof StoredWork): number => median(turns.map((turn) => turn[key]))
  return {
    loopRunsPerSecond: of('loopRunsPerSecond'),
    loopP50Ms: of('loopP50Ms'),
    busyRunsPerSecond: of('busyRunsPerSecond'),
    wakeP50Ms: of('wakeP50Ms'),
  }
}
