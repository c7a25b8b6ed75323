import { assign, setup } from 'xstate'

/** Four floors; the door closes by itself, unless somebody stands in it. */
export const elevator = setup({
  types: {} as {
    context: { floor: number; wanted: number }
    events: { type: 'CALL'; floor: number } | { type: 'BLOCK' } | { type: 'OPEN' }
  },
  guards: {
    isElsewhere: ({ context, event }) =>
      event.type === 'CALL' &&
      event.floor !== context.floor &&
      event.floor >= 0 &&
      event.floor <= 3,
    isThere: ({ context }) => context.floor === context.wanted,
  },
}).createMachine({
  id: 'elevator',
  context: { floor: 0, wanted: 0 },
  initial: 'standing',
  states: {
    standing: {
      initial: 'closed',
      states: {
        closed: {
          on: {
            OPEN: 'open',
            CALL: {
              guard: 'isElsewhere',
              target: '#elevator.moving',
              actions: assign({ wanted: ({ event }) => event.floor }),
            },
          },
        },
        open: {
          after: { 4_000: 'closed' },
          on: { BLOCK: { target: 'open', reenter: true } },
        },
      },
    },
    moving: {
      always: { guard: 'isThere', target: 'standing.open' },
      after: {
        2_000: {
          target: 'moving',
          reenter: true,
          actions: assign({
            floor: ({ context }) => context.floor + Math.sign(context.wanted - context.floor),
          }),
        },
      },
    },
  },
})
