import { assign, sendParent, sendTo, setup } from 'xstate'

/** Does one errand and says how far it is. */
export const errand = setup({
  types: {} as {
    context: { what: string }
    input: { what: string }
    events: { type: 'HURRY' }
    output: { brought: string }
  },
}).createMachine({
  id: 'errand',
  context: ({ input }) => ({ what: input.what }),
  initial: 'going',
  states: {
    going: { after: { 60_000: 'coming' }, on: { HURRY: 'coming' } },
    coming: { entry: sendParent({ type: 'ON_THE_WAY' }), after: { 60_000: 'there' } },
    there: { type: 'final' },
  },
  output: ({ context }) => ({ brought: context.what }),
})

/** Sends a child on an errand, and hurries it. */
export const parent = setup({
  types: {} as {
    context: { brought: string | null; calls: number }
    events: { type: 'CALL' } | { type: 'ON_THE_WAY' } | { type: 'FORGET_IT' }
  },
  actors: { errand },
}).createMachine({
  id: 'parent',
  context: { brought: null, calls: 0 },
  initial: 'waiting',
  states: {
    waiting: {
      initial: 'patient',
      invoke: {
        id: 'child',
        src: 'errand',
        input: { what: 'milk' },
        onDone: {
          target: 'happy',
          actions: assign({ brought: ({ event }) => event.output.brought }),
        },
        onError: 'sad',
      },
      on: {
        CALL: {
          guard: ({ context }) => context.calls < 2,
          actions: [
            sendTo('child', { type: 'HURRY' }),
            assign({ calls: ({ context }) => context.calls + 1 }),
          ],
        },
        FORGET_IT: 'sad',
      },
      states: { patient: { on: { ON_THE_WAY: 'glad' } }, glad: {} },
    },
    happy: { type: 'final' },
    sad: { type: 'final' },
  },
})
