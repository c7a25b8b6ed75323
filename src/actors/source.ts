import type { AnyActorLogic, AnyStateMachine, PromiseActorLogic } from 'xstate'
import { fromPromise } from 'xstate'
import type { DecisionContract } from '../contracts/decision.ts'
import { AshlarError } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'
import type { MemoryOperation } from '../contracts/memory.ts'
import type { Tool, ToolContract } from '../contracts/tool.ts'

/** The contract that rides on an actor logic, so that a registered machine knows what it invokes. */
export const contractKey: unique symbol = Symbol.for('ashlar.contract')

export type SourceContract = ToolContract<never, never> | DecisionContract<never> | MemoryOperation

/** What stands behind one `src` of a machine. */
export type Source =
  | { kind: 'tool'; contract: ToolContract<never, never> }
  | { kind: 'decision'; contract: DecisionContract<never> }
  | { kind: 'memory'; contract: MemoryOperation }
  | { kind: 'agent'; machine: AnyStateMachine }
  | { kind: 'promise'; run: PromiseCreator }

export type PromiseCreator = (args: {
  input: unknown
  signal: AbortSignal
  self: unknown
  system: unknown
  emit: (event: AgentEvent) => void
}) => PromiseLike<unknown>

type Branded<Logic> = Logic & { readonly [contractKey]: SourceContract }

function brand<Logic extends object>(logic: Logic, contract: unknown): Branded<Logic> {
  return Object.assign(logic, { [contractKey]: contract as SourceContract })
}

function notHere(kind: string, name: string): never {
  throw new AshlarError(
    'not-implemented-here',
    `${kind} ${name} has no implementation in this process; give it one, or run the machine durably`,
  )
}

/**
 * The tool as a source for `setup({ actors })`. In a durable agent the call travels to a process
 * that hosts the tool; in a plain XState actor the tool, when given whole, runs in place.
 */
export function toolActor<Input, Output>(
  tool: ToolContract<Input, Output> | Tool<Input, Output>,
): Branded<PromiseActorLogic<Output, Input>> {
  const logic = fromPromise<Output, Input>(async ({ input, signal }) => {
    if (!('execute' in tool)) return notHere('tool', tool.name)
    const checked = tool.input.parse(input)
    const scope = { idempotencyKey: `local:${tool.name}`, attempt: 1, signal }
    return tool.output.parse(await tool.execute(checked, scope))
  })
  return brand(logic, tool)
}

/** The decision as a source for `setup({ actors })`; its output is the chosen event. */
export function decisionActor<Input, Option extends AgentEvent>(
  decision: DecisionContract<Input, Option>,
): Branded<PromiseActorLogic<Option, Input>> {
  const logic = fromPromise<Option, Input>(async () => notHere('decision', decision.name))
  return brand(logic, decision)
}

/** A memory operation (`remember`, `recall`, `forget`) as a source for `setup({ actors })`. */
export function memoryActor<Input, Output>(
  operation: MemoryOperation<Input, Output>,
): Branded<PromiseActorLogic<Output, Input>> {
  const logic = fromPromise<Output, Input>(async () => notHere('memory', operation.name))
  return brand(logic, operation)
}

/** What a given actor logic is, or the reason why it cannot run durably. */
export function classify(logic: unknown): Source | { refused: string } {
  const contract = (logic as Partial<Branded<object>>)[contractKey]
  if (contract) return { kind: contract.kind, contract } as Source
  if ((logic as { __xstatenode?: boolean }).__xstatenode) {
    return { kind: 'agent', machine: logic as AnyStateMachine }
  }
  const candidate = logic as AnyActorLogic & { config?: unknown }
  if (!('start' in candidate)) {
    return { refused: 'a transition function keeps state that no machine owns; make it a machine' }
  }
  if (isPromiseLogic(candidate)) {
    return { kind: 'promise', run: candidate.config as PromiseCreator }
  }
  return {
    refused:
      'callbacks and observables live in one process and cannot be recovered; ' +
      'make it a tool, or let an outside process send events to the agent',
  }
}

/** Only promise logic answers `xstate.promise.resolve` with its data as output. */
function isPromiseLogic(logic: AnyActorLogic): boolean {
  const probe = {}
  try {
    const next = logic.transition(
      { status: 'active', output: undefined, error: undefined, input: undefined } as never,
      { type: 'xstate.promise.resolve', data: probe } as never,
      {} as never,
    ) as { status?: string; output?: unknown }
    return next.status === 'done' && next.output === probe
  } catch {
    return false
  }
}
