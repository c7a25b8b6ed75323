import { prove } from 'ashlar/proof'
import { deskWorld } from '../../examples/airline-desk/proof/world.ts'
import type { Block } from '../report/block.ts'
import { show } from '../report/block.ts'
import { microsPerCall } from '../measure/tight-loop.ts'
import { foldLoop } from '../agents/folding.ts'
import type { Scenario } from '../scenario.ts'

/** One search, from nothing to its end. */
interface SearchCost {
  crashes: number
  duplicates: number
  states: number
  moves: number
  /** Steps of the statecharts that were computed; the other moves met a step that was known. */
  steps: number
  seconds: number
  statesPerMinute: number
  /** Moves per step of the agent loop in the same run: what sharing steps is worth. */
  movesPerFold: number
}

const runs = [
  { crashes: 0, duplicates: 0 },
  { crashes: 1, duplicates: 1 },
]

/** The share of a measured window that the yardstick takes. */
const yardstickShare = 0.1

/** The model checker on the airline desk, on one core. */
export const proofScenario: Scenario = {
  name: 'proof',
  title: 'The model checker',
  async run({ options, progress }) {
    const stepsPerRun = foldLoop('sample').length
    const budgetMs = options.seconds * 1000 * yardstickShare
    const foldsPerSecond = (1e6 * stepsPerRun) / microsPerCall(budgetMs, () => foldLoop('sample'))
    const searches: SearchCost[] = []
    for (const bounds of runs) {
      progress(`proof: the airline desk with ${bounds.crashes} crash(es)`)
      searches.push(await search(bounds, foldsPerSecond))
    }
    return { json: { foldsPerSecond, searches }, blocks: [table(searches)] }
  },
}

async function search(
  bounds: { crashes: number; duplicates: number },
  foldsPerSecond: number,
): Promise<SearchCost> {
  const result = await prove({ ...deskWorld(), bounds })
  if (!result.complete || result.violations.length > 0) {
    throw new Error(`the desk is not proved: ${JSON.stringify(result.violations[0]?.reason)}`)
  }
  const { states, transitions: moves, steps, seconds } = result
  return {
    ...bounds,
    states,
    moves,
    steps,
    seconds,
    statesPerMinute: (60 * states) / seconds,
    movesPerFold: moves / seconds / foldsPerSecond,
  }
}

function table(searches: readonly SearchCost[]): Block {
  return {
    kind: 'table',
    title: 'The airline desk with one customer, every state within the bounds, on one core',
    head: [
      'crashes',
      'duplicates',
      'states',
      'moves',
      'steps',
      's',
      'states/min',
      'moves per fold',
    ],
    rows: searches.map((one) => [
      String(one.crashes),
      String(one.duplicates),
      show(one.states),
      show(one.moves),
      show(one.steps),
      one.seconds.toFixed(1),
      show(one.statesPerMinute),
      one.movesPerFold.toFixed(1),
    ]),
  }
}
