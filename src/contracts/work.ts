import * as z from 'zod'
import type { Address } from './address.ts'
import { addressSchema } from './address.ts'
import type { BudgetAccount } from './budget.ts'
import { budgetAccountSchema } from './budget.ts'
import type { Trace } from './envelope.ts'
import { decodeVersioned } from './envelope.ts'
import { toBytes } from './json.ts'

/** A call to a tool or decision, as it lies in a work queue. */
export interface Work {
  v: 1
  /** The effect identity of the spawn: id and idempotency key of the call. */
  id: string
  target: string
  input?: unknown
  /** Decisions only. */
  offered?: string[]
  /** Decisions only: what they count against. */
  budgets?: BudgetAccount[]
  /** Whom to tell the outcome. */
  reply: { to: Address; childId: string; incarnation: number }
  sentAtMs: number
  trace?: Trace
}

const workSchema = z.object({
  v: z.literal(1),
  id: z.string().min(1),
  target: z.string().min(1),
  input: z.unknown().optional(),
  offered: z.array(z.string()).optional(),
  budgets: z.array(budgetAccountSchema).optional(),
  reply: z.object({ to: addressSchema, childId: z.string(), incarnation: z.int() }),
  sentAtMs: z.number(),
  trace: z.object({ traceparent: z.string().optional() }).optional(),
})

export function encodeWork(work: Work): Uint8Array {
  return toBytes(work)
}

/** @throws UnreadableError */
export function decodeWork(bytes: Uint8Array): Work {
  return decodeVersioned('work item', bytes, workSchema) as Work
}
