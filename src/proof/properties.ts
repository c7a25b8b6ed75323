import type { Json } from '../contracts/json.ts'
import type { StoredState } from '../contracts/state.ts'
import type { Occurrence } from './occurrence.ts'

/** What must hold of every run. Its name stands in reports and traces. */
export type Property<Outside = unknown> =
  | { readonly kind: 'invariant'; readonly name: string; readonly holds: Holds<View<Outside>> }
  | {
      readonly kind: 'agentInvariant'
      readonly name: string
      readonly machine: string
      readonly holds: Holds<StoredState>
    }
  | Monitor<Outside>
  | {
      readonly kind: 'settles'
      readonly name: string
      readonly mayRest: (view: View<Outside>) => boolean
      readonly mayLoop: boolean
    }
  | { readonly kind: 'reached'; readonly name: string; readonly except: readonly string[] }

/** True, or why not. */
type Holds<T> = (of: T) => true | string

/** One state of the whole composition. */
export interface View<Outside = unknown> {
  /** By address, `type/id`; those that have not begun are missing. */
  readonly agents: ReadonlyMap<string, StoredState>
  readonly outside: Outside
  /** Calls under way. */
  readonly calls: readonly { agent: string; target: string; childId: string; isOrphan: boolean }[]
}

/** An automaton that is told all that occurs and says when it should not have. */
export interface Monitor<Outside = unknown> {
  readonly kind: 'monitor'
  readonly name: string
  readonly initial: Json
  /** Of which occurrences it wants to be told. */
  readonly of: readonly Occurrence<Outside>['kind'][]
  /** The next state, or what is broken; a pure function. */
  readonly next: (state: Json, occurrence: Occurrence<Outside>) => Json | Broken
}

