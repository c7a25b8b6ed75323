import { declareDecision, decisionActor, memoryActor, recall } from 'ashlar'
import { assign, fromPromise, raise, setup } from 'xstate'
import * as z from 'zod'

const judge = declareDecision({
  name: 'judge_credit',
  input: z.object({ scores: z.array(z.number()), known: z.boolean() }),
  options: z.discriminatedUnion('type', [
    z.object({ type: z.literal('GRANT'), limit: z.int().min(100).max(9_999) }),
    z.object({ type: z.literal('REFUSE'), reason: z.string() }),
    z.object({ type: z.literal('ASK_BOSS') }),
  ]),
})

const bureau = fromPromise<number, { name: string }>(() => Promise.reject(new Error('not called')))

/** Two bureaus are asked at the same time; then somebody decides, within what is allowed. */
export const credit = setup({
  types: {} as {
    context: { name: string; scores: number[]; known: boolean; limit: number }
    input: { name: string }
    events:
      | { type: 'GRANT'; limit: number }
      | { type: 'REFUSE'; reason: string }
      | { type: 'ASK_BOSS' }
      | { type: 'BOSS_SAYS'; yes: boolean }
  },
  actors: {
    north: bureau,
    south: bureau,
    judge: decisionActor(judge),
    recall: memoryActor(recall),
  },
  actions: {
    note: assign({
      scores: ({ context, event }) => [
        ...context.scores,
        (event as unknown as { output: number }).output,
      ],
    }),
  },
  guards: {
    isGood: ({ context }) => Math.min(...context.scores, 100) > 50,
    isSmall: ({ event }) => event.type === 'GRANT' && event.limit < 1_000,
    says: ({ event }) => event.type === 'BOSS_SAYS' && event.yes,
  },
}).createMachine({
  id: 'credit',
  context: ({ input }) => ({ name: input.name, scores: [], known: false, limit: 0 }),
  initial: 'asking',
  output: ({ context }) => ({ limit: context.limit }),
  states: {
    asking: {
      type: 'parallel',
      onDone: 'recalling',
      states: {
        north: {
          initial: 'open',
          states: {
            open: {
              invoke: {
                id: 'north',
                src: 'north',
                input: ({ context }) => ({ name: context.name }),
                onDone: { target: 'told', actions: 'note' },
                onError: 'told',
              },
            },
            told: { type: 'final' },
          },
        },
        south: {
          initial: 'open',
          states: {
            open: {
              invoke: {
                id: 'south',
                src: 'south',
                input: ({ context }) => ({ name: context.name }),
                onDone: { target: 'told', actions: 'note' },
                onError: 'told',
              },
            },
            told: { type: 'final' },
          },
        },
      },
    },
    recalling: {
      invoke: {
        id: 'recall',
        src: 'recall',
        input: ({ context }) => ({ subject: `customer/${context.name}` }),
        onDone: {
          target: 'judging',
          actions: assign({ known: ({ event }) => event.output.length > 0 }),
        },
        onError: 'judging',
      },
    },
    judging: {
      invoke: {
        id: 'judge',
        src: 'judge',
        input: ({ context: { scores, known } }) => ({ scores, known }),
        onDone: { actions: raise(({ event }) => event.output) },
        onError: 'boss',
      },
      on: {
        GRANT: [
          {
            guard: 'isSmall',
            target: 'granted',
            actions: assign({ limit: ({ event }) => event.limit }),
          },
          { target: 'boss', actions: assign({ limit: ({ event }) => event.limit }) },
        ],
        REFUSE: 'refused',
        ASK_BOSS: { guard: 'isGood', target: 'boss' },
      },
    },
    boss: {
      on: { BOSS_SAYS: [{ guard: 'says', target: 'granted' }, 'refused'] },
      after: { 3_600_000: 'refused' },
    },
    granted: { type: 'final' },
    refused: { type: 'final' },
  },
})
