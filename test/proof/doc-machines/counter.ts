import { assign, setup } from 'xstate'

/** Counts from 0 to 3, and takes no number beyond that. */
export const counter = setup({
  types: {} as {
    context: { count: number }
    events: { type: 'UP' } | { type: 'DOWN' } | { type: 'SET'; to: number }
  },
  guards: {
    isBelow: ({ context }) => context.count < 3,
    isAbove: ({ context }) => context.count > 0,
    isAllowed: (_, { to }: { to: number }) => to >= 0 && to <= 3,
  },
}).createMachine({
  id: 'counter',
  context: { count: 0 },
  initial: 'counting',
  states: {
    counting: {
      on: {
        UP: { guard: 'isBelow', actions: assign({ count: ({ context }) => context.count + 1 }) },
        DOWN: { guard: 'isAbove', actions: assign({ count: ({ context }) => context.count - 1 }) },
        SET: {
          guard: { type: 'isAllowed', params: ({ event }) => ({ to: event.to }) },
          actions: assign({ count: ({ event }) => event.to }),
        },
      },
      always: { guard: ({ context }) => context.count === 3, target: 'full' },
    },
    full: {
      on: { DOWN: { target: 'counting', actions: assign({ count: 2 }) } },
    },
  },
})
