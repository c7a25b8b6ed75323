import { assign, setup } from 'xstate'

/** Two timers; which one fires first depends on when the second is set. */
export const race = setup({
  types: {} as { context: { order: string }; events: { type: 'GO' } },
}).createMachine({
  id: 'race',
  context: { order: '' },
  type: 'parallel',
  states: {
    slow: {
      initial: 'waiting',
      states: {
        waiting: {
          after: {
            200: {
              target: 'fired',
              actions: assign({ order: ({ context }) => `${context.order}s` }),
            },
          },
        },
        fired: {},
      },
    },
    quick: {
      initial: 'idle',
      states: {
        idle: { on: { GO: 'waiting' } },
        waiting: {
          after: {
            100: {
              target: 'fired',
              actions: assign({ order: ({ context }) => `${context.order}q` }),
            },
          },
        },
        fired: {},
      },
    },
    seen: {
      initial: 'nothing',
      states: {
        nothing: {
          always: [
            { guard: ({ context }) => context.order === 'sq', target: 'slowFirst' },
            { guard: ({ context }) => context.order === 'qs', target: 'quickFirst' },
          ],
        },
        slowFirst: {},
        quickFirst: {},
      },
    },
  },
})
