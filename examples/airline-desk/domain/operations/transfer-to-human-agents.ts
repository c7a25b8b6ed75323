import { z } from 'zod'
import { verbatim } from '../verbatim.ts'
import type { Operation } from './operation.ts'
import { answer } from './operation.ts'

const input = verbatim(
  z.object({ summary: z.string().describe('What the customer needs, for the colleague') }),
)
export type TransferToHumanAgentsInput = z.infer<typeof input>

/** Hands the conversation to a person, which ends it for the desk. */
export const transferToHumanAgents: Operation<TransferToHumanAgentsInput> = {
  name: 'transfer_to_human_agents',
  description: 'Hand the customer to a person when the desk itself cannot help.',
  input,
  kind: 'read',
  run: () => answer('Transfer successful'),
}
