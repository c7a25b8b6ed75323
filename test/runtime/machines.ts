import { assign, cancel, raise, setup } from 'xstate'
import * as z from 'zod'
import { defineAgent } from '../../src/actors/definition.ts'
import { inDoubt } from '../../src/actors/in-doubt.ts'
import { decisionActor, memoryActor, toolActor } from '../../src/actors/source.ts'
import type { ErrorValue } from '../../src/contracts/error.ts'
import { declareDecision } from '../../src/decision/define-decision.ts'
import { remember } from '../../src/memory/operations.ts'
import { declareTool } from '../../src/tools/define-tool.ts'

/** Counts what it is told, in the order in which it is told. */
const counterMachine = setup({
  types: {} as {
    context: { seen: number[] }
    events: { type: 'ADD'; n: number } | { type: 'FINISH' } | { type: 'BREAK' }
    output: { seen: number[] }
    input: { first?: number } | undefined
  },
  actions: {
    breakDown: assign(() => {
      throw new Error('broken on purpose')
    }),
  },
}).createMachine({
  id: 'counter',
  version: '1',
  context: ({ input }) => ({ seen: input?.first === undefined ? [] : [input.first] }),
  initial: 'counting',
  output: ({ context }) => ({ seen: context.seen }),
  states: {
    counting: {
      on: {
        ADD: {
          actions: assign({ seen: ({ context, event }) => [...context.seen, event.n] }),
        },
        FINISH: 'finished',
        BREAK: { actions: 'breakDown' },
      },
    },
    finished: { type: 'final' },
  },
})

/** Refuses undeclared events and broken input at the door. */
export const counter = defineAgent({
  machine: counterMachine,
  events: {
    ADD: z.object({ type: z.literal('ADD'), n: z.number() }),
    FINISH: z.object({ type: z.literal('FINISH') }),
    BREAK: z.object({ type: z.literal('BREAK') }),
  },
  input: z.object({ first: z.number().optional() }).optional() as z.ZodType<
    { first?: number } | undefined
  >,
})

export const applyTool = declareTool({
  name: 'apply',
  input: z.object({ agent: z.string(), step: z.int() }),
  output: z.object({ step: z.int() }),
  effect: 'idempotent',
})

/** Calls `apply` once per step; its trail shows what was applied to its state, in order. */
export const stepper = defineAgent({
  machine: setup({
    types: {} as {
      context: { name: string; steps: number; trail: number[]; failure: ErrorValue | null }
      input: { name: string; steps: number }
      output: { trail: number[]; failure: ErrorValue | null }
      events: { type: 'LEAVE' } | { type: 'AGAIN' }
    },
    actors: { apply: toolActor(applyTool) },
    guards: { finished: ({ context }) => context.trail.length >= context.steps },
  }).createMachine({
    id: 'stepper',
    version: '1',
    context: ({ input }) => ({ ...input, trail: [], failure: null }),
    initial: 'checking',
    output: ({ context }) => ({ trail: context.trail, failure: context.failure }),
    states: {
      checking: { always: [{ guard: 'finished', target: 'done' }, 'applying'] },
      applying: {
        on: { LEAVE: 'left', AGAIN: { target: 'applying', reenter: true } },
        invoke: {
          id: 'apply',
          src: 'apply',
          input: ({ context }) => ({ agent: context.name, step: context.trail.length + 1 }),
          onDone: {
            target: 'checking',
            actions: assign({
              trail: ({ context, event }) => [...context.trail, event.output.step],
            }),
          },
          onError: {
            target: 'done',
            actions: assign({ failure: ({ event }) => event.error as ErrorValue }),
          },
        },
      },
      left: { on: { AGAIN: 'applying' } },
      done: { type: 'final' },
    },
  }),
})

export const priceTool = declareTool({
  name: 'price',
  input: z.object({ item: z.string() }),
  output: z.object({ price: z.number() }),
  effect: 'read',
})
export const buyTool = declareTool({
  name: 'buy',
  input: z.object({ item: z.string(), price: z.number() }),
  output: z.object({ order: z.string() }),
  effect: 'idempotent',
})
export const shopDecision = declareDecision({
  name: 'shop',
  input: z.object({ price: z.number() }),
  options: z.discriminatedUnion('type', [
    z.object({ type: z.literal('BUY') }),
    z.object({ type: z.literal('DECLINE') }),
  ]),
})

