import { expect, test } from 'vitest'
import { assign, raise, setup } from 'xstate'
import * as z from 'zod'
import { budgetExhausted } from '../../src/actors/budget-exhausted.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { decisionActor } from '../../src/actors/source.ts'
import type { BudgetCaps, Cost } from '../../src/contracts/budget.ts'
import type { AnyDecision, Decider } from '../../src/contracts/decision.ts'
import { fromBytes } from '../../src/contracts/json.ts'
import { rules } from '../../src/decision/deciders.ts'
import { declareDecision, defineDecision } from '../../src/decision/define-decision.ts'
import { describeWorlds } from './world.ts'
import type { World } from './world.ts'

const next = declareDecision({
  name: 'next',
  input: z.object({ asked: z.int() }),
  options: z.discriminatedUnion('type', [
    z.object({ type: z.literal('MORE') }),
    z.object({ type: z.literal('ENOUGH') }),
  ]),
})
interface Asked {
  asked: number
  isExhausted: boolean
}
type Option = { type: 'MORE' } | { type: 'ENOUGH' }

/** Asks until nobody answers any more, or somebody says that it is enough. */
const asker = setup({
  types: {} as { context: Asked; events: Option; output: Asked },
  actors: { next: decisionActor(next) },
  guards: { budgetExhausted },
}).createMachine({
  id: 'asker',
  version: '1',
  context: { asked: 0, isExhausted: false },
  initial: 'asking',
  output: ({ context }) => context,
  states: {
    asking: {
      invoke: {
        id: 'next',
        src: 'next',
        input: ({ context }) => ({ asked: context.asked }),
        onDone: { actions: raise(({ event }) => event.output) },
        onError: [
          {
            guard: 'budgetExhausted',
            target: 'over',
            actions: assign({ isExhausted: true }),
          },
          { target: 'over' },
        ],
      },
      on: {
        MORE: {
          target: 'asking',
          reenter: true,
          actions: assign({ asked: ({ context }) => context.asked + 1 }),
        },
        ENOUGH: 'over',
      },
    },
    over: { type: 'final' },
  },
})

/** A region that sends one asker off and counts what it asked. */
function region(id: string) {
  const params = ({ event }: { event: { output: { asked: number } } }): number => event.output.asked
  const onDone = { target: 'home', actions: { type: 'add', params } } as const
  return {
    initial: 'out',
    states: { out: { invoke: { id, src: 'asker', onDone } }, home: { type: 'final' } },
  } as const
}

/** Four askers side by side. */
const family = setup({
  types: {} as { context: { asked: number }; output: { asked: number } },
  actors: { asker },
  actions: { add: assign({ asked: ({ context }, more: number) => context.asked + more }) },
}).createMachine({
  id: 'family',
  version: '1',
  context: { asked: 0 },
  type: 'parallel',
  output: ({ context }) => ({ asked: context.asked }),
  states: { a: region('a'), b: region('b'), c: region('c'), d: region('d') },
})

const most: Cost = { tokens: 1_000, nanoUsd: 3_000_000 }
const real: Cost = { tokens: 400, nanoUsd: 1_000_000 }

/** A model that says for each answer what it cost. */
function model(): Decider<{ asked: number }> & { calls: number } {
  return {
    name: 'model',
    calls: 0,
    estimate: () => most,
    decide() {
      this.calls++
      return { kind: 'chosen', option: { type: 'MORE' }, cost: real }
    },
  }
}

function asked(...deciders: Decider<{ asked: number }>[]): AnyDecision {
  return defineDecision({ ...next, prompt: () => 'more?', deciders })
}

const askerAgent = defineAgent({ machine: asker })

function familyAgent(budget: BudgetCaps): AgentDefinition {
  return defineAgent({ machine: family, budget })
}

async function balanceOf(world: World, name: string): Promise<unknown> {
  const stored = await world.settle(world.bus.keyValue.get('budget', name))
  return stored && fromBytes(stored.value)
}

