import { assign, setup } from 'xstate'

/** Playback, sound and controls side by side; the controls fade while it plays. */
export const video = setup({
  types: {} as {
    context: { volume: number }
    events:
      | { type: 'PLAY' }
      | { type: 'PAUSE' }
      | { type: 'END' }
      | { type: 'VOLUME'; volume: number }
      | { type: 'TOUCH' }
  },
}).createMachine({
  id: 'video',
  context: { volume: 5 },
  type: 'parallel',
  states: {
    playback: {
      initial: 'paused',
      states: {
        paused: { on: { PLAY: 'playing' } },
        playing: { on: { PAUSE: 'paused', END: 'ended' } },
        ended: { on: { PLAY: 'playing' }, after: { 60_000: 'paused' } },
      },
    },
    sound: {
      initial: 'on',
      states: {
        on: { always: { guard: ({ context }) => context.volume === 0, target: 'muted' } },
        muted: { always: { guard: ({ context }) => context.volume > 0, target: 'on' } },
      },
      on: {
        VOLUME: {
          guard: ({ event }) => event.volume >= 0 && event.volume <= 10,
          actions: assign({ volume: ({ event }) => event.volume }),
        },
      },
    },
    controls: {
      initial: 'shown',
      on: { TOUCH: '.shown' },
      states: { shown: { after: { 3_000: 'faded' } }, faded: {} },
    },
  },
})
