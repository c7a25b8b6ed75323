import { assign, emit, setup } from 'xstate'

/** Takes coins up to the price, brews, and gives change back when it is asked to. */
export const coffee = setup({
  types: {} as {
    context: { paid: number }
    events: { type: 'COIN'; cents: number } | { type: 'CANCEL' } | { type: 'TAKE' }
    emitted: { type: 'CHANGE'; cents: number }
  },
  actions: {
    giveChange: emit(({ context }) => ({
      type: 'CHANGE' as const,
      cents: context.paid >= 150 ? context.paid - 150 : context.paid,
    })),
    forget: assign({ paid: 0 }),
  },
  guards: {
    isCoin: ({ event }) => event.type === 'COIN' && [50, 100, 200].includes(event.cents),
    isPaid: ({ context }) => context.paid >= 150,
  },
}).createMachine({
  id: 'coffee',
  context: { paid: 0 },
  initial: 'waiting',
  states: {
    waiting: {
      on: {
        COIN: {
          guard: 'isCoin',
          actions: assign({ paid: ({ context, event }) => context.paid + event.cents }),
        },
        CANCEL: {
          guard: ({ context }) => context.paid > 0,
          actions: ['giveChange', 'forget'],
        },
      },
      always: { guard: 'isPaid', target: 'brewing' },
    },
    brewing: { after: { 30_000: 'ready' }, exit: ['giveChange', 'forget'] },
    ready: { on: { TAKE: 'waiting' }, after: { 120_000: 'cold' } },
    cold: { on: { TAKE: 'waiting' } },
  },
})
