import type { Runtime } from 'ashlar'
import { connect, UnavailableError } from 'ashlar'
import type { Cost } from '../../src/contracts/budget.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import { fromBytes } from '../../src/contracts/json.ts'
import { systemRandom } from '../../src/contracts/random.ts'
import { Accounts } from '../../src/decision/budget.ts'
import type { BenchCell } from './bench-cell.ts'
import { benchCellName } from './bench-cell.ts'
import { runClosedLoop } from './closed-loop.ts'
import { percentile } from './latency.ts'

/** Questions that reserve from one account and settle with it, over so many connections. */
export interface AccountWriters {
  writers: number
  /** Reserved and settled. */
  questionsPerSecond: number
  p50Ms: number
  p99Ms: number
  /** Not asked because the account could not be written for too long. */
  givenUp: number
}

const most: Cost = { tokens: 1_000, nanoUsd: 400_003 }
const spent: Cost = { tokens: 211, nanoUsd: 30_001 }

/**
 * Keeps `atOnce` questions under way over connections of their own, as processes have them.
 * @throws Error when the balance is not what was spent, to the billionth
 */
export async function measureAccountWriters(
  { broker, runtime }: BenchCell,
  { writers, atOnce, windowMs }: { writers: number; atOnce: number; windowMs: number },
): Promise<AccountWriters> {
  const name = `bench-writers/${writers}`
  const account = { name, caps: { calls: 1_000_000_000, usd: 1_000_000 }, openedAtMs: 0 }
  const connecting = Array.from({ length: writers }, () =>
    connect({ servers: broker.url, cell: benchCellName }),
  )
  const runtimes: Runtime[] = await Promise.all(connecting)
  const budgets = runtimes.map(({ bus: { keyValue } }) =>
    new Accounts({ keyValue, clock: systemClock(), random: systemRandom() }).budgetOf([account]),
  )
  let [asked, givenUp] = [0, 0]
  const work = async (lane: number): Promise<void> => {
    const budget = budgets[lane % writers]!
    try {
      await budget.reserve(most)
      await budget.settle(most, spent)
      asked++
    } catch (thrown) {
      if (!(thrown instanceof UnavailableError)) throw thrown
      givenUp++
    }
  }
  try {
    const loop = { concurrency: atOnce, warmUpMs: windowMs / 4, windowMs, work }
    const { count, elapsedMs, latenciesMs } = await runClosedLoop(loop)
    const stored = await runtime.bus.keyValue.get('budget', name)
    check(fromBytes(stored!.value) as Cost & { calls: number }, asked, givenUp)
    const sorted = latenciesMs.toSorted((a, b) => a - b)
    const [p50Ms, p99Ms] = [percentile(sorted, 0.5), percentile(sorted, 0.99)]
    return { writers, questionsPerSecond: (count * 1000) / elapsedMs, p50Ms, p99Ms, givenUp }
  } finally {
    await Promise.all(runtimes.map((one) => one.close()))
  }
}

/** One that gave up has spent nothing, or all that was set aside: nobody gave it back. */
function check(balance: Cost & { calls: number }, asked: number, givenUp: number): void {
  const least = asked * spent.nanoUsd
  const { calls, nanoUsd } = balance
  const isExact = nanoUsd >= least && nanoUsd <= least + givenUp * most.nanoUsd
  if (isExact && calls >= asked && calls <= asked + givenUp) return
  const counted = `${calls} calls and ${nanoUsd} billionths of a dollar`
  throw new Error(`${counted} are counted of ${asked} questions (${givenUp} given up)`)
}
