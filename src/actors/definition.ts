import type { AnyStateMachine, InputFrom } from 'xstate'
import type * as z from 'zod'
import type { BudgetCaps } from '../contracts/budget.ts'
import { checkNumber } from '../contracts/declaration.ts'
import { hashJson } from '../contracts/json.ts'
import { checkMachine } from './checks.ts'
import { inertMachine } from './scope.ts'
import type { Source } from './source.ts'
import { classify } from './source.ts'

/** A machine that passed registration, ready to be hosted. */
export interface AgentDefinition<Machine extends AnyStateMachine = AnyStateMachine> {
  readonly kind: 'agent'
  readonly id: string
  readonly version: string
  readonly hash: string
  /** The copy that the runtime folds: same chart, inert sources. */
  readonly machine: AnyStateMachine
  /** What the user wrote; promise sources and declared side effects run from here. */
  readonly original: Machine
  readonly sources: ReadonlyMap<string, Source>
  readonly sideEffects: ReadonlySet<string>
  readonly events: Readonly<Record<string, z.ZodType>>
  readonly input: z.ZodType | undefined
  readonly budget: BudgetCaps | undefined
}

export interface AgentOptions<Machine extends AnyStateMachine> {
  machine: Machine
  /**
   * Names of actions that do something outside the machine. They run at least once, after the
   * commit; every other action must be pure.
   */
  sideEffects?: readonly string[]
  /**
   * Schemas of the events that outsiders may send. When given, other events and messages that
   * break their schema are refused at the door.
   */
  events?: Record<string, z.ZodType>
  /** Schema of the start input. */
  input?: z.ZodType<InputFrom<Machine>>
  /**
   * What the decisions of an agent may cost, those of its child agents included. A decision that
   * would pass it is not asked for: the next decider that costs nothing is, else it abstains.
   */
  budget?: BudgetCaps
}

/**
 * Checks a machine and makes it hostable.
 * @throws RegistrationError listing every rule that the machine breaks, with the node's path.
 */
export function defineAgent<Machine extends AnyStateMachine>(
  options: AgentOptions<Machine>,
): AgentDefinition<Machine> {
  const { machine, sideEffects = [], events = {}, input, budget } = options
  if (budget) checkCaps(machine.id, budget)
  checkMachine(machine, new Set(sideEffects))
  const sources = new Map<string, Source>()
  for (const [src, logic] of Object.entries(machine.implementations.actors)) {
    const source = classify(logic)
    if (!('refused' in source)) sources.set(src, source)
  }
  return {
    kind: 'agent',
    id: machine.id,
    version: machine.version ?? '0',
    hash: hashDefinition(machine),
    machine: inertMachine(machine, sources.keys()),
    original: machine,
    sources,
    sideEffects: new Set(sideEffects),
    events,
    input,
    budget,
  }
}

/** @throws InputError */
function checkCaps(id: string, caps: BudgetCaps): void {
  for (const [name, cap] of Object.entries(caps)) checkNumber(`agent ${id}: budget.${name}`, cap, 0)
}

/** Structure and names, not function bodies: reformatting a guard does not change the version. */
function hashDefinition(machine: AnyStateMachine): string {
  const text = JSON.stringify(machine.config, (_key, value: unknown) =>
    typeof value === 'function' ? describeFunction(value) : value,
  )
  return hashJson(JSON.parse(text)).slice(0, 16)
}

function describeFunction(value: object): unknown {
  const { type, name } = value as { type?: unknown; name?: unknown }
  return { function: typeof type === 'string' ? type : name }
}
