import { assign, emit, fromPromise, log, sendParent, sendTo, setup } from 'xstate'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { toolActor } from '../../src/actors/source.ts'
import { applyTool } from './machines.ts'

const helperMachine = setup({
  types: {} as {
    context: { asked: number[] }
    input: { greeting: string }
    output: { asked: number[] }
    events:
      | { type: 'ASK'; n: number }
      | { type: 'FINISH' }
      | { type: 'BREAK' }
      | { type: 'ANSWER'; n: number }
  },
  actions: {
    breakDown: assign(() => {
      throw new Error('the helper broke')
    }),
    greet: sendParent({ type: 'ANSWER', n: 0 }),
    answer: sendParent(({ event }) => ({ type: 'ANSWER', n: (event as { n: number }).n })),
    answerTwice: sendParent(({ event }) => ({ type: 'ANSWER', n: -(event as { n: number }).n })),
  },
}).createMachine({
  id: 'helper',
  version: '1',
  context: { asked: [] },
  initial: 'helping',
  output: ({ context }) => ({ asked: context.asked }),
  entry: 'greet',
  states: {
    helping: {
      on: {
        ASK: {
          actions: [
            assign({ asked: ({ context, event }) => [...context.asked, event.n] }),
            'answer',
            'answerTwice',
          ],
        },
        FINISH: 'finished',
        BREAK: { actions: 'breakDown' },
      },
    },
    finished: { type: 'final' },
  },
})

export const helper = defineAgent({ machine: helperMachine })

/** Talks to a child agent and shows what it heard. */
export const parent = defineAgent({
  machine: setup({
    types: {} as {
      context: { heard: number[]; childSaid: number[]; failure: string }
      input: { rounds: number }
      output: { heard: number[]; childSaid: number[]; failure: string }
      events:
        | { type: 'ANSWER'; n: number }
        | { type: 'LEAVE' }
        | { type: 'BREAK' }
        | { type: 'DISMISS' }
        | { type: 'CLOSE' }
    },
    actors: { helper: helperMachine },
    actions: {
      ask: sendTo('helper', (_, n: number) => ({ type: 'ASK', n })),
      dismiss: sendTo('helper', { type: 'FINISH' }),
      breakChild: sendTo('helper', { type: 'BREAK' }),
    },
  }).createMachine({
    id: 'parent',
    version: '1',
    context: { heard: [], childSaid: [], failure: '' },
    initial: 'talking',
    output: ({ context }) => context,
    states: {
      talking: {
        entry: [
          { type: 'ask', params: 1 },
          { type: 'ask', params: 2 },
          { type: 'ask', params: 3 },
        ],
        invoke: {
          id: 'helper',
          src: 'helper',
          input: { greeting: 'hello' },
          onDone: {
            target: 'done',
            actions: assign({ childSaid: ({ event }) => event.output.asked }),
          },
          onError: {
            target: 'done',
            actions: assign({ failure: ({ event }) => (event.error as Error).message }),
          },
        },
        on: {
          ANSWER: {
            actions: assign({ heard: ({ context, event }) => [...context.heard, event.n] }),
          },
          DISMISS: { actions: 'dismiss' },
          BREAK: { actions: 'breakChild' },
          LEAVE: 'left',
        },
      },
      left: { on: { CLOSE: 'done', ANSWER: {} } },
      done: { type: 'final' },
    },
  }),
})

/** What a promise source of a test does. */
export type Load = (
  input: { n: number },
  scope: { signal: AbortSignal; identity: string },
) => Promise<unknown>

