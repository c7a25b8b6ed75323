import { z } from 'zod'

/**
 * A schema that validates like `inner` but hands the value on untouched: no key dropped, none
 * reordered. Tool results are compared as JSON text, so even the order of keys has to survive.
 */
export function verbatim<T>(inner: z.ZodType<T>): z.ZodType<T> {
  const { $schema: _, ...shape } = z.toJSONSchema(inner, { io: 'input' })
  const outer = z
    .unknown()
    .superRefine((value, context) => {
      const result = inner.safeParse(value)
      if (result.success) return
      for (const issue of result.error.issues) {
        context.addIssue({ code: 'custom', path: [...issue.path], message: issue.message })
      }
    })
    .meta(shape as Record<string, unknown>)
  return outer as unknown as z.ZodType<T>
}
