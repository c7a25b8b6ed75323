import { defineAgent, defineService } from 'ashlar'
import * as z from 'zod'
import { deskMachine } from './desk-machine.ts'

/** The desk as an agent: its chart, and the schemas of what outsiders may send to it. */
export const deskAgent = defineAgent({
  machine: deskMachine,
  input: z.object({
    branch: z.string().min(1).max(200),
    recording: z.string().max(200).nullable().optional(),
  }) as never,
  events: {
    CUSTOMER: z.object({
      type: z.literal('CUSTOMER'),
      text: z.string().max(20_000),
      turn: z.int().min(1),
    }),
    ANSWER: z.object({ type: z.literal('ANSWER'), text: z.string().max(20_000), number: z.int() }),
    LEAVE: z.object({ type: z.literal('LEAVE') }),
  },
})

export default defineService('airline-desk', () => ({ agents: [deskAgent] }))