/** Tool, decision, tool, memory. */
export const caller = defineAgent({
  machine: setup({
    types: {} as {
      context: { item: string; price: number; order: string; failure: string }
      input: { item: string }
      output: { item: string; price: number; order: string; failure: string }
      events: { type: 'BUY' } | { type: 'DECLINE' }
    },
    actors: {
      price: toolActor(priceTool),
      shop: decisionActor(shopDecision),
      buy: toolActor(buyTool),
      remember: memoryActor(remember),
    },
    actions: {
      take: raise(({ event }) => (event as unknown as { output: { type: 'BUY' } }).output),
    },
  }).createMachine({
    id: 'caller',
    version: '1',
    context: ({ input }) => ({ item: input.item, price: 0, order: '', failure: '' }),
    initial: 'pricing',
    output: ({ context }) => context,
    states: {
      pricing: {
        invoke: {
          id: 'price',
          src: 'price',
          input: ({ context }) => ({ item: context.item }),
          onDone: {
            target: 'choosing',
            actions: assign({ price: ({ event }) => event.output.price }),
          },
          onError: 'failed',
        },
      },
      choosing: {
        invoke: {
          id: 'shop',
          src: 'shop',
          input: ({ context }) => ({ price: context.price }),
          onDone: { actions: 'take' },
          onError: 'failed',
        },
        on: { BUY: 'buying', DECLINE: 'done' },
      },
      buying: {
        invoke: {
          id: 'buy',
          src: 'buy',
          input: ({ context }) => ({ item: context.item, price: context.price }),
          onDone: {
            target: 'noting',
            actions: assign({ order: ({ event }) => event.output.order }),
          },
          onError: 'failed',
        },
      },
      noting: {
        invoke: {
          id: 'remember',
          src: 'remember',
          input: ({ context }) => ({
            subject: `order:${context.order}`,
            kind: 'order',
            value: { item: context.item },
          }),
          onDone: 'done',
          onError: {
            target: 'done',
            actions: assign({ failure: ({ event }) => (event.error as ErrorValue).message }),
          },
        },
      },
      failed: { type: 'final' },
      done: { type: 'final' },
    },
  }),
})

/** Rings once its time has come, unless it is told otherwise. */
export const sleeper = defineAgent({
  machine: setup({
    types: {} as {
      context: { ms: number; rings: number }
      input: { ms: number }
      output: { rings: number }
      events: { type: 'CANCEL' } | { type: 'AGAIN' } | { type: 'NUDGE' } | { type: 'LATE' }
    },
    delays: { nap: ({ context }) => context.ms },
  }).createMachine({
    id: 'sleeper',
    version: '1',
    context: ({ input }) => ({ ms: input.ms, rings: 0 }),
    initial: 'asleep',
    output: ({ context }) => ({ rings: context.rings }),
    states: {
      asleep: {
        entry: raise({ type: 'LATE' }, { id: 'late', delay: 86_400_000 }),
        exit: cancel('late'),
        after: { nap: { target: 'awake', actions: assign({ rings: 1 }) } },
        on: { CANCEL: 'idle', AGAIN: { target: 'asleep', reenter: true }, NUDGE: {} },
      },
      idle: { on: { AGAIN: 'asleep', NUDGE: {}, CANCEL: 'awake' } },
      awake: { type: 'final' },
    },
  }),
})

export const payTool = declareTool({
  name: 'pay',
  input: z.object({ amount: z.number() }),
  output: z.object({ receipt: z.string() }),
  effect: 'once',
  // For so long a later process must believe that an earlier one is still paying.
  timeoutMs: 1_000,
})

/** Pays once; when nobody knows whether it did, it says so. */
export const payer = defineAgent({
  machine: setup({
    types: {} as {
      context: { amount: number; result: string }
      input: { amount: number }
      output: { result: string }
    },
    actors: { pay: toolActor(payTool) },
    guards: { inDoubt },
  }).createMachine({
    id: 'payer',
    version: '1',
    context: ({ input }) => ({ amount: input.amount, result: '' }),
    initial: 'paying',
    output: ({ context }) => ({ result: context.result }),
    states: {
      paying: {
        invoke: {
          id: 'pay',
          src: 'pay',
          input: ({ context }) => ({ amount: context.amount }),
          onDone: {
            target: 'done',
            actions: assign({ result: ({ event }) => event.output.receipt }),
          },
          onError: [
            { guard: 'inDoubt', target: 'done', actions: assign({ result: 'in doubt' }) },
            { target: 'done', actions: assign({ result: 'refused' }) },
          ],
        },
      },
      done: { type: 'final' },
    },
  }),
})