describeWorlds('the budget of an agent', ['local', 'nats'], (open) => {
  test('is shared by its children, to the last call, over two processes', async () => {
    const world = await open()
    const agents = [familyAgent({ calls: 10 }), askerAgent]
    const [first, second] = [model(), model()]
    await world.start({ agents, decisions: [asked(first)] })
    await world.start({ decisions: [asked(second)] })
    const ref = await world.settle(world.client.start(agents[0]!, { id: 'f' }))
    expect(await world.settle(ref.output())).toEqual({ asked: 10 })
    expect(first.calls + second.calls).toBe(10)
    expect(await balanceOf(world, 'family/f')).toMatchObject({ calls: 10 })
  })

  test('is never passed by money that is only expected, nor left unused', async () => {
    const world = await open()
    const cents = 1
    const agents = [familyAgent({ usd: cents / 100 }), askerAgent]
    const one = model()
    await world.start({ agents, inline: { decisions: [asked(one)] } })
    const ref = await world.settle(world.client.start(agents[0]!, { id: 'f' }))
    await world.settle(ref.output())
    const spent = one.calls * real.nanoUsd
    expect(spent).toBeLessThanOrEqual(cents * 10_000_000)
    // What no question could be asked for any more is less than one costs at most.
    expect(spent).toBeGreaterThan(cents * 10_000_000 - 4 * most.nanoUsd)
    expect(await balanceOf(world, 'family/f')).toMatchObject({ nanoUsd: spent })
  })

  test('is an event that the statechart can handle', async () => {
    const world = await open()
    const agent = defineAgent({ machine: asker, budget: { tokens: 1_500 } })
    await world.start({ agents: [agent], decisions: [asked(model())] })
    const ref = await world.settle(world.client.start(agent, { id: 'a' }))
    // 400 are spent of 1,000 set aside, so the third question would not be covered.
    expect(await world.settle(ref.output())).toEqual({ asked: 2, isExhausted: true })
  })

  test('is written in the journal with every decision: who decided, and at what cost', async () => {
    const world = await open()
    const agent = defineAgent({ machine: asker, budget: { calls: 1 } })
    await world.start({ agents: [agent], decisions: [asked(model())] })
    const ref = await world.settle(world.client.start(agent, { id: 'a' }))
    await world.settle(ref.output())
    const events = (await world.history(ref.address)).map(({ event }) => event)
    const provenance = { decider: 'model', cost: real, attempts: 1 }
    expect(events.filter(({ kind }) => kind === 'done')).toMatchObject([
      { childId: 'next', output: { type: 'MORE' }, provenance },
    ])
  })

  test('of a child counts beside that of its parent', async () => {
    const world = await open()
    const child = defineAgent({ machine: asker, budget: { calls: 2 } })
    const agents = [familyAgent({ calls: 7 }), child]
    const one = model()
    await world.start({ agents, decisions: [asked(one)] })
    const ref = await world.settle(world.client.start(agents[0]!, { id: 'f' }))
    const output = (await world.settle(ref.output())) as { asked: number }
    expect(output.asked).toBe(7)
    expect(one.calls).toBe(7)
  })

  test('that is used up leaves those that cost nothing', async () => {
    const world = await open()
    const agent = defineAgent({ machine: asker, budget: { calls: 3 } })
    const last = rules<{ asked: number }>(() => ({ type: 'ENOUGH' }))
    await world.start({ agents: [agent], decisions: [asked(model(), last)] })
    const ref = await world.settle(world.client.start(agent, { id: 'a' }))
    expect(await world.settle(ref.output())).toEqual({ asked: 3, isExhausted: false })
  })

  test('does not bind an agent that has none', async () => {
    const world = await open()
    const one = model()
    const bound = { ...one, calls: 0, decide: one.decide.bind(one) }
    const last: Decider<{ asked: number }> = {
      ...bound,
      decide: (question) =>
        question.input.asked < 5
          ? bound.decide(question)
          : { kind: 'chosen', option: { type: 'ENOUGH' } },
    }
    await world.start({ agents: [askerAgent], decisions: [asked(last)] })
    const ref = await world.settle(world.client.start(askerAgent, { id: 'a' }))
    expect(await world.settle(ref.output())).toEqual({ asked: 5, isExhausted: false })
    expect(await world.settle(world.bus.keyValue.keys('budget'))).toEqual([])
  })
})
