import { setImmediate as nextRound } from 'node:timers/promises'
import type { Clock } from '../contracts/clock.ts'
import { systemClock } from '../contracts/clock.ts'
import type { CutOff, Found } from './search.ts'
import { Search } from './search.ts'
import { findCycle, findTrap } from './settling.ts'
import type { Trace } from './trace.ts'
import type { Bounds, World } from './world.ts'

export interface ProveOptions {
  /** The search ends when it has met so many states. Default: without a bound. */
  maxStates?: number
  /** Moves from the start. Default: without a bound. */
  maxDepth?: number
  /** Resident memory of the process, in MB. Default: 4,096. */
  maxMemoryMb?: number
  /** Default: without a bound. */
  maxSeconds?: number
  /** Ends with the first breach. Default: false: the first of every property is found. */
  stopAtFirst?: boolean
  /** States that are looked at before it sees whether to end. Default: 2,000. */
  statesAtOnce?: number
  clock?: Clock
  /** Told about every second. */
  onProgress?: (progress: Progress) => void
  /** Ends the search where it is. */
  signal?: AbortSignal
  /** Goes on with a search that was restored from a checkpoint. */
  search?: Search
  /** Told of the search when it is cut off by time, memory, number or signal. */
  onCutOff?: (search: Search) => void
}

export interface Progress {
  readonly states: number
  /** Met and not yet looked at. */
  readonly queued: number
  readonly transitions: number
  readonly depth: number
  readonly seconds: number
  readonly violations: number
}

export interface Violation {
  readonly property: string
  readonly reason: string
  readonly trace: Trace
}

/** What of a machine was seen, over all states that were met. */
export interface MachineSight {
  readonly id: string
  readonly states: number
  readonly unenteredStates: readonly string[]
  readonly transitions: number
  readonly untakenTransitions: readonly string[]
}

export interface ProofResult {
  readonly world: string
  /** True: every state within the bounds was looked at. */
  readonly complete: boolean
  /** Why not. */
  readonly cutOff?: CutOff
  readonly bounds: Bounds
  /** Distinct states. */
  readonly states: number
  readonly transitions: number
  readonly depth: number
  readonly seconds: number
  /** States behind which the world's own `within` forbade to look. */
  readonly bordering: number
  /** Bound of the probability that two states were taken for one. */
  readonly omissionRisk: number
  /** Steps of single agents that were computed; the others were known. */
  readonly steps: number
  readonly properties: readonly string[]
  readonly violations: readonly Violation[]
  readonly machines: readonly MachineSight[]
}

/**
 * Explores every state of a world, breadth first, and evaluates its properties: proved within the
 * bounds when the result is complete and has no violations. A violation carries a shortest trace.
 * @throws InputError when the world is not one
 */
export async function prove<Outside>(
  world: World<Outside>,
  options: ProveOptions = {},
): Promise<ProofResult> {
  const { clock = systemClock(), statesAtOnce = 2_000, onProgress, onCutOff } = options
  const begunAt = clock.now()
  const search = (options.search as Search<Outside> | undefined) ?? begun(world)
  let toldAt = begunAt
  let cutOff: CutOff | undefined
  for (;;) {
    const goesOn = search.advance(statesAtOnce)
    cutOff = goesOn ? reasonToEnd(search, options, clock.now() - begunAt) : undefined
    if (clock.now() - toldAt >= 1000) {
      toldAt = clock.now()
      onProgress?.(progressOf(search, (toldAt - begunAt) / 1000))
    }
    if (!goesOn || cutOff) break
    // So that signals and input are heard.
    await nextRound()
  }
  if (cutOff) onCutOff?.(search as Search)
  else if (search.isOverfull) cutOff = 'mailbox'
  const violations = search.found.map((found) => violationOf(search, found))
  if (!cutOff) violations.push(...unsettled(search, violations), ...unreached(search))
  return resultOf(search, (clock.now() - begunAt) / 1000, violations, cutOff)
}

function begun<Outside>(world: World<Outside>): Search<Outside> {
  const search = new Search(world)
  search.begin()
  return search
}

