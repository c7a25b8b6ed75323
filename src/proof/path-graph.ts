import { getShortestPaths } from 'xstate/graph'
import { step } from '../actors/step.ts'
import type { AgentDefinition } from '../actors/definition.ts'
import type { Effect } from '../contracts/effect.ts'
import type { StoredState } from '../contracts/state.ts'
import { describeValue } from '../contracts/state.ts'
import type { Instrument, Taken } from './instrument.ts'
import type { Move } from './path-move.ts'
import { labelOf, namedTimers, neutralOf } from './path-move.ts'
import type { PathBounds } from './path-options.ts'

/** A state as the exploration knows it. */
export interface Spot {
  /** Undefined before the start. */
  readonly stored: StoredState | undefined
  /** Moves that led here. */
  readonly depth: number
  /** Timers that may be the first to fire, by name. */
  readonly due: readonly string[]
  /** By the incarnation of a timer, the move that set it. */
  readonly setAt: ReadonlyMap<number, number>
  /** Equal where nothing that counts tells two states apart. */
  readonly key: string
  /** The same without the context. */
  readonly configuration: string
}

/** One move and what came of it. */
export interface Edge {
  readonly move: Move
  readonly from: Spot
  readonly to: Spot
  readonly effects: readonly Effect[]
  readonly handled: boolean
  readonly taken: Taken
}

/** A move after which the machine's own code threw. */
export interface Thrown {
  readonly where: string
  readonly message: string
  /** No contract says that the move may come. */
  readonly isGuess: boolean
}

/** What was found of a machine. */
export interface PathGraph {
  readonly edges: readonly Edge[]
  /** By key of a state, in the order in which they were found. */
  readonly shortest: ReadonlyMap<string, readonly Edge[]>
  readonly from: ReadonlyMap<string, readonly Edge[]>
  readonly thrown: readonly Thrown[]
  /** Why this is not all, if it is not. */
  readonly cutOff: string | undefined
  /** The bound on all states was passed. */
  readonly isFull: boolean
}

/** What may happen next, in groups: values of one event, answers of one child. */
export interface Candidates {
  readonly moves: readonly Move[]
  readonly isGuess: boolean
  /** There may be many that tell nothing new. */
  readonly isMade: boolean
}

export interface ExploreOptions {
  readonly candidates: (spot: Spot) => readonly Candidates[]
  readonly stateKey: ((stored: StoredState) => unknown) | undefined
  readonly bounds: Required<PathBounds>
  readonly valuesPerEvent: number
}

/** From so many contexts of one configuration on, so many values are tried, and those that told. */
const wellKnown = 3
const triedThen = 12

/** Every run of a path has an address of its own; here it does not matter. */
const address = (definition: AgentDefinition) => ({ type: definition.id, id: 'path' })

/**
 * Folds a move on the pure step. Time stands still at 0, so a deadline is its delay: nothing but the
 * order of timers depends on it. Undefined when the state does not wait for the move.
 */
export function fold(
  { definition, take }: Instrument,
  from: Spot,
  move: Move,
  stateKey: ExploreOptions['stateKey'],
): Edge | undefined {
  const event = neutralOf(from.stored, move)
  if (!event) return undefined
  take()
  const at = { address: address(definition), atMs: 0 }
  const { next, effects, handled, stale } = step(definition, from.stored, event, at)
  const taken = take(effects)
  if (stale) return undefined
  return { move, from, to: spotOf(next, from, stateKey), effects, handled, taken }
}

export function origin(): Spot {
  // For `xstate/graph` an empty key would be no key.
  const key = 'start'
  return { stored: undefined, depth: 0, due: [], setAt: new Map(), key, configuration: key }
}

/** True when the machine's own code threw: an error that nobody handles is the machine's choice. */
export function hasThrown({ to }: Edge): boolean {
  return to.stored?.snapshot.status === 'error'
}

/** Breadth first, by the shortest paths of `xstate/graph`, within the bounds. */
export function explore(instrument: Instrument, options: ExploreOptions): PathGraph {
  const explorer = new Explorer(instrument, options)
  const logic = {
    getInitialSnapshot: origin,
    getPersistedSnapshot: (spot: Spot) => spot,
    transition: (_: Spot, event: GraphEvent) => event.edge.to,
  }
  // Its own `limit` throws what was found away; here the events run out instead.
  const paths = getShortestPaths(
    logic as never,
    {
      events: (spot: Spot) => explorer.expand(spot),
      serializeState: (spot: Spot) => spot.key,
      serializeEvent: (event: GraphEvent) => event.id,
    } as never,
  ) as unknown as { state: Spot; steps: { event: GraphEvent }[] }[]
  const shortest = paths.map(
    // The first step is the start of the graph, which is no move.
    ({ state, steps }) => [state.key, steps.slice(1).map(({ event }) => event.edge)] as const,
  )
  const { edges, from, thrown, cutOff, isFull } = explorer
  return { edges, shortest: new Map(shortest), from, thrown, cutOff, isFull }
}

