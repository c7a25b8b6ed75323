import { defineAgent } from 'ashlar'
import { coverageOf, pathsOf, testMachine } from 'ashlar/testing'
import { describe, expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import { step } from '../../src/actors/step.ts'
import { instrument } from '../../src/proof/instrument.ts'
import { counter } from './doc-machines/counter.ts'
import { credit } from './doc-machines/credit.ts'
import { editor } from './doc-machines/editor.ts'
import { fetching } from './doc-machines/fetching.ts'
import { order, orderInput } from './doc-machines/order.ts'
import { race } from './doc-machines/race.ts'
import { toggle } from './doc-machines/toggle.ts'
import { trafficLight } from './doc-machines/traffic-light.ts'
import { wizard, wizardEvents } from './doc-machines/wizard.ts'

const orderAgent = defineAgent({ machine: order, input: orderInput })
const names = (found: { paths: readonly { name: string }[] }): string[] =>
  found.paths.map(({ name }) => name)

describe('suites', () => {
  test('shortest: a path to every state, none that is the beginning of another', () => {
    const found = pathsOf(editor, { suite: 'shortest' })
    expect(found.coverage.states.missed).toEqual([])
    expect(names(found).toSorted()).toEqual(['FIELD', 'HELP', 'NEXT'])
  })

  test('transitions: few paths through every transition', () => {
    expect(names(pathsOf(toggle))).toEqual(['FLIP -> FLIP'])
    const found = pathsOf(orderAgent)
    expect(found.coverage.transitions.missed).toEqual([])
    expect(names(found)).toContain('done reserve -> error charge inDoubt -> after 86400000')
  })

  test('pairs: more paths, as every transition comes after each that leads to it', () => {
    const pairs = pathsOf(editor, { suite: 'pairs' })
    expect(pairs.paths.length).toBeGreaterThan(pathsOf(editor).paths.length)
    expect(names(pairs).some((name) => name.includes('HELP -> TO_PAGE -> HELP'))).toBe(true)
    expect(pairs.coverage.transitions.missed).toEqual([])
  })

  test('the same every time, and every name once', () => {
    const options = { suite: 'pairs', inputs: [{ name: 'ann' }] } as const
    const found = pathsOf(credit, options)
    expect(pathsOf(credit, options)).toEqual(found)
    expect(new Set(names(found)).size).toBe(found.paths.length)
  })

  test('each move tells what it took', () => {
    const [path] = pathsOf(toggle).paths
    expect(path!.steps.map(({ label, taken }) => [label, taken.transitions])).toEqual([
      ['init', []],
      ['FLIP', ['toggle.off | FLIP[0] -> toggle.on']],
      ['FLIP', ['toggle.on | FLIP[0] -> toggle.off']],
    ])
  })
})

describe('what may happen', () => {
  test('answers and failures come from the contracts', () => {
    const labels = new Set(
      pathsOf(orderAgent).paths.flatMap(({ steps }) => steps.map(({ label }) => label)),
    )
    expect(labels).toContain('error charge inDoubt')
    // Of a call that may be repeated nobody is in doubt.
    expect(labels).not.toContain('error reserve inDoubt')
    const kinds = pathsOf(orderAgent).paths.flatMap(({ steps }) =>
      steps.flatMap(({ move }) =>
        move.kind === 'done' && move.child === 'reserve' ? [move.output] : [],
      ),
    )
    expect(kinds).toContainEqual(expect.objectContaining({ kind: 'soldOut' }))
  })

  test('events come from their schemas, on both sides of their guards', () => {
    const agent = defineAgent({ machine: wizard, events: wizardEvents })
    expect(coverageOf(agent).guards.missed).toEqual([])
  })

  test('only options that are offered are chosen', () => {
    const inputs = [{ name: 'ann' }]
    const choices = pathsOf(credit, { inputs, suite: 'pairs' }).paths.flatMap(({ steps }) =>
      steps.flatMap(({ move }, index) => {
        if (move.kind !== 'done' || move.child !== 'judge') return []
        const { offered } = steps[index - 1]!.next.children['judge']!
        return [{ type: (move.output as { type: string }).type, offered }]
      }),
    )
    expect(choices.length).toBeGreaterThan(3)
    for (const { type, offered } of choices) expect(offered).toContain(type)
    // That it was not offered is what its guard has said.
    const notHeld = 'credit.judging | ASK_BOSS[0] -> credit.boss (the guard does not hold)'
    const bad = coverageOf(credit, { inputs, examples: { north: [10], south: [10] } })
    expect(bad.guards.missed).not.toContain(notHeld)
    const good = coverageOf(credit, { inputs, examples: { north: [80], south: [80] } })
    expect(good.guards.missed).toContain(notHeld)
  })

  test('of timers that are set together the shorter one is first', () => {
    const machine = setup({}).createMachine({
      id: 'two-timers',
      initial: 'waiting',
      states: {
        waiting: { after: { 100: 'early', 200: 'late' } },
        early: { type: 'final' },
        late: { type: 'final' },
      },
    })
    expect(coverageOf(machine).states.missed).toEqual(['two-timers.late'])
  })

  test('of timers that are set one after the other either may be first', () => {
    expect(coverageOf(race).states.missed).toEqual([])
  })

  test('an empty list of examples keeps an event out', () => {
    const missed = coverageOf(trafficLight, { examples: { STOP_ALL: [] } }).states.missed
    expect(missed).toEqual(['traffic-light.blinking'])
  })

  test('an `Error` among the examples is an error of the source', () => {
    const gone = Object.assign(new Error('gone'), { status: 410 })
    const found = pathsOf(fetching, { inputs: [{ url: '' }], examples: { load: [gone] } })
    const guard = 'fetching.loading | error load[0] -> fetching.failed'
    expect(found.coverage.transitions.missed).not.toContain(guard)
    expect(found.coverage.states.missed).toEqual(['fetching.loaded'])
  })
})

describe('bounds', () => {
  const endless = setup({
    types: {} as { context: { count: number }; events: { type: 'UP' } | { type: 'END' } },
  }).createMachine({
    id: 'endless',
    context: { count: 0 },
    initial: 'counting',
    states: {
      counting: {
        on: {
          UP: { actions: assign({ count: ({ context }) => context.count + 1 }) },
          END: { guard: ({ context }) => context.count >= 20, target: 'ended' },
        },
      },
      ended: { type: 'final' },
    },
  })

  test('a context without end is cut off, and the notes say so', () => {
    const found = pathsOf(endless, { bounds: { contexts: 10 } })
    expect(found.coverage.states.missed).toEqual(['endless.ended'])
    expect(found.notes).toEqual([
      'not all was explored: more than 10 contexts of one configuration; see `stateKey` and `bounds`',
    ])
    expect(coverageOf(endless).states.missed).toEqual([])
  })

  test('a key of the user says what counts', () => {
    const many = ({ snapshot }: { snapshot: { context: object } }): boolean =>
      (snapshot.context as { count: number }).count > 0
    const found = pathsOf(endless, { stateKey: many })
    expect(found.notes).toEqual([])
    expect(found.coverage.states.missed).toEqual(['endless.ended'])
  })

  test('states and moves', () => {
    expect(pathsOf(endless, { bounds: { states: 5 } }).notes[0]).toContain('more than 5 states')
    expect(pathsOf(endless, { bounds: { depth: 4 } }).notes[0]).toContain('more than 4 moves')
  })
})

describe('what cannot be used is refused, by its name', () => {
  test.each([
    [
      'an unknown event',
      { examples: { FLOP: [] } },
      /examples\.FLOP: expected an event or a source of toggle: FLIP/,
    ],
    [
      'a value that is no JSON',
      { examples: { FLIP: [{ at: new Date(0) }] } },
      /examples\.FLIP.*JSON/,
    ],
    [
      'an unknown suite',
      { suite: 'some' as never },
      /suite: expected shortest, transitions, pairs/,
    ],
    [
      'a bound that is none',
      { bounds: { states: Number.NaN } },
      /bounds\.states: expected a finite/,
    ],
  ])('%s', (_, options, text) => {
    expect(() => pathsOf(toggle, options)).toThrow(text)
  })

  test.each([
    ['a place', { on: ['moon' as never] }, /on: expected some of step, twin, nats, got moon/],
    ['no place', { on: [] }, /on: expected some of step/],
    [
      'a kind of coverage',
      { coverage: { lines: 1 } as object },
      /coverage: expected some of states/,
    ],
  ])('%s', (_, options, text) => {
    expect(() => testMachine(toggle, { test: () => undefined, ...options })).toThrow(text)
  })

  test('an example that its host would refuse', () => {
    const agent = defineAgent({ machine: wizard, events: wizardEvents })
    expect(() => pathsOf(agent, { examples: { AGE: [{ age: -1 }] } })).toThrow(
      /examples\.AGE: expected what fits the schema, got .*; correct it: age: /,
    )
    expect(() => pathsOf(orderAgent, { inputs: [{ sku: 'A', count: 9 }] })).toThrow(
      /inputs: expected what fits the schema/,
    )
  })

  test('a start that is not possible says what is missing', () => {
    const machine = setup({
      types: {} as { context: { name: string }; input: { name: string } },
    }).createMachine({ id: 'named', context: ({ input }) => ({ name: input.name.trim() }) })
    expect(() => pathsOf(machine)).toThrow(/inputs: expected start inputs with which named begins/)
    expect(pathsOf(machine, { inputs: [{ name: 'a' }] }).paths).toHaveLength(1)
  })

  test('what a source may answer without a contract is a guess, and no failure', () => {
    const found = pathsOf(credit, { inputs: [{ name: 'ann' }] })
    expect(found.thrown).toEqual([])
    expect(found.notes.join()).toContain('give examples of what it takes')
  })
})

describe('the observing copy', () => {
  test('takes the same steps, and leaves the given machine as it was', () => {
    const definition = defineAgent({ machine: counter })
    const before = JSON.stringify(counter.definition)
    const seen = instrument(definition)
    const at = { address: { type: 'counter', id: 'c' }, atMs: 0 }
    let [plain, observed] = [definition, seen.definition].map(
      (one) => step(one, undefined, { kind: 'init' }, at).next,
    )
    for (const type of ['DOWN', 'UP', 'UP', 'UP', 'NOBODY', 'DOWN']) {
      const event = { kind: 'event', event: { type } } as const
      const [one, other] = [
        step(definition, plain, event, at),
        step(seen.definition, observed, event, at),
      ]
      expect(other).toEqual(one)
      ;[plain, observed] = [one.next, other.next]
    }
    expect(JSON.stringify(counter.definition)).toBe(before)
    expect(seen.take()).toMatchObject({
      states: ['counter', 'counter.counting', 'counter.full', 'counter.counting'],
      refused: expect.arrayContaining([
        'counter.counting | DOWN[0] -> (none)',
        'counter.counting | always[0] -> counter.full',
      ]) as unknown,
    })
    expect(seen.take().states).toEqual([])
  })

  test('an eventless transition that changes nothing is taken once, as without it', () => {
    const machine = setup({}).createMachine({
      id: 'restless',
      initial: 'here',
      states: { here: { always: { guard: () => true }, on: { GO: {} } } },
    })
    const definition = defineAgent({ machine })
    const seen = instrument(definition)
    const at = { address: { type: 'restless', id: 'r' }, atMs: 0 }
    const { next } = step(seen.definition, undefined, { kind: 'init' }, at)
    expect(next).toEqual(step(definition, undefined, { kind: 'init' }, at).next)
    const event = { kind: 'event', event: { type: 'GO' } } as const
    const [one, other] = [step(definition, next, event, at), step(seen.definition, next, event, at)]
    expect(other.handled).toBe(one.handled)
  })
})
