import type { AnyStateMachine } from 'xstate'
import { StateMachine } from 'xstate'
import type { AgentDefinition } from '../actors/definition.ts'
import { inertMachine } from '../actors/scope.ts'
import { isObject } from '../contracts/json.ts'
import { instrument, nodesOf, transitionName, triggersOf } from './instrument.ts'

/** What is wrong with a mutant, as its name tells it. */
export type Mutation = 'without its guard' | 'never taken'

/** A definition with one guard that says nothing any more: it always holds, or it never does. */
export interface Mutant {
  /** `node.id | trigger[index] -> targets`, then the mutation; unique within its machine. */
  readonly name: string
  readonly mutation: Mutation
  /** Can be folded as the original can. Its hash is the original's, so that states can be compared. */
  readonly definition: AgentDefinition
}

/**
 * Two mutants for every guarded transition of an agent's machine, in document order: one that is
 * taken whenever it is its turn, and one that never is. A guard made of others counts as one. The
 * given definition is left as it is. Guards within actions are none of these.
 */
export function mutantsOf(definition: AgentDefinition): Mutant[] {
  const places = guardPlaces(definition.original.config as unknown as Branch)
  const names = namesOf(definition, places)
  const mutant = (name: string, mutation: Mutation): Mutant => ({
    name: `${name} ${mutation}`,
    mutation,
    definition: alteredAt(definition, names.get(name)!, mutation),
  })
  return instrument(definition)
    .declared.guards.filter((name) => names.has(name))
    .flatMap((name) => [mutant(name, 'without its guard'), mutant(name, 'never taken')])
}

/** Where in a machine's configuration something stands. */
type Place = readonly (string | number)[]
type Branch = { readonly [member: string]: unknown }

/** The place of every candidate that has a guard. */
function guardPlaces(root: Branch): Place[] {
  const places: Place[] = []
  const look = (candidates: unknown, place: Place): void => {
    if (Array.isArray(candidates)) {
      for (const [index, one] of candidates.entries()) look(one, [...place, index])
    } else if (isObject(candidates) && candidates['guard'] !== undefined) places.push(place)
  }
  const lookAtAll = (branch: unknown, place: Place): void => {
    for (const [name, candidates] of membersOf(branch)) look(candidates, [...place, name])
  }
  const visit = (node: Branch, place: Place): void => {
    for (const member of ['always', 'onDone']) look(node[member], [...place, member])
    for (const member of ['on', 'after']) lookAtAll(node[member], [...place, member])
    const { invoke, states } = node
    const invocations = Array.isArray(invoke) ? [...invoke.entries()] : [[undefined, invoke]]
    for (const [index, one] of invocations as [number | undefined, unknown][]) {
      const at = [...place, 'invoke', ...(index === undefined ? [] : [index])]
      for (const member of ['onDone', 'onError']) {
        if (isObject(one)) look(one[member], [...at, member])
      }
    }
    for (const [name, child] of membersOf(states)) {
      visit(child as Branch, [...place, 'states', name])
    }
  }
  visit(root, [])
  return places
}

function membersOf(branch: unknown): [string, unknown][] {
  return isObject(branch) ? Object.entries(branch) : []
}

/**
 * The places by the names of their transitions. Which place became which transition is the engine's
 * business, so a copy is made whose guards are their places, and read back.
 */
function namesOf(
  { original, sources }: AgentDefinition,
  places: readonly Place[],
): Map<string, Place> {
  const marks = new Map<unknown, Place>(places.map((place) => [() => place, place]))
  let config = original.config as unknown
  for (const [guard, place] of marks) {
    config = changedAt(config, place, (candidate) => ({ ...candidate, guard }))
  }
  const { root } = inertMachine(machineOf(original, config), sources.keys())
  const names = new Map<string, Place>()
  for (const node of nodesOf(root)) {
    for (const [trigger, candidates] of triggersOf(node)) {
      for (const [index, candidate] of candidates.entries()) {
        const place = marks.get(candidate.guard)
        if (place) names.set(transitionName(node, trigger, index, candidate), place)
      }
    }
  }
  return names
}

function alteredAt(definition: AgentDefinition, place: Place, mutation: Mutation): AgentDefinition {
  const { original: whole, sources } = definition
  const config = changedAt(whole.config, place, ({ guard: _guard, ...candidate }) =>
    mutation === 'never taken' ? { ...candidate, guard: never } : candidate,
  )
  const original = machineOf(whole, config)
  return { ...definition, original, machine: inertMachine(original, sources.keys()) }
}

const never = (): boolean => false

function machineOf({ implementations }: AnyStateMachine, config: unknown): AnyStateMachine {
  return new StateMachine(config as never, implementations as never)
}

/** A copy in which the object at this place is another; the rest is shared. */
function changedAt(whole: unknown, place: Place, change: (old: Branch) => Branch): unknown {
  const [first, ...rest] = place
  if (first === undefined) return change(whole as Branch)
  if (Array.isArray(whole)) {
    return whole.with(first as number, changedAt(whole[first as number], rest, change))
  }
  const branch = whole as Branch
  return { ...branch, [first]: changedAt(branch[first], rest, change) }
}