interface GraphEvent {
  readonly type: string
  readonly id: string
  readonly edge: Edge
}

class Explorer {
  readonly edges: Edge[] = []
  readonly from = new Map<string, Edge[]>()
  readonly thrown: Thrown[] = []
  cutOff: string | undefined
  isFull = false
  private states = 0
  private readonly contexts = new Map<string, number>()
  /** Per configuration and group, the values that have taken other transitions than those before. */
  private readonly telling = new Map<string, Set<number>>()
  private readonly instrument: Instrument
  private readonly options: ExploreOptions

  constructor(instrument: Instrument, options: ExploreOptions) {
    this.instrument = instrument
    this.options = options
  }

  /** Called once for every key, nearest first. */
  expand(spot: Spot): GraphEvent[] {
    if (!this.isOpen(spot)) return []
    const groups = this.options.candidates(spot)
    const edges = groups.flatMap((group, index) => this.choose(spot, group, index))
    this.edges.push(...edges)
    this.from.set(spot.key, edges)
    return edges.map((edge, index) => {
      const type = labelOf(edge.move)
      return { type, id: `#${index} ${type}`, edge }
    })
  }

  private isOpen({ stored, depth, configuration }: Spot): boolean {
    if (stored && stored.snapshot.status !== 'active') return false
    const { states, contexts, depth: deepest } = this.options.bounds
    const known = this.contexts.get(configuration) ?? 0
    if (this.states >= states) {
      this.isFull = true
      this.cut(`${states} states`)
    } else if (known >= contexts) this.cut(`${contexts} contexts of one configuration`)
    else if (depth >= deepest) this.cut(`${deepest} moves`)
    else {
      this.states++
      this.contexts.set(configuration, known + 1)
      return true
    }
    return false
  }

  private cut(bound: string): void {
    this.cutOff ??= `more than ${bound}; see \`stateKey\` and \`bounds\``
  }

  /** All that take other transitions, and some of those that lead to another context. */
  private choose(spot: Spot, { moves, isGuess, isMade }: Candidates, group: number): Edge[] {
    const chosen: Edge[] = []
    const seen = new Set<string>()
    const keys = new Set<string>()
    const telling = this.tellingMoves(spot, group)
    const isKnown = isMade && this.contexts.get(spot.configuration)! > wellKnown
    let others = 1
    for (const [index, move] of moves.entries()) {
      if (isKnown && index >= triedThen && !telling.has(index)) continue
      const edge = fold(this.instrument, spot, move, this.options.stateKey)
      if (!edge) continue
      if (hasThrown(edge)) {
        this.note(edge, isGuess)
        continue
      }
      const { transitions, refused } = edge.taken
      const isMoot = transitions.length === 0 && refused.length === 0 && edge.to.key === spot.key
      if (isMoot) continue
      const what = JSON.stringify([transitions, refused, edge.to.configuration])
      const isNew = !seen.has(what)
      if (!isNew && (keys.has(edge.to.key) || others >= this.options.valuesPerEvent)) continue
      if (isNew) telling.add(index)
      else others++
      seen.add(what)
      keys.add(edge.to.key)
      chosen.push(edge)
    }
    return chosen
  }

  private tellingMoves({ configuration }: Spot, group: number): Set<number> {
    const key = `${group} ${configuration}`
    const telling = this.telling.get(key) ?? new Set()
    this.telling.set(key, telling)
    return telling
  }

  private note({ from, to, move }: Edge, isGuess: boolean): void {
    const state = from.stored ? describeValue(from.stored.snapshot.value) : 'the start'
    const where = `${labelOf(move)} at ${state}`
    if (this.thrown.some((one) => one.where === where)) return
    this.thrown.push({ where, message: to.stored?.snapshot.error?.message ?? '', isGuess })
  }
}

function spotOf(stored: StoredState, from: Spot, stateKey: ExploreOptions['stateKey']): Spot {
  const depth = from.depth + 1
  const named = namedTimers(stored)
  const setAt = new Map(
    named.map(({ timer: { incarnation } }) => [incarnation, from.setAt.get(incarnation) ?? depth]),
  )
  const due = named
    .filter(({ timer }) =>
      named.every(
        ({ timer: other }) =>
          // Set together, the shorter one is first; a later one can be set late enough.
          setAt.get(timer.incarnation)! < setAt.get(other.incarnation)! || timer.atMs <= other.atMs,
      ),
    )
    .map(({ name }) => name)
  const { status, value, historyValue, context } = stored.snapshot
  const children = Object.entries(stored.children)
    .map(([id, { src, offered, settled }]) => [id, src, offered ?? [], settled === true])
    .toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1))
  const timers = named.map(({ name, timer }) => [name, timer.event, timer.to?.type ?? ''])
  const configuration = JSON.stringify([status, value, historyValue ?? {}, children, timers, due])
  const counts = stateKey ? stateKey(stored) : context
  const key = `${configuration} ${JSON.stringify(counts)}`
  return { stored, depth, due, setAt, key, configuration }
}
