import type { z } from 'zod'
import type { AirlineView, Changes } from '../database.ts'
import { noChanges } from '../database.ts'

/** What an operation answers and which records it changes. */
export interface Outcome {
  text: string
  changes: Changes
}

/** One tool of the desk. `run` is pure: the same view and input give the same outcome. */
export interface Operation<I> {
  name: string
  description: string
  input: z.ZodType<I>
  kind: 'read' | 'write'
  run(view: AirlineView, input: I): Outcome
}

/** An outcome that changes nothing. */
export function answer(text: string): Outcome {
  return { text, changes: noChanges() }
}

/** The outcome of a call that the airline's system turns down. */
export function failure(problem: string): Outcome {
  return answer(`Error: ${problem}`)
}
