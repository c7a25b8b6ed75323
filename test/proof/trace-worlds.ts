import { assign, emit, fromPromise, raise, sendParent, sendTo, setup } from 'xstate'
import * as z from 'zod'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { inDoubt } from '../../src/actors/in-doubt.ts'
import { decisionActor, memoryActor, toolActor } from '../../src/actors/source.ts'
import type { EffectClass, ToolFailure } from '../../src/contracts/tool.ts'
import { declareDecision } from '../../src/decision/define-decision.ts'
import { recall, remember } from '../../src/memory/operations.ts'
import type { Property } from '../../src/proof/properties.ts'
import type { Bounds, ToolModel, World } from '../../src/proof/world.ts'
import { declareTool } from '../../src/tools/define-tool.ts'

/** What is paid, by nobody knows whom. */
export interface Bank {
  readonly paid: number
}

function payTool(effect: EffectClass) {
  return declareTool({
    name: `pay-${effect}`,
    input: z.object({ order: z.string() }),
    output: z.object({ receipt: z.int() }),
    effect,
    timeoutMs: 1_000,
    retry: { attempts: 2, firstDelayMs: 50, maxDelayMs: 100 },
  })
}

/** An agent that pays once it is told to, and gives up after a while. */
export function payer(effect: EffectClass): AgentDefinition {
  const machine = setup({
    types: {} as { context: { order: string; receipt: number | null }; events: { type: 'PAY' } },
    actors: { pay: toolActor(payTool(effect)) },
    delays: { patience: 60_000 },
    guards: {
      inDoubt,
      rejected: ({ event }) =>
        (event as unknown as { error: ToolFailure }).error.kind === 'rejected',
    },
  }).createMachine({
    id: `payer-${effect}`,
    context: { order: 'o1', receipt: null },
    initial: 'waiting',
    states: {
      waiting: { on: { PAY: 'paying' } },
      paying: {
        invoke: {
          id: 'pay',
          src: 'pay',
          input: ({ context }) => ({ order: context.order }),
          onDone: {
            target: 'paid',
            actions: [
              assign({ receipt: ({ event }) => event.output.receipt }),
              emit({ type: 'PAID' }),
            ],
          },
          onError: [
            { guard: 'inDoubt', target: 'unsure' },
            { guard: 'rejected', target: 'refused' },
            { target: 'failed' },
          ],
        },
        after: { patience: 'givenUp' },
      },
      paid: { type: 'final' },
      unsure: { type: 'final' },
      refused: { type: 'final' },
      failed: { type: 'final' },
      givenUp: { type: 'final' },
    },
  })
  return defineAgent({ machine }) as AgentDefinition
}

export function bankWorld(
  effect: EffectClass,
  bounds: Partial<Bounds>,
  properties: readonly Property<Bank>[],
  model: Partial<ToolModel<Bank>> = {},
): World<Bank> {
  return {
    name: `bank ${effect}`,
    agents: [{ definition: payer(effect), id: 'p' }],
    outside: { paid: 0 },
    tools: {
      [`pay-${effect}`]: {
        execute: ({ outside }) => [
          { output: { receipt: outside.paid + 1 }, outside: { paid: outside.paid + 1 } },
        ],
        ...model,
      },
    },
    outsiders: [
      {
        name: 'boss',
        to: `payer-${effect}/p`,
        events: () => [{ event: { type: 'PAY' } }],
        most: 1,
      },
    ],
    bounds: { crashes: 0, duplicates: 0, ...bounds },
    properties,
  }
}

const look = declareTool({
  name: 'look',
  input: z.object({ at: z.string() }),
  output: z.object({ price: z.int() }),
  effect: 'read',
})

const choose = declareDecision({
  name: 'choose',
  input: z.object({ price: z.int() }),
  options: z.discriminatedUnion('type', [
    z.object({ type: z.literal('BUY'), price: z.int() }),
    z.object({ type: z.literal('LEAVE') }),
  ]),
})

type HelperEvent = { type: 'GO' } | { type: 'ENOUGH' } | { type: 'HURRY' }

/** A child that tells its parent what it does, and is told to go on. */
const helper = setup({
  types: {} as { input: { task: string }; events: HelperEvent; output: { done: string } },
  actors: { note: fromPromise<string>(() => Promise.resolve('noted')) },
  delays: { rest: 5_000 },
}).createMachine({
  id: 'helper',
  context: {},
  initial: 'ready',
  states: {
    ready: {
      entry: sendParent({ type: 'READY' }),
      on: { GO: 'noting', ENOUGH: 'done', HURRY: 'done' },
      after: { rest: 'done' },
    },
    noting: { invoke: { id: 'note', src: 'note', onDone: 'ready', onError: 'done' } },
    done: { type: 'final' },
  },
  output: { done: 'all' },
})

type ShopEvent =
  | { type: 'ASK'; number: number }
  | { type: 'BUY'; price: number }
  | { type: 'LEAVE' }
  | { type: 'READY' }
  | { type: 'STOP' }

interface ShopContext {
  asked: number
  price: number
  ready: number
}

