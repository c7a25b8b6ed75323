import type { ErrorValue } from 'ashlar'
import { decisionActor, toolActor } from 'ashlar'
import { assign, emit, raise, setup } from 'xstate'
import type { Act, Line, Move } from '../contracts.ts'
import { airlineTools, handoverName, nextMove } from '../contracts.ts'
import type { DeskInput } from '../desk-context.ts'
import { withLine } from '../desk-context.ts'

export interface BaselineContext {
  branch: string
  recording: string | null
  turn: number
  customerSaid: string[]
  moves: number
  lines: Line[]
  act: Act | null
  reply: string | null
  calls: { tool: string; ok: boolean }[]
  writes: { tool: string; arguments: Record<string, unknown> }[]
  handover: string | null
}

export type BaselineEvent =
  | { type: 'CUSTOMER'; text: string; turn: number }
  | { type: 'LEAVE' }
  | Move

export interface BaselineOutput {
  outcome: 'ended' | 'transferred'
  calls: BaselineContext['calls']
  writes: BaselineContext['writes']
  handover: string | null
}

const tools = Object.entries(airlineTools).filter(([name]) => name !== handoverName)
const writeTools = new Set(
  tools.filter(([, { effect }]) => effect !== 'read').map(([name]) => name),
)

const baseline = setup({
  types: {} as {
    context: BaselineContext
    events: BaselineEvent
    input: DeskInput
    output: BaselineOutput
  },
  actors: {
    ...Object.fromEntries(tools.map(([name, contract]) => [name, toolActor(contract)])),
    handOver: toolActor(airlineTools[handoverName]!),
    nextMove: decisionActor(nextMove),
  },
  guards: {
    nextTurn: ({ context, event }) => event.type === 'CUSTOMER' && event.turn === context.turn + 1,
    actIs: ({ context }, { name }: { name: string }) => context.act?.name === name,
  },
  actions: {
    hearCustomer: assign(({ context, event }) => {
      if (event.type !== 'CUSTOMER') return {}
      const { text, turn } = event
      const customerSaid = [...context.customerSaid, text]
      return { turn, customerSaid, lines: withLine(context.lines, { from: 'customer', text }) }
    }),
    countMove: assign({ moves: ({ context }) => context.moves + 1 }),
    keepAct: assign({
      act: ({ event }) => {
        const { name, arguments: args } = event as Act & { type: string }
        return { name, arguments: args }
      },
    }),
    keepReply: assign(({ context, event }) => {
      const { text } = event as { text: string }
      return { reply: text, lines: withLine(context.lines, { from: 'desk', text }) }
    }),
    sayReply: emit(({ context }) => ({ type: 'REPLY', text: context.reply ?? '' })),
    noteAnswer: assign(({ context, event }) => {
      const { output, error } = event as { output?: unknown; error?: ErrorValue }
      const text = error ? `Error: ${error.message}` : String(output)
      const act = context.act!
      const ok = !text.startsWith('Error:')
      const isWritten = ok && writeTools.has(act.name)
      return {
        calls: [...context.calls, { tool: act.name, ok }],
        writes: isWritten
          ? [...context.writes, { tool: act.name, arguments: act.arguments }]
          : context.writes,
        lines: withLine(context.lines, { from: 'tool', text, call: act }),
      }
    }),
    noteFailure: assign({
      handover: ({ event }) => (event as { error?: ErrorValue }).error?.message ?? 'a call failed',
    }),
  },
})

/** Every tool may be called by the model at any time; its answer goes back into the prompt. */
const calling = Object.fromEntries(
  tools.map(([name]) => [
    name,
    {
      invoke: {
        id: name,
        src: name,
        input: ({ context }: { context: BaselineContext }) => ({
          branch: context.branch,
          arguments: context.act?.arguments,
        }),
        onDone: { target: '#thinking', actions: 'noteAnswer' },
        onError: { target: '#thinking', actions: 'noteAnswer' },
      },
    },
  ]),
)

/**
 * The desk as most are built: a prompt that holds the policy, a model that picks a tool, and a loop
 * that executes what it picks. It exists for comparison with `deskMachine` and nothing else.
 */
export const baselineMachine = baseline.createMachine({
  id: 'airline-baseline',
  version: '1',
  context: ({ input }) => ({
    branch: input.branch,
    recording: input.recording ?? null,
    turn: 0,
    customerSaid: [],
    moves: 0,
    lines: [],
    act: null,
    reply: null,
    calls: [],
    writes: [],
    handover: null,
  }),
  initial: 'listening',
  output: ({ context, event }) => ({
    outcome: (event as { output?: BaselineOutput['outcome'] }).output ?? 'ended',
    calls: context.calls,
    writes: context.writes,
    handover: context.handover,
  }),
  states: {
    listening: {
      on: {
        CUSTOMER: { guard: 'nextTurn', target: 'thinking', actions: 'hearCustomer' },
        LEAVE: { target: 'ended' },
      },
    },
    thinking: {
      id: 'thinking',
      entry: 'countMove',
      invoke: {
        id: 'nextMove',
        src: 'nextMove',
        input: ({ context }) => ({
          recording: context.recording,
          index: context.moves - 1,
          customer: null,
          remembered: [],
          lines: context.lines,
        }),
        onDone: { actions: raise(({ event }) => event.output) },
        onError: { target: 'handingOver', actions: 'noteFailure' },
      },
      on: {
        REPLY: { target: 'listening', actions: ['keepReply', 'sayReply'] },
        LOOK_UP: { target: 'calling', actions: 'keepAct' },
        SEARCH: { target: 'calling', actions: 'keepAct' },
        PROPOSE: { target: 'calling', actions: 'keepAct' },
        TRANSFER: {
          target: 'handingOver',
          actions: assign({ handover: ({ event }) => event.summary }),
        },
      },
    },
    calling: {
      initial: 'choosing',
      states: {
        choosing: {
          always: [
            ...tools.map(([name]) => ({
              guard: { type: 'actIs', params: { name } },
              target: name,
            })),
            { target: '#thinking' },
          ] as never[],
        },
        ...calling,
      } as never,
    },
    handingOver: {
      invoke: {
        id: 'handOver',
        src: 'handOver',
        input: ({ context }) => ({
          branch: context.branch,
          arguments: { summary: context.handover ?? '' },
        }),
        onDone: { target: 'transferred' },
        onError: { target: 'transferred' },
      },
    },
    ended: { type: 'final', output: () => 'ended' },
    transferred: { type: 'final', output: () => 'transferred' },
  },
})
