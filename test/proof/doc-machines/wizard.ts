import { assign, setup } from 'xstate'
import * as z from 'zod'

export const wizardEvents = {
  NAME: z.object({ type: z.literal('NAME'), name: z.string().max(20) }),
  AGE: z.object({ type: z.literal('AGE'), age: z.int().min(0).max(150) }),
  BACK: z.object({ type: z.literal('BACK') }),
  SEND: z.object({ type: z.literal('SEND') }),
}

type Event = {
  [K in keyof typeof wizardEvents]: z.infer<(typeof wizardEvents)[K]>
}[keyof typeof wizardEvents]

/** Three pages, back and forth; minors need a guardian's page in between. */
export const wizard = setup({
  types: {} as { context: { name: string; age: number }; events: Event },
  guards: {
    hasName: ({ event }) => event.type === 'NAME' && event.name.trim().length > 1,
    isMinor: ({ event }) => event.type === 'AGE' && event.age < 18,
    wasMinor: ({ context }) => context.age < 18,
  },
}).createMachine({
  id: 'wizard',
  context: { name: '', age: -1 },
  initial: 'name',
  states: {
    name: {
      on: {
        NAME: {
          guard: 'hasName',
          target: 'age',
          actions: assign({ name: ({ event }) => event.name }),
        },
      },
    },
    age: {
      on: {
        AGE: [
          {
            guard: 'isMinor',
            target: 'guardian',
            actions: assign({ age: ({ event }) => event.age }),
          },
          { target: 'review', actions: assign({ age: ({ event }) => event.age }) },
        ],
        BACK: 'name',
      },
    },
    guardian: { on: { NAME: { guard: 'hasName', target: 'review' }, BACK: 'age' } },
    review: { on: { BACK: [{ guard: 'wasMinor', target: 'guardian' }, 'age'], SEND: 'sent' } },
    sent: { type: 'final' },
  },
  output: ({ context }) => context,
})
