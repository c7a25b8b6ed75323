import { assign, setup } from 'xstate'
import * as z from 'zod'
import { toolActor } from '../../src/actors/source.ts'
import { declareTool } from '../../src/tools/define-tool.ts'

const charge = declareTool({
  name: 'charge',
  input: z.object({ amount: z.number() }),
  output: z.object({ receipt: z.string() }),
  effect: 'idempotent',
})

/** The machine behind `record-v1.json`. Changing it would change what the fixture means. */
export const checkoutMachine = setup({
  types: {} as {
    context: { total: number; receipt: string | null }
    input: { total: number }
    events: { type: 'PAY' } | { type: 'ADD'; amount: number }
    output: { receipt: string | null }
  },
  actors: { charge: toolActor(charge) },
}).createMachine({
  id: 'checkout',
  version: '1',
  context: ({ input }) => ({ total: input.total, receipt: null }),
  initial: 'shopping',
  output: ({ context }) => ({ receipt: context.receipt }),
  states: {
    shopping: {
      initial: 'browsing',
      on: { PAY: 'paying' },
      states: {
        browsing: {
          on: {
            ADD: {
              target: 'reviewing',
              actions: assign({ total: ({ context, event }) => context.total + event.amount }),
            },
          },
        },
        reviewing: {},
        last: { type: 'history' },
      },
    },
    paying: {
      invoke: {
        id: 'charging',
        src: 'charge',
        input: ({ context }) => ({ amount: context.total }),
        onDone: {
          target: 'paid',
          actions: assign({ receipt: ({ event }) => event.output.receipt }),
        },
        onError: 'shopping.last',
      },
      after: { 60_000: 'shopping.last' },
    },
    paid: { type: 'final' },
  },
})
