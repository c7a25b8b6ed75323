import { AshlarError } from '../contracts/error.ts'
import type { AgentStatus, StateValue, StoredState } from '../contracts/state.ts'
import type { Move } from './move.ts'
import { describeMove } from './move.ts'

/** Where an agent is after a move. */
export interface AgentAt {
  readonly status: AgentStatus
  readonly value: StateValue
}

/** A move of a trace that has been played. */
export interface PlayedMove {
  readonly move: Move
  /** One line for people. */
  readonly text: string
  /** Every agent that has begun, by its address `type/id`. */
  readonly agents: Readonly<Record<string, AgentAt>>
  /** Calls under way, as `machine/id tool`. */
  readonly calls: readonly string[]
  /** Kinds of what occurred, in order; of executions with the tool. */
  readonly occurred: readonly string[]
}

/** What came of playing a trace. */
export interface TracePlay {
  readonly world: string
  readonly property: string
  /** `model`, or the name of the ground. */
  readonly on: string
  /** True: the property of the trace is broken here as well. */
  readonly isBroken: boolean
  /** Why it is broken, or what happened instead. */
  readonly reason: string
  /** The move, from 1, that could not be made or went another way. */
  readonly divergedAt?: number
  readonly steps: readonly PlayedMove[]
  /** Addresses of all agents that have a journal. */
  readonly agents: readonly string[]
}

/** A move cannot be made, or has led elsewhere. The message says which and why. */
export class DivergedError extends AshlarError {
  override readonly name = 'DivergedError'

  constructor(problem: string) {
    super('diverged', problem)
  }
}

export function atOf({ snapshot: { status, value } }: StoredState): AgentAt {
  return { status, value }
}

/** `move 3 (customer sends …)` */
export function placeOfMove(index: number, move: Move): string {
  return `move ${index + 1} (${describeMove(move)})`
}
