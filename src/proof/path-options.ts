import type { StoredState } from '../contracts/state.ts'
import type { StateValue } from '../contracts/state-value.ts'

/** What an example may depend on. */
export interface ExampleState {
  readonly value: StateValue
  readonly context: Record<string, unknown>
  /** Option types that the decision at hand offers. */
  readonly offered?: readonly string[]
}

/** Values, or a function that gives those that fit a state. */
export type Examples = readonly unknown[] | ((state: ExampleState) => readonly unknown[])

/** Which paths: to every state; through every transition and guard; through every pair of those. */
export type Suite = 'shortest' | 'transitions' | 'pairs'

/** How far a machine is explored. */
export interface PathBounds {
  /** States, as the key tells them apart. Default: 3,000. */
  readonly states?: number
  /** Contexts in which one configuration is explored further. Default: 40. */
  readonly contexts?: number
  /** Moves of a path. Default: 40. */
  readonly depth?: number
}

export interface PathOptions {
  /** Default: `transitions`. */
  readonly suite?: Suite
  /**
   * Values by event type, and by source or child id what it answers; an `Error` among them is an
   * error of the source. An empty list: never. Default: made from the schemas of events and
   * contracts; an event without a schema has no payload, and a source without one gives `undefined`.
   */
  readonly examples?: Readonly<Record<string, Examples>>
  /** Start inputs. Default: made from the agent's input schema. */
  readonly inputs?: readonly unknown[]
  /** What of a state's context tells it from others, for contexts that grow. Default: all of it. */
  readonly stateKey?: (stored: StoredState) => unknown
  readonly bounds?: PathBounds
  /**
   * Values per event and answer that are followed at the same state, beside those that take other
   * transitions. Default: 3, and more where that leaves something untaken.
   */
  readonly valuesPerEvent?: number
  /** Of the examples that are made. Default: 1. */
  readonly seed?: number
}
