import type { Address } from '../contracts/address.ts'
import type { BudgetAccount } from '../contracts/budget.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Provenance } from '../contracts/decision.ts'
import type { ErrorValue } from '../contracts/error.ts'
import { toErrorValue } from '../contracts/error.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import type { AgentDefinition } from './definition.ts'
import type { SourceHandler } from './in-memory.ts'
import { runInMemory } from './in-memory.ts'

/** A call to a tool, decision or memory operation. */
export interface Call {
  /** Identity of the effect that asked for it: the idempotency key (I3). */
  id: string
  /** The agent that asks. */
  agent: Address
  input: unknown
  offered: readonly string[]
  /** What a decision counts against. */
  budgets: readonly BudgetAccount[]
}

/** How a call ended, as the agent's `onDone` or `onError` will see it. */
export type Completion = { output: unknown; provenance?: Provenance } | { error: ErrorValue }

/** A completion as the input of the agent that waits for it. */
export function completionEvent(
  { childId, incarnation }: { childId: string; incarnation: number },
  completion: Completion,
): NeutralEvent {
  return 'output' in completion
    ? { kind: 'done', childId, incarnation, ...completion }
    : { kind: 'error', childId, incarnation, error: completion.error }
}

/** One call, set up for its statechart: the machine's input and what runs behind its sources. */
export interface Performance {
  /** Runs code of the user, as schemas and prompts are; not asked of a call that is given up. */
  input(): unknown
  handlers: Readonly<Record<string, SourceHandler>>
  conclude(output: never): Completion
  /** How a call ends that its workers do not survive: what `conclude` takes. */
  giveUp?(deliveries: number): Promise<unknown>
}

/** Something that answers calls; each call is a run of its statechart. */
export interface Performer {
  readonly kind: 'tool' | 'decision' | 'memory'
  readonly name: string
  readonly concurrency: number
  /** After this silence another process may take the call over. */
  readonly ackWaitMs: number
  perform(call: Call, signal: AbortSignal): Promise<Completion>
  /** Ends a call, without running it, that was delivered too often: its workers must have died. */
  giveUp(call: Call, deliveries: number): Promise<Completion>
}

/** Pairs a statechart with what prepares a run of it. */
export function createPerformer(
  options: Pick<Performer, 'kind' | 'name' | 'concurrency' | 'ackWaitMs'> & {
    definition: AgentDefinition
    clock: Clock
    prepare: (call: Call) => Performance
  },
): Performer {
  const { definition, clock, prepare, ...face } = options
  return {
    ...face,
    async perform(call, signal) {
      try {
        const { input, handlers, conclude } = prepare(call)
        const parts = { name: call.id, input: input(), clock, handlers, signal }
        const run = runInMemory(definition, parts)
        return conclude((await run.output) as never)
      } catch (thrown) {
        return { error: toErrorValue(thrown) }
      }
    },
    async giveUp(call, deliveries) {
      const { conclude, giveUp } = prepare(call)
      if (giveUp) return conclude((await giveUp(deliveries)) as never)
      const { kind, name } = face
      const message = workersDied(`${kind} ${name}`, deliveries)
      return { error: { name: 'DecisionFailure', kind: 'failed', [kind]: name, message } }
    },
  }
}

/** Why a call is given up. */
export function workersDied(what: string, deliveries: number): string {
  return `${what} was not finished in ${deliveries} deliveries: its workers died of it`
}
