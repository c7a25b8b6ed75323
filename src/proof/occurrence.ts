import type { AgentEvent, NeutralEvent } from '../contracts/event.ts'
import type { Effect } from '../contracts/effect.ts'
import type { EffectOf } from './call.ts'
import type { StoredState } from '../contracts/state.ts'

/**
 * What can be seen of a run, in the checker as on the real runtime: properties are told of it. An
 * agent is written `type/id`.
 */
export type Occurrence<Outside = unknown> =
  | Stepped
  | Executed<Outside>
  | { kind: 'sent'; by: string; to: string; event: AgentEvent; isExpected: boolean }
  | { kind: 'emitted'; agent: string; event: AgentEvent }
  | { kind: 'deadLetter'; agent: string; reason: string; event: AgentEvent | undefined }

export interface Stepped {
  kind: 'stepped'
  agent: string
  event: NeutralEvent
  before: StoredState | undefined
  after: StoredState
  effects: readonly Effect[]
  handled: boolean
  /** From an outsider, who expects that it is taken. */
  isExpected: boolean
}

/** An execution of a tool, memory operation or promise that took effect, or could have. */
export interface Executed<Outside = unknown> {
  kind: 'executed'
  /** Name in the contract; of a promise its source. */
  tool: string
  effect: EffectOf
  agent: string
  childId: string
  input: unknown
  /** Undefined when it failed or its answer was lost. */
  output: unknown
  /** State of the caller; undefined when it has gone. */
  caller: StoredState | undefined
  /** The caller has left the state that made the call. */
  isOrphan: boolean
  /** Which execution of this call it is that took effect, from 1. */
  count: number
  before: Outside
  after: Outside
}
