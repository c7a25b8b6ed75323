import { assign, sendTo, setup } from 'xstate'
import * as z from 'zod'
import { agentAt } from '../../src/actors/agent-at.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { inDoubt } from '../../src/actors/in-doubt.ts'
import { memoryActor, toolActor } from '../../src/actors/source.ts'
import type { AnyTool } from '../../src/contracts/tool.ts'
import { remember } from '../../src/memory/operations.ts'
import { declareTool, defineTool } from '../../src/tools/define-tool.ts'

/** What happened outside, as only the outside can know it: executions per idempotency key. */
export class Outside {
  readonly applied = new Map<string, number>()
  readonly executedOnce = new Map<string, number>()
}

/** Ten minutes that pass at once are no slow tool. */
const leapProofMs = 3_600_000

const input = z.object({ courier: z.string(), round: z.int() })

/** The outside system honours the key: however often it is asked, it applies once. */
const apply = declareTool({
  name: 'apply',
  timeoutMs: leapProofMs,
  input,
  output: z.object({ round: z.int() }),
  effect: 'idempotent',
  retry: { attempts: 2, firstDelayMs: 10, maxDelayMs: 20 },
})

/** The outside system honours nothing: each execution counts. */
const fire = declareTool({
  name: 'fire',
  input,
  output: z.object({ round: z.int() }),
  effect: 'once',
})

const ledger = setup({
  types: {} as {
    context: { counts: Record<string, number> }
    events: { type: 'ADD'; courier: string; round: number; from: string }
  },
}).createMachine({
  id: 'ledger',
  version: '1',
  context: { counts: {} },
  on: {
    ADD: {
      actions: [
        assign({
          counts: ({ context, event }) => ({
            ...context.counts,
            [event.courier]: (context.counts[event.courier] ?? 0) + 1,
          }),
        }),
        sendTo(
          ({ event }) => agentAt(event.from),
          ({ event }) => ({
            type: 'ADDED',
            round: event.round,
          }),
        ),
      ],
    },
  },
})

const errand = setup({
  types: {} as { context: { round: number }; input: { round: number }; output: number },
}).createMachine({
  id: 'errand',
  version: '1',
  context: ({ input: given }) => ({ round: given.round }),
  initial: 'walking',
  output: ({ context }) => context.round,
  states: { walking: { after: { 30: 'back' } }, back: { type: 'final' } },
})

interface CourierContext {
  id: string
  rounds: number
  round: number
  doubts: number
  added: number
}

const courier = setup({
  types: {} as {
    context: CourierContext
    input: { id: string; rounds: number }
    events: { type: 'ADDED'; round: number }
    output: CourierContext
  },
  actors: {
    apply: toolActor(apply),
    fire: toolActor(fire),
    remember: memoryActor(remember),
    errand,
  },
  guards: {
    inDoubt,
    last: ({ context }) => context.round >= context.rounds,
    due: ({ context, event }) => event.type === 'ADDED' && event.round === context.round,
  },
  actions: {
    toLedger: sendTo(agentAt('ledger/main'), ({ context }) => ({
      type: 'ADD',
      courier: context.id,
      round: context.round,
      from: `courier/${context.id}`,
    })),
  },
}).createMachine({
  id: 'courier',
  version: '1',
  context: ({ input: given }) => ({ ...given, round: 0, doubts: 0, added: 0 }),
  initial: 'applying',
  output: ({ context }) => context,
  states: {
    applying: {
      entry: assign({ round: ({ context }) => context.round + 1 }),
      invoke: {
        id: 'apply',
        src: 'apply',
        input: ({ context }) => ({ courier: context.id, round: context.round }),
        onDone: { target: 'telling' },
      },
    },
    telling: {
      entry: 'toLedger',
      on: {
        ADDED: {
          guard: 'due',
          target: 'firing',
          actions: assign({ added: ({ context }) => context.added + 1 }),
        },
      },
    },
    firing: {
      invoke: {
        id: 'fire',
        src: 'fire',
        input: ({ context }) => ({ courier: context.id, round: context.round }),
        onDone: { target: 'walking' },
        onError: {
          guard: 'inDoubt',
          target: 'walking',
          actions: assign({ doubts: ({ context }) => context.doubts + 1 }),
        },
      },
    },
    walking: {
      invoke: {
        id: 'errand',
        src: 'errand',
        input: ({ context }) => ({ round: context.round }),
        onDone: { target: 'resting' },
      },
    },
    resting: { after: { 20: 'noting' } },
    noting: {
      invoke: {
        id: 'remember',
        src: 'remember',
        input: ({ context }) => ({
          subject: `courier/${context.id}`,
          kind: 'round',
          value: context.round,
        }),
        onDone: [{ guard: 'last', target: 'home' }, { target: 'applying' }],
      },
    },
    home: { type: 'final' },
  },
})

const glutton = setup({
  types: {} as { context: { eaten: string[] }; events: { type: 'FEED'; meal: string } },
}).createMachine({
  id: 'glutton',
  version: '1',
  context: { eaten: [] },
  on: {
    FEED: { actions: assign({ eaten: ({ context, event }) => [...context.eaten, event.meal] }) },
  },
})

/** Whether the code of the fragile agent has its bug: the operator deploys the repair. */
export class Bug {
  isThere = true
}

/** Notes numbers, and throws at one of them as long as its bug is there. */
export function fragileAgent(bug: Bug) {
  const machine = setup({
    types: {} as {
      context: { seen: number[] }
      events: { type: 'NOTE'; n: number } | { type: 'END' }
      output: { seen: number[] }
    },
  }).createMachine({
    id: 'fragile',
    version: '1',
    context: { seen: [] },
    initial: 'noting',
    output: ({ context }) => ({ seen: context.seen }),
    states: {
      noting: {
        // It keeps its timer while it has failed.
        after: { 50: {} },
        on: {
          NOTE: {
            actions: assign({
              seen({ context, event }) {
                if (bug.isThere && event.n === 2) throw new Error('cannot note a two')
                return [...context.seen, event.n]
              },
            }),
          },
          END: 'ended',
        },
      },
      ended: { type: 'final' },
    },
  })
  return defineAgent({ machine })
}

export const courierAgent = defineAgent({ machine: courier })
export const ledgerAgent = defineAgent({ machine: ledger })
export const errandAgent = defineAgent({ machine: errand })
export const gluttonAgent = defineAgent({ machine: glutton })

/** The tools, in a process that may be struck before and after anything happens outside. */
export function courierTools(outside: Outside, at: (label: string) => Promise<void>): AnyTool[] {
  const count = (map: Map<string, number>, key: string): void => {
    map.set(key, (map.get(key) ?? 0) + 1)
  }
  return [
    defineTool({
      ...apply,
      async execute({ round }, { idempotencyKey }) {
        await at(`asks outside ${idempotencyKey}`)
        if (!outside.applied.has(idempotencyKey)) count(outside.applied, idempotencyKey)
        await at(`hears from outside ${idempotencyKey}`)
        return { round }
      },
    }),
    defineTool({
      ...fire,
      async execute({ round }, { idempotencyKey }) {
        await at(`asks outside ${idempotencyKey}`)
        count(outside.executedOnce, idempotencyKey)
        await at(`hears from outside ${idempotencyKey}`)
        return { round }
      },
    }),
  ]
}
