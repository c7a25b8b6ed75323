import {
  decisionActor,
  defineAgent,
  defineDecision,
  defineService,
  defineTool,
  inDoubt,
  rules,
  toolActor,
} from 'ashlar'
import { assign, raise, setup } from 'xstate'
import * as z from 'zod'

// A tool: one typed job, with its effect on the outside world declared.
const payOut = defineTool({
  name: 'pay_out',
  input: z.object({ order: z.string(), cents: z.int().positive() }),
  output: z.object({ receipt: z.string() }),
  effect: 'once',
  execute: ({ order, cents }) => ({ receipt: `${order}:${cents}` }),
})

// A decision: the model (here plain rules) chooses among moves that are events of the chart.
const judge = defineDecision({
  name: 'judge_refund',
  input: z.object({ cents: z.int() }),
  options: z.discriminatedUnion('type', [
    z.object({ type: z.literal('APPROVE') }),
    z.object({ type: z.literal('DECLINE'), reason: z.string() }),
  ]),
  prompt: ({ cents }) => `A customer wants ${cents} cents back. Decide.`,
  deciders: [rules<{ cents: number }>(() => ({ type: 'APPROVE' }))],
})

// The agent: a plain XState v5 machine. Its guards own the policy, whatever the model prefers.
const machine = setup({
  types: {} as {
    context: { order: string; cents: number; receipt: string | null }
    input: { order: string; cents: number }
    events: { type: 'APPROVE' } | { type: 'DECLINE'; reason: string }
  },
  actors: { payOut: toolActor(payOut), judge: decisionActor(judge) },
  guards: { small: ({ context }) => context.cents <= 10_000, inDoubt },
}).createMachine({
  id: 'refund',
  version: '1',
  context: ({ input }) => ({ ...input, receipt: null }),
  initial: 'judging',
  states: {
    judging: {
      invoke: {
        id: 'judge',
        src: 'judge',
        input: ({ context }) => ({ cents: context.cents }),
        onDone: { actions: raise(({ event }) => event.output) },
        onError: { target: 'forAPerson' },
      },
      on: {
        // Above the limit this move is not even offered.
        APPROVE: { guard: 'small', target: 'paying' },
        DECLINE: { target: 'declined' },
      },
    },
    paying: {
      invoke: {
        id: 'payOut',
        src: 'payOut',
        input: ({ context }) => ({ order: context.order, cents: context.cents }),
        onDone: {
          target: 'paid',
          actions: assign({ receipt: ({ event }) => event.output.receipt }),
        },
        // A crash can leave a payment in doubt: without this branch the machine is refused.
        onError: [{ guard: 'inDoubt', target: 'forAPerson' }, { target: 'declined' }],
      },
    },
    paid: { type: 'final' },
    declined: { type: 'final' },
    forAPerson: { type: 'final' },
  },
  output: ({ context }) => ({ receipt: context.receipt }),
})

export const refundAgent = defineAgent({ machine })

export default defineService('refunds', () => ({
  agents: [refundAgent],
  tools: [payOut],
  decisions: [judge],
}))
