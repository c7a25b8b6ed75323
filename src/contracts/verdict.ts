import * as z from 'zod'
import type { AgentEvent } from './event.ts'

/** The part of a system that answers for what went wrong (DESIGN §9). */
export const layers = ['decision', 'orchestration', 'tool', 'memory', 'infrastructure'] as const
export type Layer = (typeof layers)[number]

/** Whether something was as it should be, and who answers for it if not. */
export type Verdict = {
  layer: Layer
  /** Name of the tool, decision, machine or kind of fact. */
  component: string
  /** The contract, rule or expectation, by its name. */
  expectation: string
  ok: boolean
  /** What was expected and what came, for people. */
  reason: string
  /** The transition that shows it. Default: the one that emitted it, or the end of the run. */
  step?: number
  /** What noticed it: a guard, a checker, a person. */
  noticedBy?: string
}

const verdictType = 'VERDICT'

const verdictSchema = z.looseObject({
  layer: z.enum(layers),
  component: z.string(),
  expectation: z.string(),
  ok: z.boolean(),
  reason: z.string(),
  step: z.int().optional(),
  noticedBy: z.string().optional(),
})

/**
 * A verdict as an event to `emit` from a machine: it becomes part of the journal, and
 * `ashlar explain` reads it there.
 */
export function verdict(given: Verdict): Verdict & { type: typeof verdictType } {
  return { type: verdictType, ...given }
}

/** The verdict in an emitted event, or in what is stored; undefined when it is none. */
export function readVerdict(value: unknown): Verdict | undefined {
  const parsed = verdictSchema.safeParse(value)
  if (!parsed.success) return undefined
  const { layer, component, expectation, ok, reason, step, noticedBy } = parsed.data
  return {
    layer,
    component,
    expectation,
    ok,
    reason,
    ...(step === undefined ? {} : { step }),
    ...(noticedBy === undefined ? {} : { noticedBy }),
  }
}

export function isVerdict({ type }: AgentEvent): boolean {
  return type === verdictType
}
