import { setup } from 'xstate'

/** Pedestrians may walk while it is red, at first; a policeman can stop everybody. */
export const trafficLight = setup({
  types: {} as { events: { type: 'STOP_ALL' } | { type: 'GO_ON' } },
  delays: { greenMs: 30_000, yellowMs: 4_000 },
}).createMachine({
  id: 'traffic-light',
  initial: 'running',
  states: {
    running: {
      initial: 'green',
      on: { STOP_ALL: 'blinking' },
      states: {
        green: { after: { greenMs: 'yellow' } },
        yellow: { after: { yellowMs: 'red' } },
        red: {
          initial: 'walk',
          states: {
            walk: { after: { 10_000: 'hurry' } },
            hurry: { after: { 5_000: 'wait' } },
            wait: { type: 'final' },
          },
          onDone: 'green',
        },
      },
    },
    blinking: { on: { GO_ON: 'running' } },
  },
})
