import type { AnyStateMachine } from 'xstate'
import type { AgentDefinition } from '../actors/definition.ts'
import { defineAgent } from '../actors/definition.ts'
import type { Effect } from '../contracts/effect.ts'
import { checkNumber } from '../contracts/declaration.ts'
import { InputError } from '../contracts/error.ts'
import type { StoredState } from '../contracts/state.ts'
import type { Instrument, Taken } from './instrument.ts'
import { instrument } from './instrument.ts'
import { candidatesOf } from './path-candidates.ts'
import { Chart } from './path-chart.ts'
import type { Coverage } from './path-coverage.ts'
import { coverageFrom, coverageKinds } from './path-coverage.ts'
import type { Edge, PathGraph, Thrown } from './path-graph.ts'
import { explore, fold, origin } from './path-graph.ts'
import type { Move } from './path-move.ts'
import { labelOf } from './path-move.ts'
import type { PathBounds, PathOptions, Suite } from './path-options.ts'
import { chooseRoutes } from './path-suites.ts'
import { PathValues } from './path-values.ts'

/** One move of a path, and what the pure step made of it when the path was found. */
export interface PathStep {
  readonly move: Move
  /** `CUSTOMER`, `done lookUp`, `after silence`, … */
  readonly label: string
  readonly next: StoredState
  readonly effects: readonly Effect[]
  /** False where the path shows that a guard lets an event go unheard. */
  readonly handled: boolean
  readonly taken: Taken
}

/** A way through a machine, from its start. */
export interface MachinePath {
  /** The labels of its moves; unique within the machine. */
  readonly name: string
  readonly steps: readonly PathStep[]
}

/** Paths of one machine, and how much of it they go through. */
export interface MachinePaths {
  readonly machine: string
  readonly suite: Suite
  readonly paths: readonly MachinePath[]
  readonly coverage: Coverage
  /** Moves that contracts allow and after which the machine's own code throws. */
  readonly thrown: readonly string[]
  /** Why more may be there than was found: bounds, examples that nobody could make. */
  readonly notes: readonly string[]
}

const defaultBounds: Required<PathBounds> = { states: 3_000, contexts: 40, depth: 40 }
const defaultValues = 3
/** With so many values everything that `examplesOf` gives is followed. */
const mostValues = 60

/**
 * Paths through a machine that passed registration, or through an agent's, found on the pure step by
 * the shortest paths of `xstate/graph`. The same machine and options give the same paths.
 * @throws InputError naming the option; RegistrationError
 */
export function pathsOf(
  machine: AnyStateMachine | AgentDefinition,
  options: PathOptions = {},
): MachinePaths {
  const definition = agentOf(machine)
  checkOptions(options)
  const { suite = 'transitions', stateKey } = options
  const seen = instrument(definition)
  const chart = new Chart(definition.machine)
  const values = new PathValues(definition, options, chart)
  const graph = exploreMore(seen, options, (spot) => candidatesOf(spot, chart, values))
  if (graph.edges.length === 0) throw noStart(definition, graph.thrown, values)
  const replay = (edges: readonly Edge[]): readonly Edge[] | undefined => {
    let spot = origin()
    const walked: Edge[] = []
    for (const { move } of edges) {
      const edge = fold(seen, spot, move, stateKey)
      if (!edge) return undefined
      walked.push(edge)
      spot = edge.to
    }
    return walked
  }
  const routes = chooseRoutes(graph, suite, replay)
  const coverage = coverageOfEdges(seen, routes.flat())
  return {
    machine: definition.id,
    suite,
    paths: named(routes),
    coverage,
    thrown: graph.thrown.filter(({ isGuess }) => !isGuess).map(sentence),
    notes: [
      ...(isBlind(definition, options, coverage)
        ? ['it was started without an input, as no schema says what it takes; give `inputs`']
        : []),
      ...(graph.cutOff === undefined ? [] : [`not all was explored: ${graph.cutOff}`]),
      ...values.problems,
      ...graph.thrown
        .filter(({ isGuess }) => isGuess)
        .map((one) => `${sentence(one)}; give examples of what it takes`),
    ],
  }
}

