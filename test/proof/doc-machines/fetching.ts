import { assign, fromPromise, setup } from 'xstate'

/** Loads something, tries three times with growing pauses, and can be given up. */
export const fetching = setup({
  types: {} as {
    context: { tries: number; data: string | null; error: string | null }
    input: { url: string }
    events: { type: 'LOAD' } | { type: 'GIVE_UP' }
  },
  actors: {
    load: fromPromise<string, { tries: number }>(() => Promise.reject(new Error('never called'))),
  },
  delays: { pause: ({ context }) => 1_000 * 2 ** context.tries },
  guards: {
    isWorthIt: ({ context }) => context.tries < 3,
    isGone: ({ event }) =>
      (event as unknown as { error: { status?: number } }).error.status === 410,
  },
}).createMachine({
  id: 'fetching',
  context: { tries: 0, data: null, error: null },
  initial: 'idle',
  states: {
    idle: { on: { LOAD: 'loading' } },
    loading: {
      entry: assign({ tries: ({ context }) => context.tries + 1 }),
      invoke: {
        id: 'load',
        src: 'load',
        input: ({ context }) => ({ tries: context.tries }),
        onDone: { target: 'loaded', actions: assign({ data: ({ event }) => event.output }) },
        onError: [{ guard: 'isGone', target: 'failed' }, { target: 'waiting' }],
      },
      on: { GIVE_UP: 'failed' },
    },
    waiting: {
      always: { guard: ({ context }) => context.tries >= 3, target: 'failed' },
      after: { pause: { guard: 'isWorthIt', target: 'loading' } },
      on: { GIVE_UP: 'failed' },
    },
    loaded: { type: 'final' },
    failed: { type: 'final' },
  },
})
