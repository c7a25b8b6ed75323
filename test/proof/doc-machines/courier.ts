import { assign, raise, setup, spawnChild, stopChild } from 'xstate'

const parcel = setup({ types: {} as { events: { type: 'SHAKE' } } }).createMachine({
  id: 'parcel',
  initial: 'closed',
  states: { closed: { on: { SHAKE: 'open' } }, open: { type: 'final' } },
})

/** Spawns what it carries, puts it down again, and reminds itself with a delayed event. */
export const courier = setup({
  types: {} as {
    context: { carried: number }
    events: { type: 'TAKE' } | { type: 'DROP' } | { type: 'REMIND' }
  },
  actors: { parcel },
}).createMachine({
  id: 'courier',
  context: { carried: 0 },
  initial: 'empty',
  states: {
    empty: {
      on: {
        TAKE: {
          target: 'carrying',
          actions: [
            spawnChild('parcel', { id: 'parcel' }),
            raise({ type: 'REMIND' }, { delay: 1_000 }),
            assign({ carried: ({ context }) => Math.min(2, context.carried + 1) }),
          ],
        },
      },
    },
    carrying: {
      on: {
        REMIND: 'late',
        DROP: { target: 'empty', actions: stopChild('parcel') },
      },
    },
    late: { on: { DROP: { target: 'empty', actions: stopChild('parcel') } } },
  },
})
