import type { AnyActorScope, AnyStateMachine, AnyStateNode, EventObject } from 'xstate'
import { and, enqueueActions, or } from 'xstate'
import type { AgentDefinition } from '../actors/definition.ts'
import { inertMachine } from '../actors/scope.ts'
import type { Effect } from '../contracts/effect.ts'

/** All that a machine declares; every name is unique within it. */
export interface Declared {
  /** Ids of the state nodes, without history pseudo-states. */
  readonly states: readonly string[]
  /** `node.id | trigger[index] -> targets`, one for each candidate. */
  readonly transitions: readonly string[]
  /** Of the transitions those with a guard. */
  readonly guards: readonly string[]
  /** `src: type` for every option of every decision that a node invokes. */
  readonly options: readonly string[]
}

/** What one or more steps did, in order and with repetitions; the names are those of `declared`. */
export interface Taken {
  readonly states: string[]
  readonly transitions: string[]
  /** Transitions whose guard was asked and held. */
  readonly held: string[]
  /** Transitions whose guard was asked and did not hold. */
  readonly refused: string[]
}

/** A definition whose steps tell what they did. */
export interface Instrument {
  /** For `step`. Same states, effects and hash as of the given one, which is left as it is. */
  readonly definition: AgentDefinition
  readonly declared: Declared
  /**
   * What the steps since the last call did, also one that threw. With the effects of the step it
   * counts as refused what a decision did not offer because of its guard.
   */
  take(effects?: readonly Effect[]): Taken
}

/**
 * Makes an observing copy of an agent's machine. The recorders are actions and guards of XState's
 * own kinds that leave the snapshot as it is, also its identity: on that the engine's eventless loop
 * and the step's `handled` depend, which an `assign` would change.
 */
export function instrument(definition: AgentDefinition): Instrument {
  const machine = inertMachine(definition.original, definition.sources.keys())
  const log = new Log()
  const [states, transitions, guards] = [[], [], []] as string[][] as [string[], string[], string[]]
  for (const node of nodesOf(machine.root)) {
    if (node.type === 'history') continue
    states.push(node.id)
    const entered = recorder(() => log.taken.states.push(node.id))
    Object.assign(node, { entry: [entered, ...node.entry] })
    for (const [trigger, candidates] of triggersOf(node)) {
      for (const [index, candidate] of candidates.entries()) {
        const name = transitionName(node, trigger, index, candidate)
        transitions.push(name)
        const taken = recorder(() => log.taken.transitions.push(name))
        Object.assign(candidate, { actions: [taken, ...candidate.actions] })
        if (candidate.guard === undefined) continue
        guards.push(name)
        Object.assign(candidate, { guard: log.watch(candidate.guard, name) })
      }
    }
  }
  log.observe(machine)
  return {
    definition: { ...definition, machine },
    declared: { states, transitions, guards, options: optionsOf(definition, machine) },
    take: (effects = []) => log.take(unofferedBy(definition, effects)),
  }
}

/** What people read behind a node: `CONFIRM`, `done lookUp`, `error lookUp`, `after 500`, … */
export function triggerName(descriptor: string, node: { id: string }): string {
  const after = /^xstate\.after\.(.*)$/.exec(descriptor)?.[1]
  if (after !== undefined) return `after ${withoutEnd(after, `.${node.id}`)}`
  if (descriptor === `xstate.done.state.${node.id}`) return 'done'
  const completion = /^xstate\.(done|error)\.actor\.(.*)$/.exec(descriptor)
  return completion ? `${completion[1]} ${completion[2]}` : descriptor
}

/** As `declared` names the transitions; unique within a machine. */
export function transitionName(
  node: { id: string },
  trigger: string,
  index: number,
  { target }: { target?: readonly { id: string }[] | undefined },
): string {
  const targets = target?.map(({ id }) => id).join(', ') ?? '(none)'
  return `${node.id} | ${trigger}[${index}] -> ${targets}`
}

type Guard = (args: { event: EventObject }) => boolean

/** What has been seen since the last look. */
class Log {
  taken: Taken = nothingYet()
  /** Refusals while the step looked which options to offer, by option type. */
  private probed = new Map<string, string[]>()
  private isTransiting = false

  /** A guard that says what the given one says. */
  watch(guard: unknown, name: string): unknown {
    const held: Guard = () => {
      if (this.isTransiting) this.taken.held.push(name)
      return true
    }
    const refused: Guard = ({ event }) => {
      if (this.isTransiting) this.taken.refused.push(name)
      else this.probe(event.type, name)
      return false
    }
    return or([and([guard as never, held as never]), refused as never])
  }

  /** Tells guards that decide from guards that are only asked whether they might. */
  observe(machine: AnyStateMachine): void {
    const { transition, getInitialSnapshot } = machine
    const during = <T>(run: () => T): T => {
      this.isTransiting = true
      try {
        return run()
      } finally {
        this.isTransiting = false
      }
    }
    Object.assign(machine, {
      transition: (snapshot: never, event: never, scope: AnyActorScope) =>
        during(() => transition(snapshot, event, scope)),
      getInitialSnapshot: (scope: AnyActorScope, input: never) =>
        during(() => getInitialSnapshot(scope, input)),
    })
  }

  take(unoffered: ReadonlySet<string>): Taken {
    const { taken, probed } = this
    this.taken = nothingYet()
    if (probed.size === 0) return taken
    this.probed = new Map()
    for (const [type, names] of probed) if (unoffered.has(type)) taken.refused.push(...names)
    return taken
  }

  private probe(type: string, name: string): void {
    const names = this.probed.get(type)
    if (names) names.push(name)
    else this.probed.set(type, [name])
  }
}

function nothingYet(): Taken {
  return { states: [], transitions: [], held: [], refused: [] }
}

/** An action that asks for nothing: the engine goes on with the very snapshot that it had. */
function recorder(record: () => void): unknown {
  return enqueueActions(record)
}

/** The option types that the decisions of a step did not offer. */
function unofferedBy(
  { sources }: AgentDefinition,
  effects: readonly Effect[],
): ReadonlySet<string> {
  const types = new Set<string>()
  for (const effect of effects) {
    if (effect.kind !== 'spawn' || effect.child !== 'decision') continue
    const source = sources.get(effect.src)
    if (source?.kind !== 'decision') continue
    for (const type of source.contract.optionTypes) {
      if (effect.offered?.includes(type) === false) types.add(type)
    }
  }
  return types
}

/** Only of decisions that the chart can invoke: a machine may declare sources that it never uses. */
function optionsOf({ sources }: AgentDefinition, machine: AnyStateMachine): string[] {
  const invoked = new Set<string>()
  for (const node of nodesOf(machine.root)) {
    for (const { src } of node.invoke) if (typeof src === 'string') invoked.add(src)
  }
  return [...invoked].flatMap((src) => {
    const source = sources.get(src)
    if (source?.kind !== 'decision') return []
    return source.contract.optionTypes.map((type) => `${src}: ${type}`)
  })
}

/** A node and all below it, in document order. */
export function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)]
}

type Candidate = AnyStateNode['always'] & object

/** The candidates of a node by what triggers them, see {@link triggerName}. */
export function triggersOf(node: AnyStateNode): [string, Candidate][] {
  const { always } = node
  const named = [...node.transitions].map(([descriptor, candidates]): [string, Candidate] => [
    triggerName(descriptor, node),
    candidates,
  ])
  return always ? [...named, ['always', always]] : named
}

function withoutEnd(text: string, end: string): string {
  return text.endsWith(end) ? text.slice(0, -end.length) : text
}
