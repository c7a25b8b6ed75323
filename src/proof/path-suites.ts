import type { Taken } from './instrument.ts'
import { guardsOf, optionOf } from './path-coverage.ts'
import type { Edge, PathGraph } from './path-graph.ts'
import type { Suite } from './path-options.ts'

/** A path that might be taken, and all that it goes through. */
interface Route {
  readonly edges: readonly Edge[]
  readonly goals: ReadonlySet<string>
}

/**
 * Few paths that go through all that a suite asks for: for each goal the shortest path to it, without
 * those whose goals others reach. The same graph gives the same paths.
 * @param replay walks moves anew; undefined where the machine does not take them in that way
 */
export function chooseRoutes(
  graph: PathGraph,
  suite: Suite,
  replay: (edges: readonly Edge[]) => readonly Edge[] | undefined,
): (readonly Edge[])[] {
  const routes: Route[] = []
  const reached = new Set<string>()
  const consider = (edges: readonly Edge[]): void => {
    const goals = goalsOf(suite, edges)
    if ([...goals].every((goal) => reached.has(goal))) return
    for (const goal of goals) reached.add(goal)
    routes.push({ edges, goals })
  }
  for (const edge of graph.edges) consider(routeTo(graph, edge))
  if (suite === 'pairs') {
    for (const edge of graph.edges) {
      for (const next of graph.from.get(edge.to.key) ?? []) {
        const isNew = pairsOf([edge, next]).some((pair) => !reached.has(pair))
        // A key of the user's may tell too little apart for the second move to go the same way.
        const edges = isNew ? replay([...routeTo(graph, edge), next]) : undefined
        if (edges) consider(edges)
      }
    }
  }
  return withoutSubsumed(routes).map(({ edges }) => edges)
}

function routeTo(graph: PathGraph, edge: Edge): readonly Edge[] {
  return [...graph.shortest.get(edge.from.key)!, edge]
}

/** The longest go first, as they make shorter ones needless. */
function withoutSubsumed(routes: readonly Route[]): Route[] {
  const longestFirst = routes.toSorted((one, other) => other.edges.length - one.edges.length)
  const counts = new Map<string, number>()
  const kept: Route[] = []
  for (const route of longestFirst) {
    if ([...route.goals].every((goal) => counts.has(goal))) continue
    kept.push(route)
    for (const goal of route.goals) counts.set(goal, (counts.get(goal) ?? 0) + 1)
  }
  const needed = new Set<Route>(kept)
  for (const route of kept.toReversed()) {
    if ([...route.goals].some((goal) => counts.get(goal) === 1)) continue
    needed.delete(route)
    for (const goal of route.goals) counts.set(goal, counts.get(goal)! - 1)
  }
  return routes.filter((route) => needed.has(route))
}

function goalsOf(suite: Suite, edges: readonly Edge[]): Set<string> {
  const goals = new Set<string>()
  for (const { taken, move, from } of edges) {
    for (const state of taken.states) goals.add(`state ${state}`)
    if (suite === 'shortest') continue
    for (const name of taken.transitions) goals.add(`transition ${name}`)
    for (const name of guardsOf(taken)) goals.add(`guard ${name}`)
    const option = optionOf(move, from.stored)
    if (option !== undefined) goals.add(`option ${option}`)
  }
  if (suite === 'pairs') for (const pair of pairsOf(edges)) goals.add(pair)
  return goals
}

/** Transitions of which the second starts where the first has led, or where both stay. */
export function pairsOf(edges: readonly Edge[]): string[] {
  const pairs: string[] = []
  let before: Taken | undefined
  for (const { taken } of edges) {
    if (before) {
      for (const first of before.transitions) {
        for (const second of taken.transitions) {
          const source = sourceOf(second)
          const isCommon = before.states.includes(source) || sourceOf(first) === source
          if (isCommon) pairs.push(pairOf(first, second))
        }
      }
    }
    for (const [index, second] of taken.transitions.entries()) {
      const first = taken.transitions[index - 1]
      if (first !== undefined && taken.states.includes(sourceOf(second))) {
        pairs.push(pairOf(first, second))
      }
    }
    before = taken
  }
  return pairs
}

function pairOf(first: string, second: string): string {
  return `pair ${first}, then ${second}`
}

function sourceOf(transition: string): string {
  return transition.slice(0, transition.indexOf(' | '))
}
