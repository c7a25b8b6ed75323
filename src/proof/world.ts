import type { Address } from '../contracts/address.ts'
import { formatAddress, parseAddress } from '../contracts/address.ts'
import { InputError } from '../contracts/error.ts'
import type { ErrorValue } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'
import type { Json } from '../contracts/json.ts'
import type { StateValue, StoredState } from '../contracts/state.ts'
import type { AgentDefinition } from '../actors/definition.ts'
import type { Property, View } from './properties.ts'

/**
 * A composition to be proved: agents with all that they talk to. `Outside` is the state of the
 * systems behind the tools, as JSON.
 */
export interface World<Outside = unknown> {
  /** For the report and for traces. */
  readonly name: string
  readonly agents: readonly StartedAgent[]
  /** Definitions of the child agents that may be spawned. */
  readonly children?: readonly AgentDefinition[]
  /** What the systems outside are at the start. Default: `null`. */
  readonly outside?: Outside
  /** By the name in the tool's contract. One that is missing answers with examples of its output. */
  readonly tools?: Readonly<Record<string, ToolModel<Outside>>>
  /** By the name in the decision's contract. One that is missing chooses examples of its options. */
  readonly decisions?: Readonly<Record<string, DecisionModel<Outside>>>
  readonly memory?: Partial<Readonly<Record<'recall' | 'remember' | 'forget', CallModel<Outside>>>>
  /** Promise sources by `src`. One that is missing answers nothing. */
  readonly promises?: Readonly<Record<string, CallModel<Outside>>>
  /** Who sends events from outside: customers, approvers, other systems. */
  readonly outsiders?: readonly Outsider[]
  /** Per machine: what of the context counts. */
  readonly abstractions?: Readonly<Record<string, Abstraction>>
  /** Drops from the state outside what nobody looks at. */
  readonly abstractOutside?: (outside: Outside) => Outside
  readonly bounds?: Partial<Bounds>
  /** A further bound: what comes after a state where this is false is not looked at. */
  readonly within?: (view: View<Outside>) => boolean
  readonly properties: readonly Property<Outside>[]
}

export interface StartedAgent {
  readonly definition: AgentDefinition
  /** The id part of the address. */
  readonly id: string
  readonly input?: unknown
}

/** How far the search goes. Everything within is covered. */
export interface Bounds {
  /** Processes that die, over a whole run. */
  readonly crashes: number
  /** Events of outsiders that come twice, and calls that are delivered twice. */
  readonly duplicates: number
  /** Executions that are given up and take effect later all the same. */
  readonly delays: number
  /** Attempts of a call, if its tool allows more: a third attempt can do what a second can. */
  readonly attempts: number
  /** Messages under way from one agent to another. */
  readonly mailbox: number
}

export const defaultBounds: Bounds = {
  crashes: 1,
  duplicates: 1,
  delays: 0,
  attempts: 2,
  mailbox: 4,
}

/** What one execution may come to. Beside it every call may also fail, hang, or lose its answer. */
export type Execution<Outside> =
  | { readonly output: unknown; readonly outside?: Outside; readonly label?: string }
  | { readonly error: Partial<ErrorValue>; readonly outside?: Outside; readonly label?: string }

/** What an execution starts from. */
export interface ExecutionInput<Outside> {
  readonly outside: Outside
  readonly input: never
  /** The agent that called, `type/id`. */
  readonly agent: string
  /** What an earlier execution of the same call answered, under the same idempotency key. */
  readonly earlier: { readonly output: unknown } | undefined
}

export type CallModel<Outside> = (so: ExecutionInput<Outside>) => readonly Execution<Outside>[]

export interface ToolModel<Outside> {
  /**
   * Every outcome worth telling apart. An `idempotent` tool is not asked again when it has answered
   * under the same key, unless `ignoresKey`.
   */
  readonly execute: CallModel<Outside>
  /** A tool that does not keep its promise: it runs again under a key that it has seen. */
  readonly ignoresKey?: boolean
  /**
   * Of a `once` tool with `reconcile`: whether it can tell what became of a call. Default: it can, or
   * says that it does not know. `false`: it has none.
   */
  readonly reconciles?: boolean
}

/** Every option worth telling apart; the search takes those that are offered. */
export type DecisionModel<Outside> = (so: {
  readonly outside: Outside
  readonly input: never
  readonly offered: readonly string[]
}) => readonly AgentEvent[]

export interface Outsider {
  readonly name: string
  /** Address of the agent that it talks to; `machine/*`: to every agent of that machine. */
  readonly to: string
  /** What it may send when the agent is in this state; it may also be silent. */
  readonly events: (state: StoredState) => readonly OutsideEvent[]
  /** How many in all. Default: without a bound. */
  readonly most?: number
}

export interface OutsideEvent {
  readonly event: AgentEvent
  /** The agent must take it: see `everyExpectedEventIsTaken`. */
  readonly isExpected?: boolean
}

/**
 * Makes states that differ in nothing that matters one. It must be a function of what is told
 * apart; `checkAbstractions` tries it on random walks.
 */
export interface Abstraction {
  readonly context: (context: never, state: StateValue) => object
  /** What of the output of an ended agent counts. */
  readonly output?: (output: never) => unknown
  /** What of the context is needed to put an event that is still under way into the same terms. */
  readonly shift?: (context: never) => Json
  readonly event?: (event: AgentEvent, shift: Json) => AgentEvent
  /** What of the input of a call counts, by the source that is called. */
  readonly inputs?: Readonly<Record<string, (input: never) => unknown>>
}

/** A world that `ashlar prove` finds in a module. */
export type DefinedWorld<Outside = unknown> = World<Outside> & { readonly kind: 'world' }

/**
 * Declares a world, to be exported by a module for `ashlar prove`.
 * @throws InputError when it starts no agent, or names one that is not started
 */
export function defineWorld<Outside>(world: World<Outside>): DefinedWorld<Outside> {
  checkWorld(world as World)
  return { kind: 'world', ...world }
}

/** @throws InputError */
export function checkWorld(world: World): void {
  const field = `world ${world.name}`
  if (world.agents.length === 0) {
    const todo = 'name at least one agent to start'
    throw new InputError({ field: `${field}: agents`, expected: 'some', got: 'none', todo })
  }
  const addresses = new Set(world.agents.map((agent) => formatAddress(addressOf(agent))))
  const definitions = [...world.agents.map((one) => one.definition), ...(world.children ?? [])]
  const machines = new Set(definitions.map((definition) => definition.id))
  for (const { name, to } of world.outsiders ?? []) {
    const { type, id } = parseAddress(to)
    if (addresses.has(to) || (id === '*' && machines.has(type))) continue
    const started = [...addresses].join(', ')
    const expected = `the address of a started agent (${started}) or \`machine/*\``
    const todo = 'correct it'
    throw new InputError({ field: `${field}: outsider ${name}: to`, expected, got: to, todo })
  }
  for (const [name, value] of Object.entries(world.bounds ?? {})) {
    if (Number.isInteger(value) && value >= 0) continue
    const todo = 'correct it'
    const expected = 'a whole number from 0'
    throw new InputError({ field: `${field}: bounds.${name}`, expected, got: value, todo })
  }
}

export function addressOf({ definition, id }: StartedAgent): Address {
  return { type: definition.id, id }
}