function reasonToEnd<Outside>(
  search: Search<Outside>,
  options: ProveOptions,
  elapsedMs: number,
): CutOff | undefined {
  const { maxStates = Infinity, maxDepth = Infinity, maxSeconds = Infinity } = options
  const { maxMemoryMb = 4096, stopAtFirst = false, signal } = options
  if (signal?.aborted) return 'stopped'
  if (stopAtFirst && search.found.length > 0) return 'violation'
  if (search.seen.size >= maxStates) return 'states'
  if (search.depth >= maxDepth) return 'depth'
  if (elapsedMs >= maxSeconds * 1000) return 'time'
  return process.memoryUsage.rss() > maxMemoryMb * 1_000_000 ? 'memory' : undefined
}

function progressOf<Outside>(search: Search<Outside>, seconds: number): Progress {
  const { seen, expanded, transitions, depth, found } = search
  const queued = seen.size - expanded
  return { states: seen.size, queued, transitions, depth, seconds, violations: found.length }
}

function resultOf<Outside>(
  search: Search<Outside>,
  seconds: number,
  violations: readonly Violation[],
  cutOff: CutOff | undefined,
): ProofResult {
  const { cast, seen, transitions, depth, bordering } = search
  return {
    world: cast.world.name,
    complete: cutOff === undefined,
    ...(cutOff ? { cutOff } : {}),
    bounds: cast.bounds,
    states: seen.size,
    transitions,
    depth,
    seconds,
    bordering,
    omissionRisk: seen.omissionRisk,
    steps: cast.forms.steps,
    properties: cast.world.properties.map(({ name }) => name),
    violations,
    machines: [...cast.sights.values()].map(({ definition: { id }, declared, seen: of }) => ({
      id,
      states: declared.states.length,
      unenteredStates: declared.states.filter((name) => !of.states.has(name)),
      transitions: declared.transitions.length,
      untakenTransitions: declared.transitions.filter((name) => !of.transitions.has(name)),
    })),
  }
}

function violationOf<Outside>(search: Search<Outside>, found: Found): Violation {
  const { property, reason, state, move } = found
  const { moves, scene } = search.pathTo(state)
  if (move !== undefined) moves.push(search.moveOf(scene, move).move)
  return { property, reason, trace: traceOf(search, { property, reason, moves }) }
}

function traceOf<Outside>(
  { cast }: Search<Outside>,
  what: Pick<Trace, 'property' | 'reason' | 'moves' | 'loop'>,
): Trace {
  return { v: 1, world: cast.world.name, bounds: cast.bounds, ...what }
}

/** Whether everything comes to rest, which only the whole graph can tell. */
function unsettled<Outside>(search: Search<Outside>, known: readonly Violation[]): Violation[] {
  const property = search.cast.world.properties.find((one) => one.kind === 'settles')
  if (!property || known.some((one) => one.property === property.name)) return []
  const { edgesFrom: from, edgesTo: to, seen, resting } = search
  const edges = { from, to, states: seen.size }
  if (property.mayLoop) {
    const trap = findTrap(edges, resting)
    if (trap === undefined) return []
    const reason = 'from here on it can only go round, and never comes to rest'
    const { moves } = search.pathTo(trap)
    return [
      {
        property: property.name,
        reason,
        trace: traceOf(search, { property: property.name, reason, moves }),
      },
    ]
  }
  const cycle = findCycle(edges)
  if (!cycle) return []
  const reason = `it can go round for ever: ${cycle.length} move(s) lead back to where they began`
  const { moves, scene } = search.pathTo(cycle[0]!)
  const loop = []
  let at = scene
  for (const next of [...cycle.slice(1), cycle[0]!]) {
    const taken = search.moveTo(at, next)
    loop.push(taken.move)
    at = taken.scene
  }
  const trace = traceOf(search, { property: property.name, reason, moves, loop })
  return [{ property: property.name, reason, trace }]
}

function unreached<Outside>(search: Search<Outside>): Violation[] {
  const property = search.cast.world.properties.find((one) => one.kind === 'reached')
  if (!property) return []
  const except = new Set(property.except)
  const agents = new Set(search.cast.world.agents.map(({ definition }) => definition.id))
  for (const { id } of search.cast.world.children ?? []) agents.add(id)
  const states = [...search.cast.sights.values()]
    .filter(({ definition }) => agents.has(definition.id))
    .flatMap(({ declared, seen }) => declared.states.filter((name) => !seen.states.has(name)))
    .filter((name) => !except.has(name))
  if (states.length === 0) return []
  const { name } = property
  const reason = `no run enters ${states.join(', ')}`
  return [{ property: name, reason, trace: traceOf(search, { property: name, reason, moves: [] }) }]
}
