import { z } from 'zod'
import { verbatim } from '../verbatim.ts'
import type { Operation } from './operation.ts'
import { answer } from './operation.ts'

const input = verbatim(z.object({ thought: z.string().describe('What to note') }))
export type ThinkInput = z.infer<typeof input>

/** Notes a thought; nothing else happens. */
export const think: Operation<ThinkInput> = {
  name: 'think',
  description: 'Note a thought in the log. Nothing is looked up and nothing changes.',
  input,
  kind: 'read',
  run: () => answer(''),
}
