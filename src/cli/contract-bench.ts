import { createLocalBroker } from '../bus/local-broker.ts'
import { holdProcess } from '../bus/process-hold.ts'
import { systemClock, virtualClock } from '../contracts/clock.ts'
import { countingIds, systemIds } from '../contracts/ids.ts'
import { seededRandom } from '../contracts/random.ts'
import type { Bench } from '../proof/contract-bench.ts'
import { createPerformers } from './performers.ts'

const run = systemIds().next()

/** The performers of production on the local twin, a virtual clock and a seed. */
export function openContractBench(): Bench {
  const clock = virtualClock()
  const { keyValue } = createLocalBroker({ clock }).connect('contract-test')
  let processes = 0
  return {
    run,
    clock,
    realClock: systemClock(),
    hold: holdProcess,
    serve(parts) {
      const ids = countingIds(`process-${++processes}`)
      const ports = { keyValue, clock, ids, random: seededRandom(processes) }
      return createPerformers(parts, ports).serves[0]!
    },
  }
}
