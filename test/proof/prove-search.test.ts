import { assign, setup } from 'xstate'
import { describe, expect, test } from 'vitest'
import { virtualClock } from '../../src/contracts/clock.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { restoreSearch, saveSearch } from '../../src/proof/checkpoint.ts'
import {
  agentInvariant,
  atMost,
  everyExpectedEventIsTaken,
  everyStateIsReached,
  invariant,
  neverAfter,
  neverBefore,
  noAgentFails,
  noUnhandledEvent,
  settles,
} from '../../src/proof/properties.ts'
import type { Occurrence } from '../../src/proof/occurrence.ts'
import { prove } from '../../src/proof/prove.ts'
import type { ProofResult } from '../../src/proof/prove.ts'
import type { Search } from '../../src/proof/search.ts'
import type { World } from '../../src/proof/world.ts'
import { defineWorld } from '../../src/proof/world.ts'
import type { Bank } from './proof-worlds.ts'
import { asker, payer, payingWorld } from './proof-worlds.ts'

const noFaults = { crashes: 0, duplicates: 0 }

function agentOf(machine: ReturnType<ReturnType<typeof setup>['createMachine']>): AgentDefinition {
  return defineAgent({ machine: machine as never }) as AgentDefinition
}

async function names(world: World, options = {}): Promise<string[]> {
  const { violations } = await prove({ ...world, bounds: noFaults }, options)
  return violations.map(({ property }) => property)
}

describe('what a search covers', () => {
  // Two counters that are told to go on: the states are the pairs, the moves the steps between them.
  const counter = setup({
    types: {} as { context: { count: number }; events: { type: 'UP' } },
  }).createMachine({
    id: 'counter',
    version: '1',
    context: { count: 0 },
    on: {
      UP: {
        guard: ({ context }) => context.count < 5,
        actions: assign({ count: ({ context }) => context.count + 1 }),
      },
    },
  })
  const definition = agentOf(counter as never)
  const world = defineWorld<unknown>({
    name: 'counters',
    agents: ['a', 'b'].map((id) => ({ definition, id })),
    outsiders: ['a', 'b'].map((id) => ({
      name: `user of ${id}`,
      to: `counter/${id}`,
      events: ({ snapshot }) =>
        (snapshot.context as { count: number }).count < 5 ? [{ event: { type: 'UP' } }] : [],
    })),
    bounds: noFaults,
    properties: [],
  })

  test('is every state and every move, at its least depth', async () => {
    const { states, transitions, depth, complete } = await prove(world)
    expect({ states, transitions, depth, complete }).toEqual({
      states: 36,
      transitions: 60,
      depth: 10,
      complete: true,
    })
  })

  test('a copy is under way in any state until it is taken', async () => {
    const { states } = await prove({ ...world, bounds: { crashes: 0, duplicates: 1 } })
    // 36 without a copy; 30 with one to either agent, which has moved by then; and of those after it
    // was taken all but the 4 in which nobody has moved twice.
    expect(states).toBe(36 + 2 * 30 + 32)
  })

  test('the same search gives the same states, and goes on from a checkpoint as if never cut', async () => {
    const paying = payingWorld(payer('once'), {
      properties: [settles<Bank>()],
      bounds: { crashes: 2, duplicates: 2 },
    })
    const whole = await prove(paying)
    const again = await prove(paying)
    let bytes: Uint8Array | undefined
    const cut = await prove(paying, {
      maxStates: 2_000,
      onCutOff: (search) => (bytes = saveSearch(search)),
    })
    expect(cut).toMatchObject({ complete: false, cutOff: 'states' })
    const restored = restoreSearch(paying, bytes!)
    const rest = await prove(paying, { search: restored as Search })
    const essence = ({ states, transitions, depth, violations, machines }: ProofResult): object => {
      return { states, transitions, depth, violations, machines }
    }
    expect(essence(again)).toEqual(essence(whole))
    expect(essence(rest)).toEqual(essence(whole))
    expect(() => restoreSearch({ ...paying, bounds: noFaults }, bytes!)).toThrow(/checkpoint/)
  })

  test('says what cut it off', async () => {
    const clock = virtualClock()
    const late = { ...clock, now: () => (clock.advance(10_000), clock.now()) }
    const cases: [string, object][] = [
      ['states', { maxStates: 1 }],
      ['depth', { maxDepth: 0 }],
      ['time', { maxSeconds: 1, clock: late }],
      ['memory', { maxMemoryMb: 1 }],
      ['stopped', { signal: AbortSignal.abort() }],
    ]
    const paying = payingWorld(payer('once'), {
      properties: [],
      bounds: { crashes: 3, duplicates: 3 },
    })
    for (const [cutOff, options] of cases) {
      expect(await prove(paying, options)).toMatchObject({ complete: false, cutOff })
    }
  })

  test("stops at the world's own border", async () => {
    const within = ({
      agents,
    }: {
      agents: ReadonlyMap<string, { snapshot: { context: object } }>
    }) =>
      [...agents.values()].every(
        ({ snapshot }) => (snapshot.context as { count: number }).count < 2,
      )
    const { states, bordering } = await prove({ ...world, within })
    expect({ states, bordering }).toEqual({ states: 8, bordering: 4 })
  })
})

