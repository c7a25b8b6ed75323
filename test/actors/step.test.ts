import type { AnyActorRef } from 'xstate'
import { assign, cancel, emit, fromPromise, log, raise, sendParent, sendTo, setup } from 'xstate'
import { describe, expect, test } from 'vitest'
import type { ParentLink } from '../../src/contracts/event.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { Driver } from '../machines/driver.ts'

const asked = fromPromise<number>(() => new Promise(() => undefined))
const kid = setup({}).createMachine({ id: 'kid', on: { PING: {} } })
const parent: ParentLink = {
  address: { type: 'boss', id: 'b1' },
  childId: 'worker',
  incarnation: 4,
}

const office = setup({
  types: {} as { context: { n: number; last: unknown } },
  actors: { asked, kid },
  actions: { count: assign({ n: ({ context }) => context.n + 1 }) },
  delays: { long: 50 },
}).createMachine({
  id: 'office',
  context: { n: 0, last: null },
  initial: 'idle',
  on: {
    NUDGE: { actions: raise({ type: 'TICK' }, { id: 'nudge', delay: 20 }) },
    TICK: { actions: 'count' },
    UP: { actions: sendParent({ type: 'HELLO' }) },
    UP_LATER: { actions: sendParent({ type: 'HELLO' }, { id: 'up', delay: 5 }) },
    END: '.over',
    ASK: '.asking',
    FLASH: '.flash',
    HOME: '.home',
    EARLY: '.early',
    TO_ASKED: { actions: sendTo('question', { type: 'PING' }) },
  },
  states: {
    idle: {
      on: { HURRY: { actions: [raise({ type: 'TICK' }, { id: 'x', delay: 9 }), cancel('x')] } },
    },
    asking: {
      invoke: {
        id: 'question',
        src: 'asked',
        onDone: { target: 'idle', actions: assign({ last: ({ event }) => event.output }) },
        onError: { target: 'idle', actions: assign({ last: ({ event }) => event.error }) },
      },
      after: { long: { target: 'idle', actions: 'count' } },
      on: { AGAIN: { target: 'asking', reenter: true } },
    },
    flash: {
      entry: sendTo('spark', { type: 'PING' }),
      invoke: { id: 'spark', src: 'kid' },
      after: { 10: 'idle' },
      always: 'idle',
    },
    home: {
      entry: sendTo('child', { type: 'PING' }),
      invoke: { id: 'child', src: 'kid', onDone: { actions: 'count' } },
      on: {
        AGAIN: { target: 'home', reenter: true },
        TELL: { actions: sendTo('child', { type: 'PING', n: 1 }) },
        TELL_LATER: { actions: sendTo('child', { type: 'PING' }, { id: 'later', delay: 30 }) },
      },
    },
    early: {
      entry: [
        sendTo('kid2', { type: 'PING' }, { id: 'early', delay: 30 }),
        sendTo('job', { type: 'PING' }, { id: 'lost', delay: 30 }),
      ],
      invoke: [
        { id: 'kid2', src: 'kid' },
        { id: 'job', src: 'asked' },
      ],
    },
    over: { type: 'final' },
  },
  output: ({ context }) => context.n,
})

const definition = defineAgent({ machine: office })
const begin = (link?: ParentLink): Driver => new Driver(definition, undefined, link)
const go = (...types: string[]): Driver => {
  const driver = begin()
  for (const type of types) driver.send({ type })
  return driver
}
const child = (incarnation: number) => ({
  kind: 'spawn',
  id: 'child',
  incarnation,
  src: 'kid',
  child: 'agent',
  address: { type: 'kid', id: `under-test~child~${incarnation}` },
})
const nothing = { effects: [], handled: false, stale: true }

function changesNothing(driver: Driver, fold: () => unknown): void {
  const before = structuredClone(driver.state)
  fold()
  expect(driver.state).toEqual(before)
  expect(driver).toMatchObject(nothing)
}

describe('what is stale changes nothing', () => {
  test('a completion of an earlier incarnation', () => {
    const driver = go('ASK')
    const incarnation = driver.incarnationOf('question')
    driver.send({ type: 'AGAIN' })
    const error = { name: 'Error', message: 'late' }
    changesNothing(driver, () => driver.done('question', 1, incarnation))
    changesNothing(driver, () => driver.error('question', error, incarnation))
    expect(driver.done('question', 2).context['last']).toBe(2)
  })

  test('a completion of a child that has been left, or never was', () => {
    const driver = go('ASK', 'END')
    changesNothing(driver, () => driver.done('question', 1, 1))
    const idle = begin()
    changesNothing(idle, () => idle.done('nobody', 1, 1))
  })

  test('a second completion of the same child', () => {
    const driver = go('HOME')
    const incarnation = driver.incarnationOf('child')
    expect(driver.done('child').context['n']).toBe(1)
    changesNothing(driver, () => driver.done('child', undefined, incarnation))
  })

  test('a timer of an earlier incarnation', () => {
    const driver = go('NUDGE')
    const { firing } = driver
    driver.send({ type: 'NUDGE' })
    changesNothing(driver, () => driver.fold(firing))
    expect(driver.fire('nudge').context['n']).toBe(1)
  })

  test('a timer that fired already', () => {
    const driver = go('NUDGE')
    const { firing } = driver
    driver.fire()
    changesNothing(driver, () => driver.fold(firing))
  })

  test('a second init', () => {
    const driver = go('NUDGE')
    changesNothing(driver, () => driver.fold({ kind: 'init', input: { other: true } }))
  })
})

