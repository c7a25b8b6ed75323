import * as z from 'zod'
import type { Json } from './json.ts'

/** Where a fact comes from: who wrote it, on which input, from which tool result. */
export interface FactSource {
  actor: string
  event?: string
  toolResult?: string
}

/**
 * One thing that the system knows. `at` is when it was written, `asOf` when it was true; both and
 * `expires` are milliseconds since the epoch.
 */
export interface Fact {
  subject: string
  kind: string
  value: Json
  source: FactSource
  at: number
  asOf: number
  expires?: number
  /** Counts the versions of this fact; compare-and-set uses it. */
  version: number
}

/** A recalled fact, and whether it can still be trusted. */
export interface RecalledFact extends Fact {
  stale: boolean
}

export const factSchema: z.ZodType<Fact> = z.object({
  subject: z.string(),
  kind: z.string(),
  value: z.json(),
  source: z.object({
    actor: z.string(),
    event: z.string().optional(),
    toolResult: z.string().optional(),
  }),
  at: z.number(),
  asOf: z.number(),
  expires: z.number().optional(),
  version: z.int(),
}) as unknown as z.ZodType<Fact>

export interface RememberInput {
  subject: string
  kind: string
  value: Json
  asOf?: number
  expires?: number
  toolResult?: string
  /** Writes only when the fact is at this version (0: not known yet). */
  expectedVersion?: number
}

export type RememberOutput =
  | { kind: 'remembered'; version: number }
  | { kind: 'conflict'; present: RecalledFact | null }

export interface RecallInput {
  /** Exact subject, or a prefix of it when `prefix` is true. */
  subject: string
  prefix?: boolean
  kind?: string
  /** Case-insensitive text that the JSON of the value must contain. */
  text?: string
}

export interface ForgetInput {
  subject: string
  kind?: string
}

/** The public face of a memory operation as a source of a machine. */
export interface MemoryOperation<Input = unknown, Output = unknown> {
  readonly kind: 'memory'
  readonly name: 'remember' | 'recall' | 'forget'
  readonly input: z.ZodType<Input>
  /** Carries the output type; never present at run time. */
  readonly output?: Output
}
