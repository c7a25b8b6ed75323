import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../src/actors/definition.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { defineSaga } from '../../src/actors/saga.ts'
import type { SagaOutput } from '../../src/actors/saga-output.ts'
import { AshlarError } from '../../src/contracts/error.ts'
import type { AnyTool, EffectClass, ToolScope } from '../../src/contracts/tool.ts'
import { defineTool } from '../../src/tools/define-tool.ts'
import type { Faults } from './faults.ts'
import { never } from './faults.ts'
import { describeWorlds, openWorld } from './world.ts'
import type { World } from './world.ts'

/** What a call comes to: it happens, it does not, or it happens and nobody is told. */
type Fate = 'happens' | 'fails' | 'inDoubt'

interface Plan {
  effect: EffectClass
  fate: Fate
  undo: Fate
  ifInDoubt: boolean
}

const stepOf = (index: number): string => `s${index + 1}`

/** The outside: what took effect, by idempotency key. */
class Outside {
  readonly effects = new Map<string, Set<string>>()
  /** Executions of `once` calls by key: more than one would be a promise broken. */
  readonly executions = new Map<string, number>()

  happen(what: string, key: string): void {
    this.effects.set(what, (this.effects.get(what) ?? new Set()).add(key))
  }

  times(what: string): number {
    return this.effects.get(what)?.size ?? 0
  }
}

function sagaOf(plans: readonly Plan[], outside: Outside) {
  const call = (what: string, effect: EffectClass, fate: Fate): AnyTool =>
    defineTool({
      name: what,
      effect,
      input: z.object({ trip: z.string() }),
      output: z.object({ ref: z.string() }),
      retry: { attempts: 2, firstDelayMs: 1, maxDelayMs: 2 },
      timeoutMs: 500,
      execute(_input, { idempotencyKey: key }: ToolScope) {
        outside.executions.set(key, (outside.executions.get(key) ?? 0) + 1)
        if (fate === 'fails') throw new AshlarError('refused', `${what} was refused`)
        outside.happen(what, key)
        if (fate === 'inDoubt') throw new Error('the line broke')
        return { ref: `${what} done` }
      },
    })
  const tools: AnyTool[] = []
  const steps = plans.map(({ effect, fate, undo, ifInDoubt }, index) => {
    const id = stepOf(index)
    const tool = call(id, effect, fate)
    const compensation = call(`undo_${id}`, effect, undo)
    tools.push(tool, compensation)
    const input = ({ input }: { input: { trip: string } }) => input
    return { id, tool, input, compensate: { tool: compensation, input, ifInDoubt } }
  })
  const input = z.object({ trip: z.string() })
  const machine = defineSaga({ id: 'saga', version: '1', input, steps })
  return { tools, agent: defineAgent({ machine, input }) as AgentDefinition }
}

/** What must come of it, whatever crashes on the way. */
function expected(plans: readonly Plan[]): Pick<SagaOutput, 'outcome' | 'done' | 'compensated'> {
  const stuck = plans.findIndex(({ fate }) => fate !== 'happens')
  const ids = plans.map((_, index) => stepOf(index))
  if (stuck < 0) return { outcome: 'committed', done: ids, compensated: [] }
  const { fate, ifInDoubt } = plans[stuck]!
  const isDoubtful = fate === 'inDoubt'
  const undone = ids
    .slice(0, isDoubtful && ifInDoubt ? stuck + 1 : stuck)
    .filter((_, index) => plans[index]!.undo === 'happens')
    .toReversed()
  const isClean = undone.length === (isDoubtful ? stuck + 1 : stuck)
  const outcome = isClean ? 'compensated' : 'incomplete'
  return { outcome, done: ids.slice(0, stuck), compensated: undone }
}

/** Kills the process right after the given record of the saga, before anything of it is delivered. */
function dieAfter(step: number, died: () => void): (die: () => void) => Faults {
  return (die) => ({
    async append(next, record) {
      const appended = await next()
      if (record.address.type !== 'saga' || record.step !== step) return appended
      die()
      died()
      return never()
    },
  })
}

