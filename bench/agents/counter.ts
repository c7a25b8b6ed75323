import { assign, setup } from 'xstate'
import { defineAgent, defineService } from 'ashlar'

interface CounterContext {
  count: number
  ballast: string[]
}

/**
 * An agent that waits for outside events and counts them: one journal record per event and no
 * outbox. `ballast` is what its context holds beside the count.
 */
export const counterAgent = defineAgent({
  machine: setup({
    types: {} as {
      context: CounterContext
      input: { ballast?: string[] }
      events: { type: 'TICK' } | { type: 'END' }
      output: { count: number }
    },
  }).createMachine({
    id: 'bench-counter',
    version: '1',
    context: ({ input }) => ({ count: 0, ballast: input.ballast ?? ['n'.repeat(200)] }),
    output: ({ context }) => ({ count: context.count }),
    initial: 'waiting',
    states: {
      waiting: {
        on: {
          TICK: { actions: assign({ count: ({ context }) => context.count + 1 }) },
          END: 'ended',
        },
      },
      ended: { type: 'final' },
    },
  }),
})

export const counterService = defineService('counters', () => ({ agents: [counterAgent] }))
