import * as z from 'zod'
import type {
  ForgetInput,
  MemoryOperation,
  RecallInput,
  RecalledFact,
  RememberInput,
  RememberOutput,
} from '../contracts/memory.ts'

const subject = z.string().min(1).max(150)
const kind = z.string().min(1).max(60)

/** Writes a fact, or a new version of it. A lost compare-and-set comes back as `conflict`. */
export const remember: MemoryOperation<RememberInput, RememberOutput> = {
  kind: 'memory',
  name: 'remember',
  input: z.object({
    subject,
    kind,
    value: z.json(),
    asOf: z.number().optional(),
    expires: z.number().optional(),
    toolResult: z.string().optional(),
    expectedVersion: z.int().min(0).optional(),
  }) as unknown as z.ZodType<RememberInput>,
}

/** Reads facts by subject, subject prefix, kind and text; each says whether it is stale. */
export const recall: MemoryOperation<RecallInput, RecalledFact[]> = {
  kind: 'memory',
  name: 'recall',
  input: z.object({
    subject,
    prefix: z.boolean().optional(),
    kind: kind.optional(),
    text: z.string().optional(),
  }) as unknown as z.ZodType<RecallInput>,
}

/** Deletes a fact, or every fact of a subject, for good. The output is how many. */
export const forget: MemoryOperation<ForgetInput, { forgotten: number }> = {
  kind: 'memory',
  name: 'forget',
  input: z.object({ subject, kind: kind.optional() }) as unknown as z.ZodType<ForgetInput>,
}

export const memoryOperations: readonly MemoryOperation<never>[] = [
  remember,
  recall,
  forget,
] as unknown as readonly MemoryOperation<never>[]