async function run(world: World, plans: readonly Plan[], crashAfter: number): Promise<Outside> {
  const outside = new Outside()
  const { agent, tools } = sagaOf(plans, outside)
  await world.start({ tools }, { ackWaitMs: 300 })
  const died = Promise.withResolvers<void>()
  const doomed = await world.start({ agents: [agent] }, dieAfter(crashAfter, died.resolve))
  // The host may die of the first record before it answers; the start lies in the mailbox then.
  const starting = world.client.start('saga', { id: 't', input: { trip: 'X' } as never })
  starting.catch(() => undefined)
  const ref = world.client.agent({ type: 'saga', id: 't' })
  const ended = ref.output({ timeoutMs: 120_000 })
  ended.catch(() => undefined)
  await world.settle(Promise.race([died.promise, ended]))
  await world.crash(doomed)
  await world.start({ agents: [agent] })
  const output = (await world.settle(ended)) as SagaOutput
  const { outcome, done, compensated } = output
  expect({ outcome, done, compensated }).toEqual(expected(plans))
  for (const [index, plan] of plans.entries()) {
    const id = stepOf(index)
    expect(outside.times(id)).toBe(
      done.includes(id) ||
        output.inDoubt.includes(id) ||
        (compensated.includes(id) && plan.fate === 'inDoubt')
        ? 1
        : 0,
    )
    if (compensated.includes(id)) expect(outside.times(`undo_${id}`)).toBe(1)
  }
  return outside
}

const fine: Plan = { effect: 'idempotent', fate: 'happens', undo: 'happens', ifInDoubt: false }
const once: Plan = { ...fine, effect: 'once' }

describeWorlds(
  'a saga whose host dies after a record, before it is delivered',
  ['local', 'nats'],
  (open) => {
    // start, three results (the last one a failure), two compensations, and no crash at all.
    test.each([1, 2, 3, 4, 5, 6, 99])('on the way back: record %i', async (step) => {
      const outside = await run(await open(), [fine, once, { ...once, fate: 'fails' }], step)
      expect([...outside.effects.keys()].toSorted()).toEqual(['s1', 's2', 'undo_s1', 'undo_s2'])
      for (const keys of outside.effects.values()) expect(keys.size).toBe(1)
    })

    test.each([1, 2, 3, 4])('on the way forward: record %i', async (step) => {
      const outside = await run(await open(), [fine, once, fine], step)
      expect([...outside.effects.keys()].toSorted()).toEqual(['s1', 's2', 's3'])
    })

    test('a call in doubt is undone where that does no harm', async () => {
      const doubtful: Plan = { ...once, fate: 'inDoubt', ifInDoubt: true }
      const outside = await run(await open(), [fine, doubtful], 2)
      expect(outside.times('undo_s2')).toBe(1)
    })
  },
)

describe('any steps, any fates, any crash', () => {
  const plan: fc.Arbitrary<Plan> = fc
    .record({
      effect: fc.constantFrom<EffectClass>('idempotent', 'once'),
      fate: fc.constantFrom<Fate>('happens', 'happens', 'happens', 'fails', 'inDoubt'),
      undo: fc.constantFrom<Fate>('happens', 'happens', 'fails', 'inDoubt'),
      ifInDoubt: fc.boolean(),
    })
    // Only a `once` call can end in doubt; of another one the same is a failure after retries.
    .filter(({ effect, fate, undo }) => effect === 'once' || ![fate, undo].includes('inDoubt'))

  test('comes to what the plan says, each effect and compensation once', async () => {
    const plans = fc.array(plan, { minLength: 1, maxLength: 5 })
    const property = fc.asyncProperty(
      plans,
      fc.integer({ min: 1, max: 12 }),
      async (all, crash) => {
        const world = await openWorld('local')
        try {
          const outside = await run(world, all, crash)
          const calls = all.filter(({ effect }) => effect === 'once').length
          expect(Math.max(0, ...outside.executions.values())).toBeLessThanOrEqual(calls > 0 ? 1 : 2)
        } finally {
          await world.close()
        }
      },
    )
    await fc.assert(property, { numRuns: 60 })
  })
})
