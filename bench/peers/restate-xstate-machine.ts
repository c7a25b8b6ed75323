/** The agent loop as a statechart, its decision and tools invoked as promise actors. */
import { xstate } from '@restatedev/xstate'
import type { ActorObjectHandlers } from '@restatedev/xstate'
import { fromPromise } from '@restatedev/xstate/promise'
import { assign, setup } from 'xstate'
import * as loop from './agent-loop.ts'
import type { AgentState } from './agent-loop.ts'

type Call = { input: AgentState }

const machine = setup({
  types: {} as { context: AgentState; input: AgentState; output: AgentState },
  actors: {
    decide: fromPromise(async ({ input }: Call) => loop.decide(input)),
    toolA: fromPromise(async ({ input }: Call) => loop.toolA(input)),
    toolB: fromPromise(async ({ input }: Call) => loop.toolB(input)),
  },
}).createMachine({
  id: 'agentLoop',
  context: ({ input }) => input,
  initial: 'deciding',
  output: ({ context }) => context,
  states: {
    deciding: {
      invoke: {
        src: 'decide',
        input: ({ context }) => context,
        onDone: { target: 'decided', actions: assign(({ event }) => event.output) },
      },
    },
    decided: {
      always: [
        { guard: ({ context }) => context.next === 'a', target: 'a' },
        { guard: ({ context }) => context.next === 'b', target: 'b' },
        { target: 'end' },
      ],
    },
    a: {
      invoke: {
        src: 'toolA',
        input: ({ context }) => context,
        onDone: { target: 'deciding', actions: assign(({ event }) => event.output) },
      },
    },
    b: {
      invoke: {
        src: 'toolB',
        input: ({ context }) => context,
        onDone: { target: 'deciding', actions: assign(({ event }) => event.output) },
      },
    },
    end: { type: 'final' },
  },
})

export type MachineHandlers = ActorObjectHandlers<typeof machine>

export const machineObject = xstate('agentLoop', machine)
