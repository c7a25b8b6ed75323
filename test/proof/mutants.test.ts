import { describe, expect, test } from 'vitest'
import { and, assign, fromPromise, setup } from 'xstate'
import type { Outsider, World } from '../../src/proof/world.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { instrument } from '../../src/proof/instrument.ts'
import { mutantsOf } from '../../src/proof/mutants.ts'
import type { MutationResult } from '../../src/proof/mutation-check.ts'
import { checkMutants, worldWith } from '../../src/proof/mutation-check.ts'
import {
  agentInvariant,
  everyExpectedEventIsTaken,
  everyStateIsReached,
} from '../../src/proof/properties.ts'
import { pathsOf } from '../../src/proof/paths.ts'
import { runOnStep } from '../../src/proof/path-step.ts'
import { deskAgent } from '../../examples/airline-desk/desk.ts'
import { survivors } from '../../examples/airline-desk/proof/survivors.ts'
import { deskWorld } from '../../examples/airline-desk/proof/world.ts'
import { deskPaths } from './desk-paths.ts'

/** A guarded transition of every kind, and some that are not. */
const kinds = defineAgent({
  machine: setup({
    types: {} as { context: { n: number } },
    actors: { work: fromPromise<number, void>(() => Promise.resolve(1)) },
    guards: { few: ({ context }, most: number) => context.n < most },
  }).createMachine({
    id: 'kinds',
    context: { n: 0 },
    initial: 'idle',
    on: { RESET: { guard: ({ context }) => context.n > 0, target: '.idle' } },
    states: {
      idle: {
        always: [{ guard: { type: 'few', params: 0 }, target: 'deep' }],
        on: {
          GO: [
            { target: 'busy', guard: { type: 'few', params: 3 } },
            { target: 'deep', guard: and([{ type: 'few', params: 9 }, () => true]) },
            'idle',
          ],
          PLAIN: 'busy',
        },
        after: { 100: { guard: () => true, target: 'busy' }, 200: 'deep' },
      },
      busy: {
        id: 'busy',
        invoke: [
          { src: 'work', id: 'one', onDone: { guard: () => true, target: 'deep' } },
          {
            src: 'work',
            id: 'two',
            onDone: 'idle',
            onError: [{ guard: () => false, target: 'idle' }, { target: 'deep' }],
          },
        ],
      },
      deep: {
        initial: 'in',
        states: { in: { on: { OUT: 'out' } }, out: { type: 'final' } },
        onDone: { guard: () => true, target: 'idle' },
      },
    },
  }),
}) as AgentDefinition

describe('mutants', () => {
  test('are two for every guard, in document order, under the name of its transition', () => {
    const names = mutantsOf(kinds).map(({ name }) => name)
    expect(names).toEqual(
      [
        'kinds | RESET[0] -> kinds.idle',
        'kinds.idle | GO[0] -> busy',
        'kinds.idle | GO[1] -> kinds.deep',
        'kinds.idle | after 100[0] -> busy',
        'kinds.idle | always[0] -> kinds.deep',
        'busy | done one[0] -> kinds.deep',
        'busy | error two[0] -> kinds.idle',
        'kinds.deep | done[0] -> kinds.idle',
      ].flatMap((name) => [`${name} without its guard`, `${name} never taken`]),
    )
  })

  test('miss no guard of the desk', () => {
    const { guards } = instrument(deskAgent as AgentDefinition).declared
    expect(guards).toHaveLength(104)
    expect(mutantsOf(deskAgent as AgentDefinition).map(({ name }) => name)).toEqual(
      guards.flatMap((name) => [`${name} without its guard`, `${name} never taken`]),
    )
  })

  test('leave one guard out, also in copies, and the machine as it is', () => {
    const before = pathsOf(kinds).paths
    for (const { name, mutation, definition } of mutantsOf(kinds)) {
      // The checker makes a copy of its own from what the user wrote.
      const { declared } = instrument(definition)
      const others = instrument(kinds).declared.guards
      const own = name.slice(0, -mutation.length - 1)
      const isLess = mutation === 'without its guard'
      expect(declared.guards).toEqual(isLess ? others.filter((one) => one !== own) : others)
      expect(declared.transitions).toEqual(instrument(kinds).declared.transitions)
    }
    for (const path of before) expect(() => runOnStep(kinds, path)).not.toThrow()
  })
})

