import type { Address } from 'ashlar'
import { counterAgent } from '../agents/counter.ts'
import type { BenchCell } from './bench-cell.ts'
import { median } from './latency.ts'
import { writeHistories } from './stored-actors.ts'
import { wakeOnce } from './stored-work.ts'

/** What an event costs an agent with a history of a given size. */
export interface HistoryCost {
  historyBytes: number
  transitions: number
  /** Its host reads it back first. */
  firstP50Ms: number
  /** Its host has it in memory. */
  nextP50Ms: number
}

const historySizes = [1024, 1024 * 1024]
const nextEvents = 4

/** Gives events to agents with a short and with a long history, in turns. */
export async function measureHistoryCost(cell: BenchCell, agents: number): Promise<HistoryCost[]> {
  const groups = historySizes.map((historyBytes) => ({
    historyBytes,
    addresses: Array.from({ length: agents }, (_, index): Address => ({
      type: counterAgent.id,
      id: `history-${historyBytes}-${index}`,
    })),
    firstMs: [] as number[],
    nextMs: [] as number[],
  }))
  for (const { addresses, historyBytes } of groups) {
    await writeHistories(cell.runtime.bus, addresses, historyBytes)
  }
  for (let index = 0; index < agents; index++) {
    for (const { addresses, firstMs, nextMs } of groups) {
      for (let event = 0; event <= nextEvents; event++) {
        const begunMs = performance.now()
        await wakeOnce(cell.runtime, addresses[index]!)
        const list = event === 0 ? firstMs : nextMs
        list.push(performance.now() - begunMs)
      }
    }
  }
  const costs: HistoryCost[] = []
  for (const { historyBytes, addresses, firstMs, nextMs } of groups) {
    const view = await cell.runtime.client.view(addresses[0]!)
    costs.push({
      historyBytes,
      transitions: (view?.step ?? 0) - nextEvents - 1,
      firstP50Ms: median(firstMs),
      nextP50Ms: median(nextMs),
    })
  }
  return costs
}