describe('what nobody takes is visible', () => {
  test('an unhandled event is a dead letter and leaves the state alone', () => {
    const driver = begin()
    const before = structuredClone(driver.state)
    driver.send({ type: 'WHAT', n: 1 })
    expect(driver.effects).toEqual([{ kind: 'deadLetter', reason: 'unhandled' }])
    expect(driver).toMatchObject({ handled: false, stale: false, state: before })
  })

  test('an event after the end is a dead letter of its own kind', () => {
    const driver = go('END').send({ type: 'TICK' })
    expect(driver.effects).toEqual([{ kind: 'deadLetter', reason: 'agent-ended' }])
    expect(driver).toMatchObject({ handled: false, stale: false, output: 0 })
  })

  test('stop and timers after the end are dropped without a trace', () => {
    const driver = go('END')
    changesNothing(driver, () => driver.fold({ kind: 'stop' }))
    changesNothing(driver, () => driver.fold({ kind: 'timer', timerId: 'x', incarnation: 1 }))
  })

  test('a message to a child that takes no events is a dead letter', () => {
    expect(go('ASK', 'TO_ASKED').effects).toEqual([
      { kind: 'deadLetter', reason: 'child-takes-no-events', event: { type: 'PING' } },
    ])
  })
})

describe('children', () => {
  test('entered and left in one macrostep leave nothing', () => {
    const driver = go('FLASH')
    expect(driver).toMatchObject({ value: 'idle', effects: [], handled: true })
    expect([driver.state.children, driver.state.timers]).toEqual([{}, {}])
  })

  test('are spawned before the first message to them', () => {
    const driver = go('HOME')
    const { address } = child(1)
    expect(driver.effects).toEqual([
      child(1),
      { kind: 'send', to: address, event: { type: 'PING' } },
    ])
  })

  test('reenter stops, then spawns a new incarnation, then talks to the new one', () => {
    const driver = go('HOME', 'AGAIN')
    const { kind: _kind, ...gone } = child(1)
    expect(driver.effects).toEqual([
      { kind: 'stop', ...gone },
      child(2),
      { kind: 'send', to: child(2).address, event: { type: 'PING' } },
    ])
    expect(driver.incarnationOf('child')).toBe(2)
  })

  test('that have ended are not stopped again', () => {
    const driver = go('HOME').done('child').send({ type: 'ASK' })
    expect(driver.effects.map(({ kind }) => kind)).toEqual(['schedule', 'spawn'])
  })

  test('an error reaches onError with its name and message', () => {
    const driver = go('ASK').error('question', { name: 'TypeError', message: 'no' })
    expect(driver.context['last']).toEqual({ name: 'TypeError', message: 'no' })
  })
})

describe('timers', () => {
  test('keep the absolute deadline and are counted as incarnations', () => {
    const driver = go('ASK')
    expect(Object.values(driver.state.timers)).toEqual([
      { incarnation: 1, atMs: 50, event: { type: expect.stringContaining('xstate.after.long') } },
    ])
    expect(driver.fire()).toMatchObject({ value: 'idle', context: { n: 1 } })
  })

  test('leaving the state cancels', () => {
    const driver = go('ASK').done('question', 1)
    expect(driver.effects).toEqual([
      { kind: 'cancel', id: expect.stringContaining('xstate.after.long'), incarnation: 1 },
    ])
    expect(driver.state.timers).toEqual({})
  })

  test('one that is cancelled in the step that set it leaves nothing', () => {
    const driver = go('HURRY')
    expect([driver.effects, driver.state.timers]).toEqual([[], {}])
  })

  test('a delayed message to a child waits as a timer with its address, then is sent', () => {
    const driver = go('HOME', 'TELL_LATER')
    const { address } = child(1)
    expect(driver.effects).toEqual([{ kind: 'schedule', id: 'later', incarnation: 2, atMs: 30 }])
    expect(driver.state.timers['later']).toMatchObject({ to: address, event: { type: 'PING' } })
    driver.fire('later')
    expect(driver.effects).toEqual([{ kind: 'send', to: address, event: { type: 'PING' } }])
    expect(driver.state.timers).toEqual({})
    expect(driver.value).toBe('home')
  })

  test('a delayed message that is asked for before its child is spawned finds the child', () => {
    const driver = go('EARLY')
    const { address } = driver.state.children['kid2']!
    expect(driver.state.timers).toEqual({
      early: { incarnation: 1, atMs: 30, event: { type: 'PING' }, to: address },
    })
    expect(driver.effects).toContainEqual({
      kind: 'schedule',
      id: 'early',
      incarnation: 1,
      atMs: 30,
    })
  })

  test('a delayed message to a child that takes no events is a dead letter, not a timer', () => {
    const { effects } = go('EARLY')
    expect(effects.filter((effect) => 'id' in effect && effect.id === 'lost')).toEqual([])
    expect(effects).toContainEqual({
      kind: 'deadLetter',
      reason: 'child-takes-no-events',
      event: { type: 'PING' },
    })
  })
})

