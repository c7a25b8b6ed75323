/** Parents whose children ask a model, all at the expense of one budget. */
import type { AgentDefinition, BudgetCaps } from 'ashlar'
import { budgetExhausted, decisionActor, defineAgent, defineService } from 'ashlar'
import type { AnyStateMachine } from 'xstate'
import { assign, raise, setup } from 'xstate'
import type { NextOption } from './model-decision.ts'
import { nextContract } from './model-decision.ts'

/** How many of the askers below an agent ended in which way. */
export interface Endings {
  decided: number
  /** The budget kept the model from being asked. */
  exhausted: number
  failed: number
}

const none: Endings = { decided: 0, exhausted: 0, failed: 0 }

/** Asks once. */
const asker = setup({
  types: {} as {
    context: Endings & { order: string }
    input: { order: string }
    events: NextOption
    output: Endings
  },
  actors: { next: decisionActor(nextContract) },
  actions: { end: assign((_, ending: keyof Endings) => ({ [ending]: 1 })) },
  guards: { budgetExhausted },
}).createMachine({
  id: 'bench-asker',
  version: '1',
  context: ({ input }) => ({ ...none, order: input.order }),
  output: ({ context: { decided, exhausted, failed } }) => ({ decided, exhausted, failed }),
  initial: 'asking',
  states: {
    asking: {
      invoke: {
        id: 'next',
        src: 'next',
        input: ({ context }) => ({ order: context.order }),
        onDone: { actions: raise(({ event }) => event.output) },
        onError: [
          {
            guard: 'budgetExhausted',
            target: 'ended',
            actions: { type: 'end', params: 'exhausted' },
          },
          { target: 'ended', actions: { type: 'end', params: 'failed' } },
        ],
      },
      on: {
        CONTINUE: { target: 'ended', actions: { type: 'end', params: 'decided' } },
        STOP: { target: 'ended', actions: { type: 'end', params: 'decided' } },
      },
    },
    ended: { type: 'final' },
  },
})

/** Starts so many children at once and adds up how they ended. */
function gathering(id: string, size: number, member: AnyStateMachine): AnyStateMachine {
  const onDone = {
    actions: {
      type: 'add' as const,
      params: ({ event }: { event: { output: Endings } }) => event.output,
    },
  }
  return setup({
    types: {} as { context: Endings & { ended: number }; output: Endings },
    actors: { member },
    actions: {
      add: assign(({ context }, more: Endings) => ({
        ended: context.ended + 1,
        decided: context.decided + more.decided,
        exhausted: context.exhausted + more.exhausted,
        failed: context.failed + more.failed,
      })),
    },
    guards: { allEnded: ({ context }) => context.ended === size },
  }).createMachine({
    id,
    version: '1',
    context: { ...none, ended: 0 },
    output: ({ context: { decided, exhausted, failed } }) => ({ decided, exhausted, failed }),
    initial: 'waiting',
    states: {
      waiting: {
        invoke: Array.from({ length: size }, (_, n) => ({
          id: `m-${n}`,
          src: 'member' as const,
          input: { order: `o-${n}` },
          onDone,
        })),
        always: { guard: 'allEnded', target: 'ended' },
      },
      ended: { type: 'final' },
    },
  })
}

const crewSize = 40
const crew = gathering('bench-crew', crewSize, asker)

/** What bounds a family: `calls` suffices for two fifths of its askers, `money` for two thirds. */
export function familyCaps(askers: number) {
  const [calls, usd] = [(askers * 2) / 5, askers / 50_000]
  return {
    none: undefined,
    ample: { calls: askers * 1_000, usd: askers },
    calls: { calls, usd: askers },
    money: { calls: askers * 1_000, usd },
    both: { calls, usd },
  } as const satisfies Record<string, BudgetCaps | undefined>
}

export type FamilyKind = keyof ReturnType<typeof familyCaps>

/**
 * The heads of the families. In `both` they are the parent of every asker, in the others of crews,
 * so that what is measured is the budget: a parent's record names all its children, and a thousand
 * of them end one after the other.
 */
export function familyAgents(askers: number): ReadonlyMap<FamilyKind, AgentDefinition> {
  const kinds = Object.entries(familyCaps(askers)) as [FamilyKind, BudgetCaps | undefined][]
  const heads = kinds.map(([kind, budget]): [FamilyKind, AgentDefinition] => {
    const [size, member] = kind === 'both' ? [askers, asker] : [askers / crewSize, crew]
    const machine = gathering(`bench-family-${kind}`, size, member)
    return [kind, defineAgent({ machine, ...(budget ? { budget } : {}) })]
  })
  return new Map(heads)
}

/** Its option `askers` says how many a family has: a multiple of forty. */
export const familyService = defineService('families', ({ options }) => {
  const heads = familyAgents(Number(options.askers))
  const members = [asker, crew].map((machine) => defineAgent({ machine }))
  return { agents: [...heads.values(), ...members] }
})