/** An agent with everything but tools that change something. */
const shop = setup({
  types: {} as { context: ShopContext; events: ShopEvent },
  actors: {
    look: toolActor(look),
    choose: decisionActor(choose),
    recall: memoryActor(recall),
    remember: memoryActor(remember),
    helper,
  },
  delays: { long: 60_000, short: 1_000 },
}).createMachine({
  id: 'shop',
  context: { asked: 0, price: 0, ready: 0 },
  initial: 'open',
  states: {
    open: {
      on: {
        ASK: {
          guard: ({ context, event }) => event.number === context.asked + 1,
          target: 'asking',
          actions: assign({ asked: ({ event }) => event.number }),
        },
      },
      after: { long: 'closed' },
    },
    asking: {
      type: 'parallel',
      onDone: 'choosing',
      states: {
        looking: {
          initial: 'look',
          states: {
            look: {
              invoke: {
                id: 'look',
                src: 'look',
                input: { at: 'shelf' },
                onDone: {
                  target: 'looked',
                  actions: assign({ price: ({ event }) => event.output.price }),
                },
                onError: 'looked',
              },
            },
            looked: { type: 'final' },
          },
        },
        recalling: {
          initial: 'recall',
          states: {
            recall: {
              invoke: {
                id: 'recall',
                src: 'recall',
                input: { subject: 'shop', kind: 'price' },
                onDone: 'recalled',
                onError: 'recalled',
              },
              after: { short: 'recalled' },
            },
            recalled: { type: 'final' },
          },
        },
      },
    },
    choosing: {
      invoke: {
        id: 'choose',
        src: 'choose',
        input: ({ context }) => ({ price: context.price }),
        onDone: { actions: raise(({ event }) => event.output) },
        onError: 'helped',
      },
      on: { BUY: { target: 'remembering', actions: emit({ type: 'BOUGHT' }) }, LEAVE: 'open' },
    },
    remembering: {
      invoke: {
        id: 'remember',
        src: 'remember',
        input: ({ context }) => ({ subject: 'shop', kind: 'price', value: context.price }),
        onDone: 'open',
        onError: 'closed',
      },
    },
    helped: {
      invoke: {
        id: 'helper',
        src: 'helper',
        input: { task: 'help' },
        onDone: 'open',
        onError: 'closed',
      },
      on: {
        READY: {
          actions: [
            assign({ ready: ({ context }) => Math.min(2, context.ready + 1) }),
            sendTo('helper', { type: 'GO' }),
          ],
        },
        STOP: 'open',
        ASK: { actions: sendTo('helper', { type: 'ENOUGH' }) },
      },
      after: { long: 'closed' },
    },
    closed: { type: 'final' },
  },
})

const shopAgent = defineAgent({ machine: shop }) as AgentDefinition

/** Numbers of questions count from the present one. */
export function shopWorld(properties: readonly Property<null>[]): World<null> {
  return {
    name: 'shop',
    agents: [{ definition: shopAgent, id: 's' }],
    children: [defineAgent({ machine: helper }) as AgentDefinition],
    outside: null,
    tools: {
      look: { execute: () => [{ output: { price: 3 } }, { error: { message: 'it is dark' } }] },
    },
    promises: { note: () => [{ output: 'noted' }] },
    outsiders: [
      {
        name: 'customer',
        to: 'shop/s',
        events: ({ snapshot }) => {
          const { asked } = snapshot.context as unknown as ShopContext
          return [
            { event: { type: 'ASK', number: asked + 1 }, isExpected: true },
            { event: { type: 'ASK', number: asked } },
            { event: { type: 'STOP' } },
          ]
        },
      },
      { name: 'passer-by', to: 'helper/*', events: () => [{ event: { type: 'HURRY' } }], most: 2 },
    ],
    abstractions: {
      shop: {
        context: (context: ShopContext) => ({ ...context, asked: 0 }),
        shift: ({ asked }: ShopContext) => asked,
        event: (event, shift) =>
          event.type === 'ASK'
            ? { ...event, number: Math.max(0, (event['number'] as number) - (shift as number)) }
            : event,
      },
    },
    bounds: { crashes: 2, duplicates: 1, mailbox: 3 },
    properties,
  }
}

/** An agent that waits for ever after a question, or goes round for ever. */
const waiter = setup({
  types: {} as { events: { type: 'WAIT' } | { type: 'TURN' } | { type: 'BREAK' } },
  delays: { beat: 1_000 },
}).createMachine({
  id: 'waiter',
  context: {},
  initial: 'idle',
  states: {
    idle: { on: { WAIT: 'stuck', TURN: 'left', BREAK: 'broken' } },
    stuck: {},
    left: { after: { beat: 'right' } },
    right: { after: { beat: 'left' } },
    broken: {
      always: {
        target: 'idle',
        guard: () => {
          throw new Error('a guard that throws')
        },
      },
    },
  },
})

export function waiterWorld(
  event: 'WAIT' | 'TURN' | 'BREAK',
  properties: readonly Property<null>[],
): World<null> {
  return {
    name: 'waiter',
    agents: [{ definition: defineAgent({ machine: waiter }) as AgentDefinition, id: 'w' }],
    outsiders: [{ name: 'somebody', to: 'waiter/w', events: () => [{ event: { type: event } }] }],
    bounds: { crashes: 0, duplicates: 0 },
    outside: null,
    properties,
  }
}
