import { assign, emit, enqueueActions, fromPromise, raise, setup } from 'xstate'
import { describe, expect, test } from 'vitest'
import { AshlarError } from '../../src/contracts/error.ts'
import type { ParentLink } from '../../src/contracts/event.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { step } from '../../src/actors/step.ts'
import { Driver } from '../machines/driver.ts'

const parent: ParentLink = {
  address: { type: 'boss', id: 'b1' },
  childId: 'worker',
  incarnation: 4,
}

/** Throws whatever the test wants inside a guard, an assign or a parameter function. */
function fragile(thrown: unknown): Driver {
  const fail = (): never => {
    throw thrown
  }
  const machine = setup({
    types: {} as { context: { n: number } },
    actors: { asked: fromPromise(() => new Promise(() => undefined)) },
    actions: { note: assign((_, n: number) => ({ n })) },
  }).createMachine({
    id: 'fragile',
    context: { n: 1 },
    initial: 'a',
    invoke: { id: 'job', src: 'asked' },
    entry: raise({ type: 'NEVER' }, { id: 'later', delay: 10 }),
    on: {
      ASSIGN: { actions: [emit({ type: 'LOST' }), assign(fail)] },
      GUARD: { guard: fail, target: '.b' },
      PARAMS: { actions: { type: 'note', params: fail } },
      END: '.end',
    },
    states: { a: {}, b: {}, end: { type: 'final' } },
    output: () => fail(),
  })
  return new Driver(defineAgent({ machine }), undefined, parent)
}

/** Where the machine of `fragile` is when it throws. */
const here = { machine: 'fragile', version: '0', state: 'a' }

describe('what a machine throws becomes its error state', () => {
  const inGuard =
    "Unable to evaluate guard in transition for event 'GUARD' in state node 'fragile':\ntoo far"

  test.each([
    ['ASSIGN', 'RangeError', 'too far'],
    ['GUARD', 'Error', inGuard],
    ['PARAMS', 'RangeError', 'too far'],
  ])('%s: nothing half-done leaves', (type, name, message) => {
    const driver = fragile(new RangeError('too far')).send({ type })
    const error = { name, message, location: { ...here, event: type } }
    expect(driver.status).toBe('error')
    expect(driver.state.snapshot).toMatchObject({ value: 'a', context: { n: 1 }, error })
    expect([driver.state.children, driver.state.timers]).toEqual([{}, {}])
    expect(driver.effects).toEqual([
      { kind: 'stop', id: 'job', incarnation: 2, src: 'asked', child: 'promise' },
      { kind: 'cancel', id: 'later', incarnation: 1 },
      { kind: 'terminate', status: 'error', error, parent },
    ])
  })

  test('an output that throws is no output', () => {
    const driver = fragile(new Error('no output')).send({ type: 'END' })
    expect(driver).toMatchObject({ status: 'error', output: undefined })
  })

  test('events afterwards are dead letters', () => {
    const driver = fragile(new Error('x')).send({ type: 'ASSIGN' }).send({ type: 'END' })
    expect(driver.effects).toEqual([{ kind: 'deadLetter', reason: 'agent-ended' }])
  })

  test('a start that throws emits nothing and tells the parent', () => {
    const machine = setup({}).createMachine({
      id: 'm',
      entry: [
        emit({ type: 'LOST' }),
        raise({ type: 'LATER' }, { delay: 5 }),
        assign(() => {
          throw new Error('no start')
        }),
      ],
    })
    const driver = new Driver(defineAgent({ machine }), undefined, parent)
    const location = { machine: 'm', version: '0', state: null, event: 'init' }
    const error = { name: 'Error', message: 'no start', location }
    expect(driver.effects).toEqual([{ kind: 'terminate', status: 'error', error, parent }])
    expect(driver.state).toMatchObject({ snapshot: { status: 'error', error }, timers: {}, parent })
  })

  test('an error of a child that nobody handles is the error of the parent', () => {
    const driver = fragile(null).error('job', { name: 'TypeError', message: 'no' })
    const location = { ...here, event: 'error: job' }
    const error = { name: 'TypeError', message: 'no', location }
    expect(driver.effects).toEqual([
      { kind: 'cancel', id: 'later', incarnation: 1 },
      { kind: 'terminate', status: 'error', error, parent },
    ])
  })

  const cycle: Record<string, unknown> = { message: 'round' }
  cycle['self'] = cycle

  test.each([
    ['an error of ours', new AshlarError('odd', 'own'), { name: 'AshlarError', message: 'own' }],
    ['a string', 'plain', { name: 'Error', message: 'plain' }],
    ['undefined', undefined, { name: 'Error', message: 'undefined' }],
    ['a bigint', 10n, { name: 'Error', message: '10' }],
    ['an object', { message: 'm', code: 7 }, { name: 'Error', message: 'm', code: 7 }],
    ['an odd object', { name: 1, message: 42 }, { name: 'Error', message: '42' }],
    ['a cycle', cycle, { name: 'Error', message: 'round' }],
  ])('%s that is thrown has a name and a message', (_what, thrown, error) => {
    const { snapshot } = fragile(thrown).send({ type: 'ASSIGN' }).state
    expect(snapshot.error).toMatchObject(error)
    expect(JSON.parse(JSON.stringify(snapshot.error))).toEqual(snapshot.error)
  })
})

