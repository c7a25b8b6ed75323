import * as z from 'zod'
import type { Address } from './address.ts'
import { addressSchema } from './address.ts'
import type { BudgetAccount } from './budget.ts'
import { budgetAccountSchema } from './budget.ts'
import type { Provenance } from './decision.ts'
import type { ErrorValue } from './error.ts'

/** An event of a user's machine: a `type` and JSON members. */
export interface AgentEvent {
  type: string
  [member: string]: unknown
}

/** Who waits for an agent's end: its parent, and which of the parent's children it is. */
export interface ParentLink {
  address: Address
  childId: string
  incarnation: number
}

/**
 * An input to a machine in the journal's own words, so that a change of engine touches one file.
 * An incarnation counts the spawns and timers of one agent; a completion whose incarnation is not
 * the present one is stale and is dropped.
 */
export type NeutralEvent =
  | {
      kind: 'init'
      input?: unknown
      parent?: ParentLink
      /** Those that the parent's decisions count against. */
      budgets?: BudgetAccount[]
    }
  | { kind: 'event'; event: AgentEvent }
  | {
      kind: 'done'
      childId: string
      incarnation: number
      output?: unknown
      /** Of a decision: who decided. For the journal; the machine does not see it. */
      provenance?: Provenance
    }
  | { kind: 'error'; childId: string; incarnation: number; error: ErrorValue }
  | { kind: 'timer'; timerId: string; incarnation: number }
  | { kind: 'stop' }
  /** An operator's: a failed agent goes on from its last good state. */
  | { kind: 'resume' }

export const agentEventSchema: z.ZodType<AgentEvent> = z.looseObject({ type: z.string().min(1) })

const errorValueSchema = z.looseObject({
  name: z.string(),
  message: z.string(),
}) as unknown as z.ZodType<ErrorValue>

const completion = { childId: z.string(), incarnation: z.int() }

export const neutralEventSchema: z.ZodType<NeutralEvent> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('init'),
    input: z.unknown().optional(),
    parent: z
      .object({ address: addressSchema, childId: z.string(), incarnation: z.int() })
      .optional(),
    budgets: z.array(budgetAccountSchema).optional(),
  }),
  z.object({ kind: z.literal('event'), event: agentEventSchema }),
  z.object({
    kind: z.literal('done'),
    ...completion,
    output: z.unknown().optional(),
    provenance: z.looseObject({ decider: z.string() }).optional(),
  }),
  z.object({ kind: z.literal('error'), ...completion, error: errorValueSchema }),
  z.object({ kind: z.literal('timer'), timerId: z.string(), incarnation: z.int() }),
  z.object({ kind: z.literal('stop') }),
  z.object({ kind: z.literal('resume') }),
]) as unknown as z.ZodType<NeutralEvent>

/** The type by which people know a neutral event: `init`, `CONFIRM`, `done: lookUp`, … */
export function describeEvent(event: NeutralEvent): string {
  switch (event.kind) {
    case 'event':
      return event.event.type
    case 'done':
    case 'error':
      return `${event.kind}: ${event.childId}`
    case 'timer':
      return `timer: ${event.timerId}`
    case 'init':
    case 'stop':
    case 'resume':
      return event.kind
  }
}