/** How much of a machine the paths of {@link pathsOf} go through. @throws as `pathsOf` */
export function coverageOf(
  machine: AnyStateMachine | AgentDefinition,
  options: PathOptions = {},
): Coverage {
  return pathsOf(machine, options).coverage
}

/** @throws RegistrationError */
export function agentOf(machine: AnyStateMachine | AgentDefinition): AgentDefinition {
  const { kind } = machine as { kind?: unknown }
  if (kind === 'agent') return machine as AgentDefinition
  return defineAgent({ machine: machine as AnyStateMachine })
}

/** Values that guards look at later are found by following more of them. */
function exploreMore(
  seen: Instrument,
  options: PathOptions,
  candidates: Parameters<typeof explore>[1]['candidates'],
): PathGraph {
  const { stateKey, valuesPerEvent = defaultValues } = options
  const bounds = { ...defaultBounds, ...options.bounds }
  let best: PathGraph | undefined
  let most = -1
  let followed = -1
  for (let count = valuesPerEvent; ; count *= 4) {
    const graph = explore(seen, { candidates, stateKey, bounds, valuesPerEvent: count })
    const coverage = coverageOfEdges(seen, graph.edges)
    const reached = coverageKinds.reduce((sum, kind) => sum + coverage[kind].seen, 0)
    const isAll = coverageKinds.every((kind) => coverage[kind].missed.length === 0)
    if (reached > most) [best, most] = [graph, reached]
    const isEnough = isAll || count >= mostValues || options.valuesPerEvent !== undefined
    if (isEnough || graph.isFull || graph.edges.length === followed) return best!
    followed = graph.edges.length
  }
}

/** Much may depend on an input that nobody knew. */
function isBlind(
  { input, machine }: AgentDefinition,
  { inputs }: PathOptions,
  coverage: Coverage,
): boolean {
  const { context } = machine.config as { context?: unknown }
  const isKnown = input !== undefined || inputs !== undefined || typeof context !== 'function'
  return !isKnown && coverageKinds.some((kind) => coverage[kind].missed.length > 0)
}

function coverageOfEdges({ declared }: Instrument, edges: readonly Edge[]): Coverage {
  return coverageFrom(
    declared,
    edges.map(({ move, from, taken }) => ({ move, before: from.stored, taken })),
  )
}

/** Paths of the same labels differ in their values; they are numbered. */
function named(routes: readonly (readonly Edge[])[]): MachinePath[] {
  const counts = new Map<string, number>()
  return routes.map((edges) => {
    const labels = edges.map(({ move }) => labelOf(move))
    const plain = labels.length > 1 ? labels.slice(1).join(' -> ') : labels.join('')
    const count = (counts.get(plain) ?? 0) + 1
    counts.set(plain, count)
    const name = count === 1 ? plain : `${plain} (${count})`
    const steps = edges.map(({ move, to, effects, handled, taken }) => ({
      move,
      label: labelOf(move),
      next: to.stored!,
      effects,
      handled,
      taken,
    }))
    return { name, steps }
  })
}

function sentence({ where, message }: Thrown): string {
  return `${where} throws: ${message}`
}

function noStart({ id }: AgentDefinition, thrown: readonly Thrown[], values: PathValues): Error {
  const reasons = [...thrown.map(({ message }) => message), ...values.problems]
  return new InputError({
    field: 'inputs',
    expected: `start inputs with which ${id} begins (${reasons.join('; ') || 'none was given'})`,
    todo: 'give some that it takes',
  })
}

const suites: readonly unknown[] = ['shortest', 'transitions', 'pairs'] satisfies Suite[]

/** @throws InputError */
function checkOptions({ suite = 'transitions', bounds = {}, valuesPerEvent }: PathOptions): void {
  if (!suites.includes(suite)) {
    const expected = suites.join(', ')
    throw new InputError({ field: 'suite', expected, got: suite, todo: 'choose one of them' })
  }
  for (const [name, bound] of Object.entries(bounds)) checkNumber(`bounds.${name}`, bound, 1)
  if (valuesPerEvent !== undefined) checkNumber('valuesPerEvent', valuesPerEvent, 1)
}
