import { assign, setup } from 'xstate'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../src/actors/definition.ts'
import { defineSaga } from '../../src/actors/saga.ts'
import type { SagaOutput } from '../../src/actors/saga-output.ts'
import type { EffectClass } from '../../src/contracts/tool.ts'
import { declareTool } from '../../src/tools/define-tool.ts'
import type { Driver } from '../machines/driver.ts'
import { begin, missed, walkOf } from '../machines/driver.ts'

function tool(name: string, effect: EffectClass = 'idempotent') {
  return declareTool({ name, effect, input: z.any(), output: z.any() })
}

const cancelFlight = tool('cancel_flight')
const trip = defineSaga({
  id: 'trip',
  version: '1',
  input: z.object({ from: z.string(), to: z.string() }),
  steps: [
    { id: 'search', tool: tool('search', 'read'), input: ({ input }) => input },
    {
      id: 'flight',
      tool: tool('book_flight', 'once'),
      input: ({ input, results }) => ({ ...input, offer: results.search.best }),
      compensate: {
        tool: cancelFlight,
        input: ({ input, results }) => ({ ...input, ticket: results.flight.ticket }),
      },
    },
    {
      id: 'hotel',
      tool: {
        ...tool('book_hotel', 'once'),
        compensate: {
          tool: tool('cancel_hotel', 'once'),
          input: ({ input, output }) => ({ asked: input, room: output?.room ?? null }),
          ifInDoubt: true,
        },
      },
      input: ({ input, results }) => ({ in: input.to, known: Object.keys(results) }),
    },
    {
      id: 'note',
      tool: tool('note'),
      input: ({ results }) => ({ room: results.hotel.room }),
      compensate: 'unneeded',
    },
    { id: 'pay', tool: tool('pay', 'once'), input: ({ results }) => ({ ticket: results.flight }) },
  ],
})

const walk = walkOf(trip)
const start = (): Driver => begin(walk, { from: 'SFO', to: 'LAX' })
const searched = (): Driver => start().done('search', { best: 7 })
const flown = (): Driver => searched().done('flight', { ticket: 'T' })
const housed = (): Driver => flown().done('hotel', { room: 'R' })
const noted = (): Driver => housed().done('note')
const doubt = { name: 'ToolFailure', kind: 'inDoubt', message: 'nobody knows' }
const outcomeOf = (driver: Driver): SagaOutput => {
  expect(driver.status).toBe('done')
  return driver.output as SagaOutput
}

describe('forward', () => {
  test('every step gets the results of the ones before', () => {
    const driver = noted()
    expect(searched().inputOf('flight')).toEqual({ from: 'SFO', to: 'LAX', offer: 7 })
    expect(flown().inputOf('hotel')).toEqual({ in: 'LAX', known: ['search', 'flight'] })
    expect(driver.inputOf('pay')).toEqual({ ticket: { ticket: 'T' } })
    expect(outcomeOf(driver.done('pay', {}))).toEqual({
      outcome: 'committed',
      done: ['search', 'flight', 'hotel', 'note', 'pay'],
      compensated: [],
      inDoubt: [],
      notCompensated: [],
      results: {
        search: { best: 7 },
        flight: { ticket: 'T' },
        hotel: { room: 'R' },
        note: null,
        pay: {},
      },
    })
  })

  test('a bad input is an error of the start', () => {
    expect(begin(walk, { from: 'SFO' }).state.snapshot.error?.location).toMatchObject({
      machine: 'trip',
      state: null,
    })
  })
})

describe('backward', () => {
  test('the first step fails: there is nothing to undo', () => {
    expect(outcomeOf(start().error('search', { message: 'no offers' }))).toMatchObject({
      outcome: 'compensated',
      done: [],
      failed: { step: 'search', error: { message: 'no offers' } },
    })
  })

  test('the committed ones are undone in reverse order, with what they need', () => {
    const driver = noted().error('pay', { message: 'no money' })
    expect(driver).toMatchObject({ value: 'undo-hotel', children: ['undo-hotel'] })
    expect(driver.inputOf('undo-hotel')).toEqual({
      asked: { in: 'LAX', known: ['search', 'flight'] },
      room: 'R',
    })
    driver.done('undo-hotel')
    expect(driver.value).toBe('undo-flight')
    expect(driver.inputOf('undo-flight')).toEqual({ from: 'SFO', to: 'LAX', ticket: 'T' })
    expect(outcomeOf(driver.done('undo-flight'))).toMatchObject({
      outcome: 'compensated',
      done: ['search', 'flight', 'hotel', 'note'],
      compensated: ['hotel', 'flight'],
      failed: { step: 'pay', error: { message: 'no money' } },
      inDoubt: [],
      notCompensated: [],
    })
  })

  test.each([
    ['flight', () => searched().error('flight', {}), []],
    ['hotel', () => flown().error('hotel', {}).done('undo-flight'), ['flight']],
    [
      'note',
      () => housed().error('note', {}).done('undo-hotel').done('undo-flight'),
      ['hotel', 'flight'],
    ],
  ])('%s fails', (step, run, compensated) => {
    const output = outcomeOf(run())
    expect(output).toMatchObject({ outcome: 'compensated', compensated, failed: { step } })
  })

  test('a compensation that fails does not keep the others from theirs', () => {
    const driver = noted().error('pay', {})
    driver.error('undo-hotel', { message: 'closed' })
    expect(driver.value).toBe('undo-flight')
    expect(outcomeOf(driver.done('undo-flight'))).toMatchObject({
      outcome: 'incomplete',
      compensated: ['flight'],
      notCompensated: [{ step: 'hotel', error: { message: 'closed' } }],
    })
  })

  test('a compensation in doubt is named, and so are several', () => {
    const driver = noted().error('pay', {}).error('undo-hotel', doubt).error('undo-flight', doubt)
    expect(outcomeOf(driver)).toMatchObject({
      outcome: 'incomplete',
      compensated: [],
      notCompensated: [
        { step: 'hotel', error: { kind: 'inDoubt' } },
        { step: 'flight', error: { kind: 'inDoubt' } },
      ],
    })
  })
})

