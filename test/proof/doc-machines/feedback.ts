import { assign, setup } from 'xstate'

/** Asks how it was; who was not pleased is asked for a reason. */
export const feedback = setup({
  types: {} as {
    context: { reason: string }
    events: { type: 'GOOD' } | { type: 'BAD' } | { type: 'SAY'; reason: string } | { type: 'CLOSE' }
  },
}).createMachine({
  id: 'feedback',
  context: { reason: '' },
  initial: 'asking',
  on: { CLOSE: '.closed' },
  states: {
    asking: { on: { GOOD: 'thanking', BAD: 'listening' } },
    listening: {
      on: {
        SAY: [
          {
            guard: ({ event }) => event.reason.trim() !== '',
            target: 'thanking',
            actions: assign({ reason: ({ event }) => event.reason }),
          },
          { target: 'listening', reenter: true },
        ],
      },
    },
    thanking: { after: { 5_000: 'closed' } },
    closed: { type: 'final' },
  },
  output: ({ context }) => ({ reason: context.reason }),
})