/** Opens for who has paid; a message that comes again is not paid again. */
function gate(guards: { isNew: boolean } = { isNew: true }): AgentDefinition {
  const machine = setup({
    types: {} as {
      context: { paid: number; heard: number }
      events: { type: 'PAY'; number: number } | { type: 'OPEN' } | { type: 'CLOSE' }
    },
    guards: {
      isNew: ({ context, event }) =>
        !guards.isNew || (event.type === 'PAY' && event.number > context.heard),
      isPaid: ({ context }) => context.paid > 0,
      isThere: () => true,
    },
  }).createMachine({
    id: 'gate',
    context: { paid: 0, heard: 0 },
    initial: 'shut',
    states: {
      shut: {
        on: {
          PAY: {
            guard: 'isNew',
            actions: assign({
              paid: ({ context }) => context.paid + 1,
              heard: ({ event }) => event.number,
            }),
          },
          OPEN: { guard: 'isPaid', target: 'open' },
        },
      },
      open: { on: { CLOSE: { guard: 'isThere', target: 'shut' } } },
    },
  })
  return defineAgent({ machine }) as AgentDefinition
}

const redundant = 'gate.open | CLOSE[0] -> gate.shut without its guard'

function gateWorld(definition: AgentDefinition, duplicates: number): World {
  return {
    name: 'a gate',
    agents: [{ definition, id: 'g' }],
    outsiders: [
      {
        name: 'payer',
        to: 'gate/g',
        most: 1,
        events: () => [{ event: { type: 'PAY', number: 1 }, isExpected: true }],
      },
      {
        name: 'guest',
        to: 'gate/g',
        events: ({ snapshot: { value } }) => [
          { event: { type: value === 'open' ? 'CLOSE' : 'OPEN' }, isExpected: value === 'open' },
        ],
      },
    ],
    bounds: { crashes: 0, duplicates },
    properties: [
      agentInvariant('gate', 'open only when paid', ({ snapshot: { value, context } }) =>
        value === 'open' && context['paid'] === 0 ? 'nobody has paid' : true,
      ),
      agentInvariant('gate', 'paid once', ({ snapshot: { context } }) =>
        context['paid'] === 2 ? 'paid twice' : true,
      ),
      everyExpectedEventIsTaken(),
      everyStateIsReached(),
    ],
  }
}

/** A payment while it is open is taken by nobody, so it comes when it is shut. */
function calmWorld(definition: AgentDefinition, duplicates: number): World {
  const world = gateWorld(definition, duplicates)
  const outsiders = world.outsiders!.map((outsider): Outsider => {
    if (outsider.name !== 'payer') return outsider
    const { events } = outsider
    return { ...outsider, events: (so) => (so.snapshot.value === 'shut' ? events(so) : []) }
  })
  return { ...world, outsiders }
}

/** Of which the derived tests notice little. */
const noPayment = { examples: { PAY: [] } }

function check(
  duplicates: readonly number[],
  more: { explained?: Record<string, string>; definition?: AgentDefinition } = {},
): Promise<MutationResult> {
  const { definition = gate(), explained = {} } = more
  const worlds = duplicates.map((count) => (one: AgentDefinition) => calmWorld(one, count))
  return checkMutants({ definition, worlds, explained, paths: noPayment })
}

