import { declareTool, inDoubt, toolActor } from 'ashlar'
import { assign, setup } from 'xstate'
import * as z from 'zod'

const line = z.object({ sku: z.string(), count: z.int().min(1).max(5) })

const reserve = declareTool({
  name: 'reserve_goods',
  description: 'Sets goods aside.',
  input: line,
  output: z.object({ kind: z.enum(['reserved', 'soldOut']), left: z.int() }),
  effect: 'idempotent',
})
const charge = declareTool({
  name: 'charge_card',
  description: 'Takes the money.',
  input: z.object({ cents: z.int() }),
  output: z.object({ receipt: z.string() }),
  effect: 'once',
})
const release = declareTool({
  name: 'release_goods',
  description: 'Gives goods back.',
  input: line,
  output: z.null(),
  effect: 'idempotent',
})

/** Goods are set aside, then paid for; what cannot be paid for is given back. */
export const order = setup({
  types: {} as {
    context: { sku: string; count: number; receipt: string | null }
    input: z.infer<typeof line>
    events: { type: 'CANCEL' }
  },
  actors: {
    reserve: toolActor(reserve),
    charge: toolActor(charge),
    release: toolActor(release),
  },
  guards: { inDoubt },
}).createMachine({
  id: 'order',
  context: ({ input }) => ({ ...input, receipt: null }),
  initial: 'reserving',
  output: ({ context }) => ({ receipt: context.receipt }),
  states: {
    reserving: {
      invoke: {
        id: 'reserve',
        src: 'reserve',
        input: ({ context: { sku, count } }) => ({ sku, count }),
        onDone: [
          { guard: ({ event }) => event.output.kind === 'reserved', target: 'charging' },
          { target: 'refused' },
        ],
        onError: 'refused',
      },
    },
    charging: {
      on: { CANCEL: 'releasing' },
      invoke: {
        id: 'charge',
        src: 'charge',
        input: ({ context }) => ({ cents: context.count * 500 }),
        onDone: {
          target: 'paid',
          actions: assign({ receipt: ({ event }) => event.output.receipt }),
        },
        onError: [{ guard: 'inDoubt', target: 'clearing' }, { target: 'releasing' }],
      },
    },
    releasing: {
      invoke: {
        id: 'release',
        src: 'release',
        input: ({ context: { sku, count } }) => ({ sku, count }),
        onDone: 'refused',
        onError: 'clearing',
      },
    },
    clearing: { after: { 86_400_000: 'refused' } },
    paid: { type: 'final' },
    refused: { type: 'final' },
  },
})

export const orderInput = line
