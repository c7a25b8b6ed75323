import type { Address } from './address.ts'
import type { ErrorValue } from './error.ts'
import type { AgentEvent, ParentLink } from './event.ts'

/** What runs behind an `invoke.src`; decides how a spawn is delivered. */
export type ChildKind = 'tool' | 'decision' | 'memory' | 'promise' | 'agent'

/**
 * What a step asks the world to do: closed, JSON-safe, in execution order, shaped like the effect
 * descriptors of XState v6. `action` is a declared side effect of the user's machine.
 */
export type Effect =
  | SpawnEffect
  | StopEffect
  | { kind: 'send'; to: Address; event: AgentEvent }
  | { kind: 'schedule'; id: string; incarnation: number; atMs: number }
  | { kind: 'cancel'; id: string; incarnation: number }
  | { kind: 'emit'; event: AgentEvent }
  | { kind: 'log'; value: unknown; label?: string }
  | ActionEffect
  | TerminateEffect
  /** Without an event of its own it is about the event of the record. */
  | { kind: 'deadLetter'; reason: string; event?: AgentEvent }

export interface SpawnEffect {
  kind: 'spawn'
  id: string
  incarnation: number
  src: string
  child: ChildKind
  input?: unknown
  /** Tools, decisions and memory: the name in the contract, which is the name of the queue. */
  target?: string
  /** Only for child agents. */
  address?: Address
  /** Only for decisions: the option types that the state accepts. */
  offered?: string[]
}

export type StopEffect = Pick<
  SpawnEffect,
  'id' | 'incarnation' | 'src' | 'child' | 'target' | 'address'
> & { kind: 'stop' }

export interface ActionEffect {
  kind: 'action'
  name: string
  params?: unknown
  event: AgentEvent
  /** The context at the action's place in the step, when it differs from the committed one. */
  context?: unknown
}

export interface TerminateEffect {
  kind: 'terminate'
  status: 'done' | 'error' | 'stopped'
  output?: unknown
  error?: ErrorValue
  parent?: ParentLink
}

/** `type/id:seq:index`: the identity of an effect, its message id and idempotency key (I3). */
export function effectIdentity(address: Address, step: number, index: number): string {
  return `${address.type}/${address.id}:${step}:${index}`
}