/** A monitor's word that its property does not hold. */
export class Broken {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

export function broken(reason: string): Broken {
  return new Broken(reason)
}

/** Of every state of the composition. `holds` gives true, or says what is wrong. */
export function invariant<Outside>(name: string, holds: Holds<View<Outside>>): Property<Outside> {
  return { kind: 'invariant', name, holds }
}

/** Of every state of every agent of one machine; cheaper than an invariant of the whole. */
export function agentInvariant<Outside>(
  machine: string,
  name: string,
  holds: Holds<StoredState>,
): Property<Outside> {
  return { kind: 'agentInvariant', machine, name, holds }
}

/** Of every run: `next` is told all that occurs and keeps a JSON state; see {@link broken}. */
export function monitor<Outside, State extends Json>(
  name: string,
  options: {
    initial: State
    of: readonly Occurrence<Outside>['kind'][]
    next: (state: State, occurrence: Occurrence<Outside>) => State | Broken
  },
): Property<Outside> {
  return { kind: 'monitor', name, ...options } as unknown as Property<Outside>
}

type Test<Outside> = (occurrence: Occurrence<Outside>) => boolean

/** Never `second` before `first` has occurred. */
export function neverBefore<Outside>(
  name: string,
  first: Test<Outside>,
  second: Test<Outside>,
): Property<Outside> {
  return pattern<Outside, boolean>(name, false, (hasOccurred, occurrence) => {
    if (!hasOccurred && second(occurrence)) return broken(`${describe(occurrence)} came first`)
    return hasOccurred || first(occurrence)
  })
}

/** Never `second` once `first` has occurred. */
export function neverAfter<Outside>(
  name: string,
  first: Test<Outside>,
  second: Test<Outside>,
): Property<Outside> {
  return pattern<Outside, boolean>(name, false, (hasOccurred, occurrence) => {
    if (hasOccurred && second(occurrence)) return broken(`${describe(occurrence)} came afterwards`)
    return hasOccurred || first(occurrence)
  })
}

/** So often at most over a run. */
export function atMost<Outside>(
  name: string,
  times: number,
  what: Test<Outside>,
): Property<Outside> {
  return pattern<Outside, number>(name, 0, (count, occurrence) => {
    if (!what(occurrence)) return count
    return count === times ? broken(`${describe(occurrence)} once more`) : count + 1
  })
}

function pattern<Outside, State extends Json>(
  name: string,
  initial: State,
  next: (state: State, occurrence: Occurrence<Outside>) => State | Broken,
): Property<Outside> {
  const of = ['stepped', 'executed', 'sent', 'emitted', 'deadLetter'] as const
  return monitor<Outside, State>(name, { initial, of, next })
}

/** No call of a `once` tool takes effect twice, whatever crashes or is delivered again. */
export function onceAtMostOnce<Outside>(): Property<Outside> {
  return effectAtMostOnce('every once-effect at most once', 'once')
}

/** No call of an `idempotent` tool takes effect twice: its tool honours the key. */
export function keysAreHonoured<Outside>(): Property<Outside> {
  return effectAtMostOnce('every idempotency key is honoured', 'idempotent')
}

function effectAtMostOnce<Outside>(name: string, effect: 'once' | 'idempotent'): Property<Outside> {
  return monitor<Outside, null>(name, {
    initial: null,
    of: ['executed'],
    next: (state, occurrence) => {
      if (occurrence.kind !== 'executed' || occurrence.effect !== effect) return state
      const { count, tool, agent } = occurrence
      return count > 1 ? broken(`${tool} of ${agent} took effect ${count} times`) : state
    },
  })
}

/** No guard, action or output of a machine throws, and no child fails with nobody to handle it. */
export function noAgentFails<Outside>(): Property<Outside> {
  return monitor<Outside, null>('no agent fails', {
    initial: null,
    of: ['stepped'],
    next: (state, occurrence) => {
      if (occurrence.kind !== 'stepped') return state
      const { after, before, agent } = occurrence
      const { status, error } = after.snapshot
      if (status !== 'error' || before?.snapshot.status === 'error') return state
      return broken(`${agent} failed: ${error?.message ?? 'for no known reason'}`)
    },
  })
}

/** No event of an agent is left untaken, but those of these types. */
export function noUnhandledEvent<Outside>(
  options: { except?: readonly string[] } = {},
): Property<Outside> {
  const except = new Set(options.except)
  return monitor<Outside, null>('no unhandled event', {
    initial: null,
    of: ['deadLetter'],
    next: (state, occurrence) => {
      if (occurrence.kind !== 'deadLetter' || except.has(occurrence.event?.type ?? '')) return state
      const { event, agent, reason } = occurrence
      return broken(`${event?.type ?? 'a message'} to ${agent} became a dead letter: ${reason}`)
    },
  })
}

/** An event that an outsider may rightly expect to be taken is taken. */
export function everyExpectedEventIsTaken<Outside>(): Property<Outside> {
  return monitor<Outside, null>('every expected event is taken', {
    initial: null,
    of: ['stepped'],
    next: (state, occurrence) => {
      if (occurrence.kind !== 'stepped' || !occurrence.isExpected || occurrence.handled) {
        return state
      }
      const { event, agent } = occurrence
      const type = event.kind === 'event' ? event.event.type : event.kind
      return broken(`${agent} did not take ${type}`)
    },
  })
}

/**
 * Whatever happens, the composition comes to rest when nobody outside says anything more: every
 * agent has ended, or waits where `mayRest` says that it may wait for a person. `mayLoop` allows
 * cycles out of which there is a way, as of an agent that polls; without, there is none at all.
 */
export function settles<Outside>(
  options: { mayRest?: (view: View<Outside>) => boolean; mayLoop?: boolean } = {},
): Property<Outside> {
  const { mayRest = () => false, mayLoop = false } = options
  return { kind: 'settles', name: 'always ends or waits for a person', mayRest, mayLoop }
}

/** Every state of every machine is entered in some run, but these (`machine.path.of.state`). */
export function everyStateIsReached<Outside>(
  options: { except?: readonly string[] } = {},
): Property<Outside> {
  const { except = [] } = options
  return { kind: 'reached', name: 'every state is reached', except }
}

function describe<Outside>(occurrence: Occurrence<Outside>): string {
  switch (occurrence.kind) {
    case 'stepped':
      return `a step of ${occurrence.agent}`
    case 'executed':
      return `${occurrence.tool} of ${occurrence.agent}`
    case 'sent':
    case 'emitted':
      return occurrence.event.type
    case 'deadLetter':
      return `a dead letter of ${occurrence.agent}`
  }
}
