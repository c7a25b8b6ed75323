import { expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import * as z from 'zod'
import { defineAgent } from '../../src/actors/definition.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { decisionActor } from '../../src/actors/source.ts'
import { playOnRuntime } from '../../src/cli/play-trace.ts'
import { declareDecision } from '../../src/decision/define-decision.ts'
import { agentInvariant } from '../../src/proof/properties.ts'
import { prove } from '../../src/proof/prove.ts'
import { playOnModel } from '../../src/proof/trace-model.ts'
import type { Trace } from '../../src/proof/trace.ts'
import type { World } from '../../src/proof/world.ts'
import type { Bank } from './trace-worlds.ts'
import { bankWorld } from './trace-worlds.ts'

interface Till {
  most?: number
  decides?: boolean
  option?: object
  sends?: object
}

const choose = declareDecision({
  name: 'allow',
  input: z.object({}),
  options: z.discriminatedUnion('type', [
    z.object({ type: z.literal('YES'), cents: z.int() }),
    z.object({ type: z.literal('NO') }),
  ]),
})

/** Takes coins, more of them than `most` when that is missing, and may ask before it opens. */
function tillWorld({ most = 9, decides = false, option, sends }: Till): World<null> {
  const machine = setup({
    types: {} as {
      context: { coins: number }
      events: { type: 'COIN' } | { type: 'OPEN' } | { type: 'YES' } | { type: 'NO' }
    },
    actors: { choose: decisionActor(choose) },
  }).createMachine({
    id: 'till',
    context: { coins: 0 },
    initial: 'shut',
    states: {
      shut: {
        on: {
          COIN: {
            guard: ({ context }) => context.coins < most,
            actions: assign({ coins: ({ context }) => context.coins + 1 }),
          },
          OPEN: decides ? 'asking' : 'open',
        },
      },
      asking: {
        invoke: { id: 'choose', src: 'choose', input: {}, onDone: 'open', onError: 'shut' },
        on: { YES: 'open', NO: 'shut' },
      },
      open: { type: 'final' },
    },
  })
  const events = z.object({ type: z.literal('COIN') })
  const open = z.object({ type: z.literal('OPEN') })
  const definition = defineAgent({ machine, events: { COIN: events, OPEN: open } })
  return {
    name: 'till',
    agents: [{ definition: definition as unknown as AgentDefinition, id: 't' }],
    decisions: { allow: () => [(option ?? { type: 'YES', cents: 1 }) as { type: string }] },
    outsiders: [
      {
        name: 'child',
        to: 'till/t',
        events: ({ snapshot }) =>
          snapshot.value === 'asking'
            ? []
            : [
                { event: (sends ?? { type: 'COIN' }) as { type: string } },
                { event: { type: 'OPEN' } },
              ],
        most: 5,
      },
    ],
    bounds: { crashes: 0, duplicates: 0 },
    outside: null,
    properties: [
      agentInvariant('till', 'holds two coins at most', ({ snapshot }) =>
        snapshot.context['coins'] === 3 ? 'it holds three' : true,
      ),
      agentInvariant('till', 'never open', ({ snapshot }) =>
        snapshot.value === 'open' ? 'it is open' : true,
      ),
    ],
  }
}

async function traceOf(world: World<null>, property: string): Promise<Trace> {
  const { violations } = await prove(world)
  return violations.find((one) => one.property === property)!.trace
}

test('a machine that was repaired takes the moves, and the property holds', async () => {
  const trace = await traceOf(tillWorld({}), 'holds two coins at most')
  const repaired = tillWorld({ most: 2 })
  for (const play of [playOnModel(repaired, trace), await playOnRuntime(repaired, trace)]) {
    expect(play).toMatchObject({
      isBroken: false,
      reason: 'every move was made, and the property holds',
    })
    expect(play.steps.at(-1)!.agents).toEqual({ 'till/t': { status: 'active', value: 'shut' } })
    expect(play.steps.at(-1)!.occurred).toContain('COIN is a dead letter: unhandled')
  }
})

test('a move that the world no longer allows is named', async () => {
  const trace = await traceOf(tillWorld({ decides: true }), 'never open')
  const changed = { ...tillWorld({ decides: true }), decisions: { allow: () => [{ type: 'NO' }] } }
  for (const play of [playOnModel(changed, trace), await playOnRuntime(changed, trace)]) {
    expect(play).toMatchObject({
      isBroken: false,
      divergedAt: 2,
      reason:
        'move 2 (allow of till/t is decided: {"type":"YES","cents":1}): the world does not allow it',
    })
    expect(play.steps).toHaveLength(1)
  }
})

test('a choice that its contract does not allow is none on the real runtime', async () => {
  const world = tillWorld({ decides: true, option: { type: 'YES', cents: 0.5 } })
  const trace: Trace = {
    ...(await traceOf(tillWorld({ decides: true }), 'never open')),
    moves: [
      { do: 'send', by: 'child', to: 'till/t', event: { type: 'OPEN' }, twice: false },
      {
        do: 'decide',
        agent: 'till/t',
        childId: 'choose',
        target: 'allow',
        option: { type: 'YES', cents: 0.5 },
      },
    ],
  }
  const play = await playOnRuntime(world, trace)
  expect(play).toMatchObject({ isBroken: false, divergedAt: 2 })
})

test('an event that the door refuses is told', async () => {
  const world = tillWorld({ sends: { type: 'NOTE' } })
  const trace: Trace = {
    ...(await traceOf(tillWorld({}), 'never open')),
    moves: [{ do: 'send', by: 'child', to: 'till/t', event: { type: 'NOTE' }, twice: false }],
  }
  const play = await playOnRuntime(world, trace)
  expect(play).toMatchObject({ isBroken: false, divergedAt: 1 })
  expect(play.reason).toMatch(/NOTE to till\/t: event of till: expected one of COIN, OPEN/)
})

test('where a model promises what the contract does not allow, the difference is told', async () => {
  const paid = agentInvariant<Bank>('payer-idempotent', 'never paid', ({ snapshot }) =>
    snapshot.value === 'paid' ? 'it is paid' : true,
  )
  const world = bankWorld('idempotent', {}, [paid], {
    execute: () => [{ output: { receipt: 'R1' } }],
  })
  const { violations } = await prove(world)
  const { trace } = violations[0]!
  expect(playOnModel(world, trace)).toMatchObject({ isBroken: true })
  const play = await playOnRuntime(world, trace)
  expect(play).toMatchObject({ isBroken: false, divergedAt: 3 })
  expect(play.reason).toBe(
    'move 3 (payer-idempotent/p takes the answer of pay-idempotent): the model expects otherwise: ' +
      'payer-idempotent/p.value: expected "paid", got "failed"',
  )
})

test('a property that the world has not is an error', async () => {
  const trace = { ...(await traceOf(tillWorld({}), 'never open')), property: 'is pretty' }
  const problem = 'trace: property: expected a property of the world till, got is pretty'
  expect(() => playOnModel(tillWorld({}), trace)).toThrow(problem)
  await expect(playOnRuntime(tillWorld({}), trace)).rejects.toThrow(problem)
  await expect(playOnRuntime(tillWorld({}), trace, { on: 'step' as never })).rejects.toThrow(
    'on: expected twin or nats, got step',
  )
})