/** Waits for a promise that runs in the process of its host. */
export function fetcherOf(load: Load): AgentDefinition {
  const machine = setup({
    types: {} as {
      context: { n: number; got: unknown[]; failure: string }
      input: { n: number }
      output: { got: unknown[]; failure: string }
      events: { type: 'NUDGE' } | { type: 'LEAVE' }
    },
    actors: {
      load: fromPromise<unknown, { n: number }>(({ input, signal, self }) =>
        load(input, { signal, identity: self.sessionId }),
      ),
      apply: toolActor(applyTool),
    },
  }).createMachine({
    id: 'fetcher',
    version: '1',
    context: ({ input }) => ({ n: input.n, got: [], failure: '' }),
    initial: 'loading',
    output: ({ context }) => ({ got: context.got, failure: context.failure }),
    states: {
      loading: {
        on: { NUDGE: {}, LEAVE: 'loaded' },
        invoke: {
          id: 'load',
          src: 'load',
          input: ({ context }) => ({ n: context.n }),
          onDone: {
            target: 'applying',
            actions: assign({ got: ({ context, event }) => [...context.got, event.output] }),
          },
          onError: {
            target: 'loaded',
            actions: assign({ failure: ({ event }) => (event.error as Error).message }),
          },
        },
      },
      applying: {
        on: { NUDGE: {} },
        invoke: {
          id: 'apply',
          src: 'apply',
          input: ({ context }) => ({ agent: 'fetcher', step: context.n }),
          onDone: {
            target: 'loaded',
            actions: assign({ got: ({ context, event }) => [...context.got, event.output.step] }),
          },
          onError: 'loaded',
        },
      },
      loaded: { type: 'final' },
    },
  })
  return defineAgent({ machine })
}

/** Prints through a declared side effect. */
export function printerOf(
  print: (args: { effectId: string; text: string; context: unknown }) => void | Promise<void>,
): AgentDefinition {
  const machine = setup({
    types: {} as {
      context: { printed: number }
      events: { type: 'PRINT'; text: string } | { type: 'FINISH' }
    },
    actions: {
      print: (args, params: { text: string }) =>
        void print({
          effectId: (args as unknown as { effectId: string }).effectId,
          text: params.text,
          context: args.context,
        }),
    },
  }).createMachine({
    id: 'printer',
    version: '1',
    context: { printed: 0 },
    initial: 'ready',
    states: {
      ready: {
        on: {
          PRINT: {
            actions: [
              assign({ printed: ({ context }) => context.printed + 1 }),
              { type: 'print', params: ({ event }) => ({ text: event.text }) },
            ],
          },
          FINISH: 'finished',
        },
      },
      finished: { type: 'final' },
    },
  })
  return defineAgent({ machine, sideEffects: ['print'] })
}

/** Emits and logs. */
export const speaker = defineAgent({
  machine: setup({
    types: {} as {
      context: object
      events: { type: 'SAY'; text: string }
      emitted: { type: 'said'; text: string }
    },
    actions: {
      say: emit((_, text: string) => ({ type: 'said' as const, text })),
      write: log(({ event }) => (event as { text: string }).text, 'said'),
    },
  }).createMachine({
    id: 'speaker',
    version: '1',
    context: {},
    on: { SAY: { actions: [{ type: 'say', params: ({ event }) => event.text }, 'write'] } },
  }),
})

/** Keeps whatever it is given, so that a test can make it too large. */
export const hoarder = defineAgent({
  machine: setup({
    types: {} as {
      context: { hoard: string[]; failure: string }
      input: { first?: string } | undefined
      events: { type: 'KEEP'; text: string } | { type: 'SHOUT'; length: number } | { type: 'NUDGE' }
    },
    actions: {
      shout: sendTo(
        { address: 'counter/deaf' } as never,
        (({ event }: { event: object }) => ({
          type: 'SHOUT',
          text: '!'.repeat((event as { length: number }).length),
        })) as never,
      ),
    },
  }).createMachine({
    id: 'hoarder',
    version: '1',
    context: ({ input }) => ({ hoard: input?.first ? [input.first] : [], failure: '' }),
    initial: 'hoarding',
    states: {
      hoarding: {
        on: {
          KEEP: {
            actions: assign({ hoard: ({ context, event }) => [...context.hoard, event.text] }),
          },
          SHOUT: { actions: 'shout' },
          NUDGE: {},
        },
      },
    },
  }),
})
