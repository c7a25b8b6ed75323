import { assign, fromPromise, raise, setup } from 'xstate'
import { describe, expect, test } from 'vitest'
import { defineAgent } from '../../src/actors/definition.ts'
import type { ParentLink } from '../../src/contracts/event.ts'
import { describeLocation } from '../../src/contracts/location.ts'
import { Driver } from '../machines/driver.ts'

/** Throws in a guard, an assign, or on a result, as long as the test has it so. */
function fragile(state: { broken: boolean }, parent?: ParentLink): Driver {
  const check = (): boolean => {
    if (state.broken) throw new Error('broken')
    return true
  }
  const machine = setup({
    types: {} as { context: { n: number } },
    actors: { asked: fromPromise<number>(() => new Promise(() => undefined)) },
    guards: { sound: check },
    actions: { count: assign({ n: ({ context }) => (check() ? context.n + 1 : 0) }) },
  }).createMachine({
    id: 'fragile',
    version: '3',
    context: { n: 0 },
    initial: 'working',
    states: {
      working: {
        entry: raise({ type: 'LATE' }, { id: 'late', delay: 50 }),
        invoke: { id: 'job', src: 'asked', onDone: { target: 'done', actions: 'count' } },
        on: {
          GUARD: { guard: 'sound', target: 'done' },
          COUNT: { actions: 'count' },
          LATE: 'late',
        },
      },
      late: {},
      done: {},
    },
  })
  return new Driver(defineAgent({ machine }), undefined, parent)
}

const keeps = [{ kind: 'deadLetter', reason: 'agent-failed' }]
const at = { machine: 'fragile', version: '3', state: 'working' }

describe('a root agent that fails keeps what it had', () => {
  test.each([
    ['GUARD', { ...at, event: 'GUARD', guard: 'sound' }],
    ['COUNT', { ...at, event: 'COUNT' }],
  ])('%s: children, timers and the input stay, with the place', (type, location) => {
    const driver = fragile({ broken: true })
    const before = driver.state
    driver.send({ type })
    expect(driver.status).toBe('error')
    expect(driver.state).toEqual({
      ...before,
      snapshot: {
        ...before.snapshot,
        status: 'error',
        error: expect.objectContaining({ location }) as unknown,
      },
    })
    expect(driver.effects).toEqual(keeps)
  })

  test('a completion that fails it is still due, and taken when it comes again', () => {
    const state = { broken: true }
    const driver = fragile(state)
    const incarnation = driver.incarnationOf('job')
    driver.done('job', 1)
    expect(driver.effects).toEqual(keeps)
    expect(driver.state.children['job']).not.toHaveProperty('settled')
    state.broken = false
    driver.fold({ kind: 'resume' })
    expect(driver).toMatchObject({ status: 'active', value: 'working', effects: [] })
    driver.done('job', 1, incarnation)
    expect(driver).toMatchObject({ value: 'done', context: { n: 1 } })
    driver.done('job', 1, incarnation)
    expect(driver.stale).toBe(true)
  })

  test('what comes afterwards is kept: events, completions and timers', () => {
    const driver = fragile({ broken: true }).send({ type: 'GUARD' })
    const failed = driver.state
    const { firing } = driver
    for (const fold of [
      () => driver.send({ type: 'COUNT' }),
      () => driver.done('job', 1),
      () => driver.fold(firing),
    ]) {
      fold()
      expect(driver).toMatchObject({ effects: keeps, handled: false, stale: false, state: failed })
    }
    expect(driver.done('job', 1, 99)).toMatchObject({ effects: [], stale: true })
  })

  test('a timer that fired meanwhile fires when it comes again', () => {
    const driver = fragile({ broken: true }).send({ type: 'GUARD' })
    const { firing } = driver
    driver.fold(firing).fold({ kind: 'resume' }).fold(firing)
    expect(driver).toMatchObject({ status: 'active', value: 'late' })
  })

  test('resumed without a correction it fails again, at the same place', () => {
    const driver = fragile({ broken: true }).send({ type: 'COUNT' })
    const failed = driver.state
    driver.fold({ kind: 'resume' }).send({ type: 'COUNT' })
    expect(driver).toMatchObject({ state: failed, effects: keeps })
  })

  test('a stop winds it up for good', () => {
    const driver = fragile({ broken: true }).send({ type: 'COUNT' }).fold({ kind: 'stop' })
    expect(driver.status).toBe('stopped')
    expect(driver.state.snapshot.error).toBeUndefined()
    expect(driver.effects.map(({ kind }) => kind)).toEqual(['stop', 'cancel', 'terminate'])
    expect(driver.fold({ kind: 'resume' })).toMatchObject({ stale: true, status: 'stopped' })
  })

  test('resume changes nothing in an agent that has not failed', () => {
    const driver = fragile({ broken: false }).fold({ kind: 'resume' })
    expect(driver).toMatchObject({ stale: true, status: 'active' })
  })

  test('a child is not resumed: its parent has been told', () => {
    const parent = { address: { type: 'boss', id: 'b' }, childId: 'c', incarnation: 1 }
    const driver = fragile({ broken: true }, parent).send({ type: 'COUNT' })
    expect(driver.effects.at(-1)).toMatchObject({
      kind: 'terminate',
      parent,
      error: { location: { ...at, event: 'COUNT' } },
    })
    expect(driver.fold({ kind: 'resume' })).toMatchObject({ stale: true, status: 'error' })
  })

  test('a failure of an earlier build, without a place, is not resumed', () => {
    const driver = fragile({ broken: true }).send({ type: 'COUNT' })
    delete driver.state.snapshot.error!.location
    expect(driver.fold({ kind: 'resume' })).toMatchObject({ stale: true, status: 'error' })
    expect(driver.send({ type: 'COUNT' }).effects).toEqual([
      { kind: 'deadLetter', reason: 'agent-ended' },
    ])
  })
})

describe('a root agent whose start fails', () => {
  function starting(state: { broken: boolean }): Driver {
    const machine = setup({ types: {} as { context: { n: number }; input: number } }).createMachine(
      {
        id: 'starter',
        context: ({ input }) => {
          if (state.broken) throw new Error('no start')
          return { n: input }
        },
        initial: 'begun',
        states: { begun: {} },
      },
    )
    return new Driver(defineAgent({ machine }), 7)
  }

  test('keeps its start, and begins when that comes again', () => {
    const state = { broken: true }
    const driver = starting(state)
    expect(driver.effects).toEqual(keeps)
    expect(driver.state.snapshot.error?.location).toMatchObject({ state: null, event: 'init' })
    expect(driver.send({ type: 'X' }).effects).toEqual(keeps)
    state.broken = false
    expect(driver.fold({ kind: 'resume' }).status).toBe('error')
    driver.fold({ kind: 'init', input: 7 })
    expect(driver).toMatchObject({ status: 'active', value: 'begun', context: { n: 7 } })
    expect(driver.fold({ kind: 'init', input: 8 })).toMatchObject({
      stale: true,
      context: { n: 7 },
    })
  })
})

test('a place is described down to the child that failed', () => {
  const within = { machine: 'kid', version: '1', state: null, event: 'init' }
  const location = { ...at, event: 'error: kid', guard: 'g', within }
  expect(describeLocation(location)).toBe(
    'in state working of fragile@3, taking error: kid, in guard g; ' +
      'its child before its first state of kid@1, taking init',
  )
})