describe('in doubt', () => {
  test('a step whose compensation needs to know is left to people; the others are undone', () => {
    expect(outcomeOf(searched().error('flight', doubt))).toMatchObject({
      outcome: 'incomplete',
      inDoubt: ['flight'],
      notCompensated: [],
      failed: { step: 'flight', error: { kind: 'inDoubt' } },
    })
    const driver = noted().error('pay', doubt).done('undo-hotel').done('undo-flight')
    expect(outcomeOf(driver)).toMatchObject({
      outcome: 'incomplete',
      compensated: ['hotel', 'flight'],
      inDoubt: ['pay'],
    })
  })

  test('a step whose compensation does no harm is undone as well', () => {
    const driver = flown().error('hotel', doubt)
    expect(driver.inputOf('undo-hotel')).toMatchObject({ room: null })
    expect(outcomeOf(driver.done('undo-hotel').done('undo-flight'))).toMatchObject({
      outcome: 'compensated',
      done: ['search', 'flight'],
      compensated: ['hotel', 'flight'],
      inDoubt: [],
    })
  })

  test('when that fails it stays in doubt', () => {
    const driver = flown().error('hotel', doubt).error('undo-hotel', {}).done('undo-flight')
    expect(outcomeOf(driver)).toMatchObject({
      outcome: 'incomplete',
      inDoubt: ['hotel'],
      notCompensated: [{ step: 'hotel' }],
    })
  })
})

describe('CANCEL', () => {
  test.each([
    ['search', start, { best: 1 }, [], 'compensated'],
    ['flight', searched, { ticket: 'T' }, ['flight'], 'compensated'],
    ['hotel', flown, { room: 'R' }, ['hotel', 'flight'], 'compensated'],
    ['note', housed, null, ['hotel', 'flight'], 'compensated'],
    ['pay', noted, null, ['hotel', 'flight'], 'incomplete'],
  ] as const)('waits for %s and undoes what is committed', (step, at, output, undone, outcome) => {
    const driver = at().send({ type: 'CANCEL' })
    expect(driver).toMatchObject({ value: step, effects: [] })
    driver.done(step, output)
    for (const one of undone) driver.done(`undo-${one}`)
    const result = outcomeOf(driver)
    expect(result).toMatchObject({ outcome, compensated: undone })
    expect(result.done.at(-1)).toBe(step)
    expect(result.failed).toBeUndefined()
    // Paid, and nobody said how to get the money back.
    if (step === 'pay') {
      expect(result.notCompensated).toMatchObject([
        { step: 'pay', error: { code: 'no-compensation' } },
      ])
    }
  })

  test('changes nothing while it is undoing', () => {
    const driver = housed().error('note', {}).send({ type: 'CANCEL' })
    expect(driver.value).toBe('undo-hotel')
    expect(outcomeOf(driver.done('undo-hotel').done('undo-flight')).outcome).toBe('compensated')
  })
})

test('every transition was taken', () => {
  // A step of a read or of a tool that never is in doubt still has the branch.
  start().error('search', doubt)
  housed().error('note', doubt).done('undo-hotel').error('undo-flight', {})
  expect(missed(walk)).toEqual([])
})

describe('defining a saga', () => {
  const step = { id: 'a', tool: tool('a'), input: () => ({}) }
  const saga = (ids: string[]) => () =>
    defineSaga({
      id: 's',
      version: '1',
      input: z.object({}),
      steps: ids.map((id) => ({ ...step, id })),
    })

  test.each([
    ['no steps', [], /saga s: steps: expected at least one step/],
    [
      'a step twice',
      ['a', 'a'],
      /saga s: step id: expected a name .* that no other state has, got a/,
    ],
    ['a state of its own', ['committed'], /got committed/],
    ['a bad name', ['a b'], /got a b/],
  ])('%s is refused', (_what, ids, message) => {
    expect(saga(ids)).toThrow(message)
  })

  test('it can be a child of another machine', () => {
    const boss = setup({
      types: {} as { context: { outcome: string } },
      actors: { trip },
    }).createMachine({
      id: 'boss',
      context: { outcome: '' },
      initial: 'travelling',
      states: {
        travelling: {
          invoke: {
            id: 'trip',
            src: 'trip',
            input: { from: 'SFO', to: 'LAX' },
            onDone: {
              target: 'home',
              actions: assign({ outcome: ({ event }) => event.output.outcome }),
            },
          },
        },
        home: {},
      },
    })
    const driver = begin(walkOf(boss), undefined)
    expect(driver.effects).toMatchObject([{ kind: 'spawn', child: 'agent', src: 'trip' }])
    expect(driver.done('trip', { outcome: 'committed' })).toMatchObject({
      value: 'home',
      context: { outcome: 'committed' },
    })
    expect(defineAgent({ machine: trip }).sources.size).toBe(7)
  })
})
