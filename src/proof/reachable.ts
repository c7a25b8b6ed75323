import type { AgentDefinition } from '../actors/definition.ts'
import { describeValue } from '../contracts/state.ts'
import { assumedStates, leavesIn } from './assumed-states.ts'
import { instrument } from './instrument.ts'
import { candidatesOf } from './path-candidates.ts'
import { Chart } from './path-chart.ts'
import type { Edge } from './path-graph.ts'
import { explore } from './path-graph.ts'
import { labelOf } from './path-move.ts'
import type { PathOptions } from './path-options.ts'
import { PathValues } from './path-values.ts'
import type { Instance } from './strand-report.ts'

/** The states in which an agent may stand, as far as its contracts lead. */
export interface Reachable {
  /**
   * Each once; `where` is a shortest way to it: `init -> CONFIRM -> done payOut`. Leaf states that no
   * way was found to are assumed.
   */
  readonly states: readonly Instance[]
  /** Why there may be more, one sentence each; empty: this is all. */
  readonly notes: readonly string[]
}

export interface ReachableOptions extends Pick<PathOptions, 'inputs' | 'examples'> {
  /** States at most. Default: 3,000. */
  readonly statesMax?: number
}

const contextsMax = 40
const depthMax = 60
const valuesPerEvent = 3

/** The active states that an agent can reach, found as by `pathsOf`. Same options, same states. */
export function reachableStates(
  definition: AgentDefinition,
  { statesMax = 3_000, ...options }: ReachableOptions = {},
): Reachable {
  const chart = new Chart(definition.machine)
  const values = new PathValues(definition, options, chart)
  const { edges, shortest, cutOff, thrown } = explore(instrument(definition), {
    candidates: (spot) => candidatesOf(spot, chart, values),
    stateKey: undefined,
    bounds: { states: statesMax, contexts: contextsMax, depth: depthMax },
    valuesPerEvent,
  })
  const states = new Map<string, Instance>()
  for (const { to } of edges) {
    if (to.stored?.snapshot.status !== 'active' || states.has(to.key)) continue
    states.set(to.key, { where: wayOf(shortest.get(to.key) ?? []), state: to.stored })
  }
  const start = thrown.find(({ where }) => where === 'init at the start')
  const isGuessed = definition.input === undefined && options.inputs === undefined
  const notes = [
    ...(isGuessed ? ['it declares no input, so it was started without one'] : []),
    ...(cutOff === undefined ? [] : [`not all was explored: ${cutOff.split(';')[0]}`]),
    ...values.problems,
    ...(start ? [`one of its starts fails: ${start.message}`] : []),
  ]
  const found = [...states.values()]
  const reached = new Set(found.flatMap(({ state }) => leavesIn(definition, state.snapshot.value)))
  const assumed = assumedStates(definition, reached).map((state) => ({
    where: `${describeValue(state.snapshot.value)} (assumed)`,
    state,
    isAssumed: true,
  }))
  if (assumed.length > 0) {
    const names = assumed.map(({ state }) => describeValue(state.snapshot.value)).join(', ')
    notes.push(`no way was found to ${names}: judged by their structure, without a context`)
  }
  return { states: [...found, ...assumed], notes }
}

function wayOf(edges: readonly Edge[]): string {
  return edges.map(({ move }) => labelOf(move)).join(' -> ')
}