describe('what JSON would lose is refused with its path', () => {
  const keep = (value: unknown): Driver => {
    const machine = setup({
      types: {} as { context: { box: { inner: unknown }[] }; output: unknown },
      actors: { asked: fromPromise(() => new Promise(() => undefined)) },
    }).createMachine({
      id: 'keeper',
      context: { box: [] },
      initial: 'open',
      on: {
        CONTEXT: { actions: assign({ box: [{ inner: value }] }) },
        EMIT: { actions: emit(() => ({ type: 'E', value })) },
        RAISE: { actions: raise(() => ({ type: 'R', value }), { id: 'r', delay: 5 }) },
        SPAWN: '.asking',
        END: '.end',
      },
      states: {
        open: {},
        asking: { invoke: { id: 'job', src: 'asked', input: () => ({ value }) as never } },
        end: { type: 'final' },
      },
      output: () => ({ value }),
    })
    return new Driver(defineAgent({ machine }), undefined, parent)
  }
  const todo = 'is not JSON and would be lost; keep only JSON in context, events, input and output'

  test.each([
    ['Date', new Date(0)],
    ['Map', new Map()],
    ['Set', new Set()],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['function', () => 1],
    ['bigint', 1n],
    ['symbol', Symbol('s')],
    ['Odd', new (class Odd {})()],
  ])('%s in the context', (what, value) => {
    const driver = keep(value).send({ type: 'CONTEXT' })
    expect(driver.state.snapshot.error).toEqual({
      location: { machine: 'keeper', version: '0', state: 'open', event: 'CONTEXT' },
      name: 'MachineError',
      code: 'machine',
      disposition: 'terminal',
      message: `machine keeper: context.box[0].inner (${what}) ${todo}`,
    })
    expect(driver.context).toEqual({ box: [] })
    expect(driver.effects.map(({ kind }) => kind)).toEqual(['terminate'])
  })

  test.each([
    ['EMIT', 'effects[0].event.value'],
    ['SPAWN', 'effects[0].input.value'],
    ['RAISE', 'timers.r.event.value'],
    ['END', 'output.value'],
  ])('%s: in %s', (type, path) => {
    const driver = keep(new Date(0)).send({ type })
    expect(driver.status).toBe('error')
    expect(driver.state.snapshot.error?.message).toBe(`machine keeper: ${path} (Date) ${todo}`)
    expect(driver.state.snapshot.output).toBeUndefined()
  })

  test('members that are undefined are no loss', () => {
    expect(keep(undefined).send({ type: 'CONTEXT' }).status).toBe('active')
  })
})

describe('what registration cannot see is refused in the step', () => {
  test('an undeclared side effect inside enqueueActions', () => {
    const machine = setup({ actions: { ring: () => undefined } }).createMachine({
      id: 'm',
      on: { GO: { actions: enqueueActions(({ enqueue }) => enqueue('ring')) } },
    })
    const driver = new Driver(defineAgent({ machine })).send({ type: 'GO' })
    expect(driver.state.snapshot.error?.message).toBe(
      'machine m: action ring is a side effect that was not declared; list it in sideEffects',
    )
  })

  test('a child that is spawned inside assign in a way the check of the source text misses', () => {
    const kid = setup({}).createMachine({ id: 'kid' })
    const machine = setup({ actors: { kid } }).createMachine({
      id: 'm',
      on: {
        GO: {
          actions: assign((args) => {
            args.spawn('kid', { id: 'k' })
            return {}
          }),
        },
      },
    })
    const driver = new Driver(defineAgent({ machine })).send({ type: 'GO' })
    expect(driver.state.snapshot.error?.message).toBe(
      'machine m: child k was spawned inside assign or context; ' +
        'use the spawnChild action with an id',
    )
    expect(driver.state.children).toEqual({})
  })
})

describe('loops without an end', () => {
  test('eventless transitions end in an error instead of hanging', () => {
    const machine = setup({}).createMachine({
      id: 'm',
      initial: 'rest',
      states: { rest: { on: { GO: 'a' } }, a: { always: 'b' }, b: { always: 'a' } },
    })
    const driver = new Driver(defineAgent({ machine })).send({ type: 'GO' })
    expect(driver).toMatchObject({ status: 'error', value: 'rest' })
    expect(driver.state.snapshot.error?.message).toMatch(/infinite loop/i)
  })

  test('so do events that raise each other', () => {
    const machine = setup({}).createMachine({
      id: 'm',
      on: {
        PING: { actions: raise({ type: 'PONG' }) },
        PONG: { actions: raise({ type: 'PING' }) },
      },
    })
    const driver = new Driver(defineAgent({ machine })).send({ type: 'PING' })
    expect(driver.status).toBe('error')
    expect(driver.state.snapshot.error?.message).toMatch(/infinite loop/i)
  })

  test('the machine may set a lower bound of its own', () => {
    const machine = setup({ types: {} as { context: { n: number } } }).createMachine({
      id: 'm',
      context: { n: 0 },
      options: { maxIterations: 5 },
      always: {
        guard: ({ context }) => context.n < 50,
        actions: assign({ n: ({ context }) => context.n + 1 }),
      },
    })
    expect(new Driver(defineAgent({ machine })).status).toBe('error')
  })
})

test('an agent cannot begin with anything but its init', () => {
  const definition = defineAgent({ machine: setup({}).createMachine({ id: 'm' }) })
  const at = { address: { type: 'm', id: '1' }, atMs: 0 }
  expect(() => step(definition, undefined, { kind: 'stop' }, at)).toThrow(
    'the first event of an agent is its init',
  )
})