describe('properties', () => {
  const isDone = (so: Occurrence): boolean =>
    so.kind === 'stepped' && so.after.snapshot.status === 'done'
  const hasPaid = (so: Occurrence): boolean => so.kind === 'executed'
  const world = (...properties: World['properties']): World =>
    payingWorld(payer('idempotent'), { properties: properties as never }) as World

  test('an invariant of one agent, and of the whole', async () => {
    const never = 'payer'
    const one = agentInvariant(
      'payer',
      'never paid',
      ({ snapshot }) => snapshot.value !== 'paid' || 'it is',
    )
    const all = invariant(
      'never a call',
      ({ calls }) => calls.length === 0 || `${calls[0]!.target} is called`,
    )
    expect(await names(world(one, all))).toEqual(['never a call', 'never paid'])
    const fine = agentInvariant(
      never,
      'known',
      ({ snapshot }) => typeof snapshot.value === 'string' || 'unknown',
    )
    expect(await names(world(fine as never))).toEqual([])
  })

  test('an order of occurrences', async () => {
    expect(
      await names(world(neverBefore('no end before a payment', hasPaid, isDone))),
    ).toHaveLength(1)
    expect(
      await names(world(neverBefore('no payment before GO', (so) => so.kind === 'sent', hasPaid))),
    ).toEqual([])
    expect(await names(world(neverAfter('no payment after the end', isDone, hasPaid)))).toEqual([])
    expect(await names(world(neverAfter('no end after a payment', hasPaid, isDone)))).toHaveLength(
      1,
    )
    expect(await names(world(atMost('one payment', 1, hasPaid)))).toEqual([])
    expect(await names(world(atMost('no payment', 0, hasPaid)))).toEqual(['no payment'])
  })

  test('what is sent is taken', async () => {
    const outsiders = [
      { name: 'user', to: 'payer/p', events: () => [{ event: { type: 'GO' }, isExpected: true }] },
    ]
    const impatient = { ...world(everyExpectedEventIsTaken(), noUnhandledEvent()), outsiders }
    expect(await names(impatient)).toEqual(['every expected event is taken', 'no unhandled event'])
    const except = { ...world(noUnhandledEvent({ except: ['GO'] })), outsiders }
    expect(await names(except)).toEqual([])
  })

  test('every state is reached, but those that are named', async () => {
    const [violation] = (await prove({ ...world(everyStateIsReached()), bounds: noFaults }))
      .violations
    expect(violation!.reason).toBe('no run enters payer.retrying, payer.unclear')
    const except = everyStateIsReached({ except: ['payer.retrying', 'payer.unclear'] })
    expect(await names(world(except))).toEqual([])
  })

  test('no agent fails', async () => {
    const machine = setup({ types: {} as { events: { type: 'GO' } } }).createMachine({
      id: 'payer',
      version: '1',
      initial: 'idle',
      states: {
        idle: {
          on: {
            GO: {
              guard: () => [].at(0)! > (undefined as never as { x: number }).x,
              target: 'idle',
            },
          },
        },
      },
    })
    expect(
      await names(
        payingWorld(agentOf(machine as never), { properties: [noAgentFails()] }) as World,
      ),
    ).toEqual(['no agent fails'])
  })
})

describe('coming to rest', () => {
  const one = (definition: AgentDefinition, ...properties: World['properties']): World => ({
    name: 'one',
    agents: [{ definition, id: 'x' }],
    properties,
  })

  test('a loop that the model may choose for ever is shown with its way round', async () => {
    const { violations } = await prove({ ...one(asker(), settles()), bounds: noFaults })
    const { moves, loop } = violations[0]!.trace
    expect(moves).toEqual([])
    expect(loop!.map((move) => (move.do === 'decide' ? move.option.type : move.do))).toEqual([
      'MORE',
    ])
    expect(await names(one(asker(), settles({ mayLoop: true })))).toEqual([])
  })

  test('a state without a way out is stuck, unless somebody is waited for', async () => {
    const machine = setup({}).createMachine({
      id: 'waiter',
      version: '1',
      initial: 'waiting',
      states: { waiting: { on: { GO: 'ended' } }, ended: { type: 'final' } },
    })
    expect(await names(one(agentOf(machine as never), settles()))).toEqual([
      'always ends or waits for a person',
    ])
    const mayRest = settles({
      mayRest: ({ agents }) => agents.get('waiter/x')!.snapshot.value === 'waiting',
    })
    expect(await names(one(agentOf(machine as never), mayRest))).toEqual([])
  })

  test('loops may be allowed, but not those without a way out', async () => {
    const machine = setup({ delays: { soon: 10, asSoon: 10 } }).createMachine({
      id: 'poller',
      version: '1',
      initial: 'a',
      states: {
        a: { after: { soon: 'b', asSoon: 'out' } },
        b: { after: { 10: 'c' } },
        c: { after: { 10: 'b' } },
        out: { type: 'final' },
      },
    })
    const { violations } = await prove({
      ...one(agentOf(machine as never), settles({ mayLoop: true })),
      bounds: noFaults,
    })
    expect(violations[0]!.trace.moves).toHaveLength(1)
  })
})
