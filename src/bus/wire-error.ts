import * as z from 'zod'
import { AshlarError } from '../contracts/error.ts'

const errorValueSchema = z.looseObject({
  message: z.string(),
  code: z.coerce.string().optional().catch(undefined),
  disposition: z.enum(['terminal', 'retryable', 'paused']).optional(),
})

/** The error that a question throws when the service answered with an error value. */
export function answerError(service: string, value: unknown): AshlarError {
  const parsed = errorValueSchema.safeParse(value)
  if (!parsed.success) return new AshlarError('answer', `${service} answered with an error`)
  const { message, code = 'answer', disposition = 'terminal' } = parsed.data
  return new AshlarError(code, message, { disposition })
}
