import type { Address } from './address.ts'
import type { BudgetAccount } from './budget.ts'
import type { SpawnEffect } from './effect.ts'
import type { ErrorValue } from './error.ts'
import type { AgentEvent, ParentLink } from './event.ts'
import type { StateValue } from './state-value.ts'

export type { StateValue } from './state-value.ts'
export { describeValue } from './state-value.ts'

/** Which definition a state belongs to. The hash covers the machine's whole configuration. */
export interface MachineVersion {
  id: string
  version: string
  hash: string
}

export type AgentStatus = 'active' | 'done' | 'error' | 'stopped'

/** XState's persisted snapshot without its children, which {@link StoredState} keeps by itself. */
export interface StoredSnapshot {
  status: AgentStatus
  value: StateValue
  context: Record<string, unknown>
  historyValue?: Record<string, { id: string }[]>
  output?: unknown
  error?: ErrorValue
}

/** What a spawn started, under its id. */
export interface StoredChild extends Omit<SpawnEffect, 'kind' | 'id'> {
  /** Identity of the spawn effect; a restart of the child keeps it (I3). Set when committed. */
  identity?: string
  /** Its end has been folded; the machine has not yet left the state that invoked it. */
  settled?: boolean
}

/** `event` fires into the machine; with `to` it is sent there instead (a delayed `sendTo`). */
export interface StoredTimer {
  incarnation: number
  atMs: number
  event: AgentEvent
  to?: Address
}

/** All that a machine knows between two steps. JSON; authoritative; read back, never recomputed. */
export interface StoredState {
  machine: MachineVersion
  snapshot: StoredSnapshot
  children: Record<string, StoredChild>
  timers: Record<string, StoredTimer>
  /** How many spawns and timers there have been: the source of incarnation tokens. */
  incarnations: number
  parent?: ParentLink
  /** What its decisions count against: those of its ancestors, outermost first, then its own. */
  budgets?: BudgetAccount[]
}