describe('messages', () => {
  test('sendTo a running child', () => {
    expect(go('HOME', 'TELL').effects).toEqual([
      { kind: 'send', to: child(1).address, event: { type: 'PING', n: 1 } },
    ])
  })

  test('sendParent with a parent, at once and delayed', () => {
    const to = parent.address
    const event = { type: 'HELLO' }
    const driver = begin(parent).send({ type: 'UP' })
    expect(driver.effects).toEqual([{ kind: 'send', to, event }])
    driver.send({ type: 'UP_LATER' }).fire('up')
    expect(driver.effects).toEqual([{ kind: 'send', to, event }])
  })

  test.each(['UP', 'UP_LATER'])('sendParent without a parent is a dead letter (%s)', (type) => {
    const driver = go(type)
    expect(driver.effects).toEqual([
      { kind: 'deadLetter', reason: 'no-such-target', event: { type: 'HELLO' } },
    ])
    expect(driver.state.timers).toEqual({})
  })

  const toAddress = (address: string): Driver => {
    const to = (() => ({ address })) as unknown as () => AnyActorRef
    const machine = setup({}).createMachine({
      id: 'm',
      on: {
        GO: { actions: [sendTo(to, { type: 'HI' }), sendTo(to, { type: 'HO' }, { delay: 7 })] },
      },
    })
    return new Driver(defineAgent({ machine })).send({ type: 'GO' })
  }

  test('sendTo an address, at once and delayed', () => {
    const to = { type: 'agents', id: 'b' }
    const driver = toAddress('agents/b')
    expect(driver.effects).toEqual([
      { kind: 'send', to, event: { type: 'HI' } },
      { kind: 'schedule', id: 'timer.1', incarnation: 1, atMs: 7 },
    ])
    expect(driver.fire().effects).toEqual([{ kind: 'send', to, event: { type: 'HO' } }])
  })

  test('sendTo something that is no address ends in an error that shows it', () => {
    const { status, state, effects } = toAddress('nowhere')
    expect(status).toBe('error')
    expect(state.snapshot.error).toMatchObject({ name: 'InputError', code: 'bad-input' })
    expect(state.snapshot.error?.message).toContain('got nowhere')
    expect(effects).toEqual([{ kind: 'deadLetter', reason: 'agent-failed' }])
  })

  test('emit and log come out in order', () => {
    const machine = setup({}).createMachine({
      id: 'm',
      entry: [emit({ type: 'A' }), log('here', 'label'), emit({ type: 'B' })],
    })
    expect(new Driver(defineAgent({ machine })).effects).toEqual([
      { kind: 'emit', event: { type: 'A' } },
      { kind: 'log', value: 'here', label: 'label' },
      { kind: 'emit', event: { type: 'B' } },
    ])
  })
})

describe('the end', () => {
  test('done stops children, cancels timers and tells the parent the output', () => {
    const driver = begin(parent).send({ type: 'NUDGE' }).send({ type: 'HOME' })
    driver.send({ type: 'END' })
    expect(driver.effects.map(({ kind }) => kind)).toEqual(['stop', 'cancel', 'terminate'])
    expect(driver.effects.at(-1)).toEqual({ kind: 'terminate', status: 'done', output: 0, parent })
    expect([driver.state.children, driver.state.timers]).toEqual([{}, {}])
  })

  test('stop winds everything up from any state', () => {
    const driver = begin(parent).send({ type: 'NUDGE' }).send({ type: 'ASK' })
    driver.fold({ kind: 'stop' })
    expect(driver).toMatchObject({ status: 'stopped', handled: true, value: 'asking' })
    const kinds = driver.effects.map(({ kind }) => kind)
    expect(kinds).toEqual(['stop', 'cancel', 'cancel', 'terminate'])
    expect(driver.effects.at(-1)).toEqual({ kind: 'terminate', status: 'stopped', parent })
    expect([driver.state.children, driver.state.timers]).toEqual([{}, {}])
  })
})