describe('the check', () => {
  test('says what notices each mutant, and which one survives', async () => {
    const { verdicts, score, unexplained } = await check([1])
    expect(verdicts.map(({ name, prover }) => [name, prover?.property])).toEqual([
      ['gate.shut | PAY[0] -> (none) without its guard', 'paid once'],
      ['gate.shut | PAY[0] -> (none) never taken', 'every expected event is taken'],
      ['gate.shut | OPEN[0] -> gate.open without its guard', 'open only when paid'],
      ['gate.shut | OPEN[0] -> gate.open never taken', 'every state is reached'],
      [redundant, undefined],
      ['gate.open | CLOSE[0] -> gate.shut never taken', 'every expected event is taken'],
    ])
    expect(verdicts[2]!.prover!.moves).toBe(1)
    expect(score).toMatchObject({ mutants: 6, byProver: 5, survived: 1, proverPercent: 83.3 })
    expect(unexplained).toEqual([redundant])
  })

  test('tries the fuller world where a mutant survives the quick one', async () => {
    const [payment, ...others] = (await check([0, 1])).verdicts
    expect(payment!.prover!.property).toBe('paid once')
    expect(payment!.searches.map(({ complete }) => complete)).toEqual([true, false])
    expect(others.find(({ name }) => name === redundant)!.searches).toHaveLength(2)
    expect((await check([0])).score.byProver).toBe(4)
  })

  test('tells what the derived tests notice from what a property says', async () => {
    const definition = gate()
    const unsaid = (one: AgentDefinition): World => ({ ...gateWorld(one, 0), properties: [] })
    const paths = { examples: { PAY: [{ number: 0 }, { number: 1 }] } }
    const { verdicts, score } = await checkMutants({ definition, worlds: [unsaid], paths })
    expect(score).toMatchObject({ percent: 83.3, byProver: 0, byTests: 5, byTestsAlone: 5 })
    expect(verdicts[3]!.tests!.path).toContain('PAY -> OPEN')
    expect(verdicts[3]!.tests!.difference).toMatch(/^move 3 \(OPEN\), on the pure step: snapshot/)
  })

  test('takes an explanation for a survivor, and none for what is noticed', async () => {
    const reason = 'it holds always'
    const good = await check([1], { explained: { [redundant]: reason } })
    expect(good.unexplained).toEqual([])
    expect(good.score.explained).toBe(1)
    const other = 'gate.open | CLOSE[0] -> gate.shut never taken'
    expect((await check([1], { explained: { [other]: reason } })).outdated).toEqual([other])
    await expect(check([1], { explained: { 'gate.open': reason } })).rejects.toThrow(
      'explained: expected the name of a mutant of gate, got gate.open; take the name that ' +
        '`ashlar prove --mutants` prints',
    )
  })

  test('refuses a machine of which a property does not hold anyway', async () => {
    await expect(check([1], { definition: gate({ isNew: false }) })).rejects.toThrow(
      'world a gate: expected properties that hold of gate as it is, got paid once: paid twice',
    )
    await expect(check([])).rejects.toThrow('worlds: expected at least one, got none')
  })

  test('counts a property that throws on what a mutant does', async () => {
    const strict = (one: AgentDefinition): World => ({
      ...calmWorld(one, 1),
      properties: [
        agentInvariant('gate', 'is strict', ({ snapshot: { value, context } }) => {
          if (value === 'open' && context['paid'] === 0) throw new Error('no such thing')
          return true
        }),
      ],
    })
    const { verdicts } = await checkMutants({ definition: gate(), worlds: [strict] })
    expect(verdicts[2]!.prover!.reason).toBe('no such thing')
  })

  test('puts the mutant in the place of a child as well', () => {
    const mutant = mutantsOf(kinds)[0]!.definition
    const world = { ...gateWorld(gate(), 0), children: [kinds] }
    const altered = worldWith(world, mutant)
    expect(altered.children).toEqual([mutant])
    expect(altered.agents).toEqual(world.agents)
  })
})

/**
 * One mutant or two for every kind of guard. All 208, of 104 guards, take three minutes by hand
 * (`ashlar prove examples/airline-desk/proof/world.ts --mutants`): the properties notice 207, the
 * derived tests 204, and the one that survives both is explained beside the world.
 */
const sample = [
  'airline-desk.listening | CUSTOMER[0] -> understanding never taken',
  'airline-desk.listening | CUSTOMER[1] -> airline-desk.identifying without its guard',
  'airline-desk.identifying | done identifyCustomer[0] -> airline-desk.recalling without its guard',
  'understanding | PROPOSE[0] -> airline-desk.proposing never taken',
  'understanding | TRANSFER[0] -> handingOver without its guard',
  'airline-desk.lookingUp.choosing | always[4] -> airline-desk.lookingUp.think without its guard',
  'airline-desk.lookingUp.calculate | error calculate[0] -> refusing never taken',
  'airline-desk.checkingPolicy.choosing | always[0] -> refusing never taken',
  'airline-desk.checkingPolicy.choosing | always[6] -> airline-desk.checkingPolicy.compensating without its guard',
  'airline-desk.checkingPolicy.booking | always[0] -> refusing never taken',
  'airline-desk.checkingPolicy.booking | always[10] -> executing without its guard',
  'airline-desk.checkingPolicy.compensating | always[7] -> executing never taken',
  'airline-desk.checkingPolicy.changingFlights | always[7] -> refusing without its guard',
  'confirming | ANSWER[0] -> airline-desk.proposing without its guard',
  'confirming | ANSWER[1] -> refusing without its guard',
  'airline-desk.executing.choosing | always[5] -> airline-desk.executing.send_certificate never taken',
  'airline-desk.executing.send_certificate | done send_certificate[0] -> understanding never taken',
  'airline-desk.executing.book_reservation | error book_reservation[0] -> refusing without its guard',
]

test('the properties of the desk notice every kind of guard', { timeout: 120_000 }, async () => {
  const definition = deskAgent as AgentDefinition
  const mutants = mutantsOf(definition).filter(({ name }) => sample.includes(name))
  expect(mutants).toHaveLength(sample.length)
  const bounds = { crashes: 0, duplicates: 0 }
  const { verdicts } = await checkMutants({
    definition,
    worlds: [(agent) => ({ ...deskWorld({ agent }), bounds })],
    mutants,
    paths: deskPaths,
    explained: survivors.machines['airline-desk']!.explained!,
  })
  expect(verdicts.filter(({ prover }) => !prover).map(({ name }) => name)).toEqual([])
})
