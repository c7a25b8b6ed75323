import { assign, fromPromise, setup } from 'xstate'

/** Searches when nobody has typed for a while; what was typed meanwhile outdates a search. */
export const search = setup({
  types: {} as {
    context: { text: string; hits: string[] }
    events: { type: 'TYPE'; text: string } | { type: 'CLEAR' }
  },
  actors: {
    find: fromPromise<string[], { text: string }>(() => Promise.reject(new Error('never called'))),
  },
  guards: { hasText: ({ event }) => event.type === 'TYPE' && event.text !== '' },
}).createMachine({
  id: 'search',
  context: { text: '', hits: [] },
  initial: 'empty',
  on: {
    TYPE: {
      guard: 'hasText',
      target: '.settling',
      reenter: true,
      actions: assign({ text: ({ event }) => event.text }),
    },
    CLEAR: { target: '.empty', actions: assign({ text: '', hits: [] }) },
  },
  states: {
    empty: {},
    settling: { after: { 300: 'searching' } },
    searching: {
      invoke: {
        id: 'find',
        src: 'find',
        input: ({ context }) => ({ text: context.text }),
        onDone: [
          { guard: ({ event }) => event.output.length === 0, target: 'nothing' },
          { target: 'listing', actions: assign({ hits: ({ event }) => event.output }) },
        ],
        onError: 'failed',
      },
    },
    listing: {},
    nothing: {},
    failed: { after: { 10_000: 'settling' } },
  },
})
