import { describe, expect, test } from 'vitest'
import { judgeInstance } from '../../src/proof/stranded.ts'
import { agent, brief, problems, searching, send, stored } from './version-pairs.ts'

const old = (states: object, extra: Parameters<typeof agent>[1] & { root?: object } = {}) => {
  const { root, ...options } = extra
  return agent({ initial: 'a', states, ...root }, { version: '1', ...options })
}
const next = (states: object, extra: Parameters<typeof agent>[1] & { root?: object } = {}) =>
  old(states, { version: '2', ...extra })

const onGo = { on: { GO: 'b' } }
const call = (more: object = {}) => ({
  invoke: { id: 'call', src: 'lookUp', onDone: 'b', onError: 'b', ...more },
})
const b = { type: 'final' }

describe('the version itself', () => {
  const one = old({ a: onGo, b })

  test('the very same definition has nothing to say', () => {
    expect(judgeInstance(old({ a: onGo, b }), stored(one))).toEqual([])
  })

  test('another chart under the same version is to be raised', () => {
    const changed = old({ a: { on: { GO: 'b', STOP: 'b' } }, b })
    expect(judgeInstance(changed, stored(one))).toEqual([
      {
        kind: 'raise-version',
        strands: false,
        path: 'm',
        about: 'version',
        message:
          `the chart differs (${one.hash}, now ${changed.hash}) under the same version 1: a host ` +
          'would go on with it in old states without noticing; raise the version',
      },
    ])
  })

  test('an instance of another version pauses, and could go on', () => {
    const [only, ...others] = judgeInstance(next({ a: onGo, b }), stored(one))
    expect(only).toMatchObject({ kind: 'other-version', strands: false })
    expect(only!.message).toBe(
      'it runs version 1 and pauses, with its mail kept, where a host with version 2 owns it; ' +
        'let it end on hosts with version 1 before those take over',
    )
    expect(others).toEqual([])
  })

  test('one that has ended is fine wherever it ended', () => {
    expect(judgeInstance(next({ a: { on: { GO: 'c' } }, c: b }), stored(one, send('GO')))).toEqual(
      [],
    )
  })

  test('a failed one is judged by the state to which it would be set back', () => {
    const failing = old({ a: { on: { GO: { guard: 'deep', target: 'b' } } }, b })
    const state = stored(failing, send('GO'))
    expect(state.snapshot.status).toBe('error')
    const found = judgeInstance(next({ c: onGo, b }, { root: { initial: 'c' } }), state)
    expect(brief(found)).toEqual(['other-version m version', '!state-gone a'])
  })
})

describe('states', () => {
  test.each([
    [
      'is gone',
      { a: { initial: 'x', states: { x: {} }, ...onGo }, b },
      { a: onGo, b },
      '!state-gone a.x',
    ],
    [
      'has states of its own now',
      { a: onGo, b },
      { a: { initial: 'x', states: { x: {} }, ...onGo }, b },
      '!state-incomplete a',
    ],
    [
      'has another region',
      { a: { type: 'parallel', states: { r: {} }, ...onGo }, b },
      { a: { type: 'parallel', states: { r: {}, s: {} }, ...onGo }, b },
      '!state-incomplete a',
    ],
    [
      'was parallel',
      { a: { type: 'parallel', states: { r: {}, s: {} }, ...onGo }, b },
      { a: { initial: 'r', states: { r: {}, s: {} }, ...onGo }, b },
      '!state-incomplete a',
    ],
  ])('one that %s', (_, before, after, expected) => {
    expect(brief(problems(old(before), next({ ...after, b: onGo })))).toEqual([expected])
    expect(brief(problems(old(before), next(before)))).toEqual([])
  })

  test('what became a history state cannot be active', () => {
    const after = { a: { ...onGo, initial: 'y', states: { x: { type: 'history' }, y: {} } }, b }
    const before = old({ a: { ...onGo, initial: 'x', states: { x: {} } }, b })
    expect(brief(problems(before, next(after)))).toEqual(['!state-gone a.x'])
  })

  test('one that is an end now, with what should follow it', () => {
    const before = { a: { initial: 'x', states: { x: {} }, ...onGo }, b }
    const after = { a: { initial: 'x', states: { x: b }, onDone: 'b' }, b }
    expect(brief(problems(old(before), next(after)))).toEqual(['!state-ended a'])
    expect(brief(problems(old({ a: onGo, b }), next({ a: b, b }))).slice(0, 1)).toEqual([
      '!state-ended m',
    ])
    const harmless = { a: { initial: 'x', states: { x: { type: 'final' } }, ...onGo }, b }
    expect(brief(problems(old(before), next(harmless)))).toEqual([])
  })

  test('one that nothing leads out of any more', () => {
    expect(brief(problems(old({ a: onGo, b }), next({ a: {}, b })))).toEqual(['!no-way-out a'])
    const noting = { a: { on: { GO: { actions: 'note' } } }, b }
    expect(brief(problems(old({ a: onGo, b }), next(noting)))).toEqual(['!no-way-out a'])
    // What is noted may let an eventless transition go.
    const looking = {
      a: { on: { GO: { actions: 'note' } }, always: { guard: 'ready', target: 'b' } },
      b,
    }
    expect(brief(problems(old({ a: onGo, b }), next(looking)))).toEqual([])
  })

  test('an inner state that swallows an event keeps it from an outer one', () => {
    const before = { a: { initial: 'x', states: { x: {} }, ...onGo }, b }
    const after = (on: object) => ({ a: { initial: 'x', states: { x: { on } }, ...onGo }, b })
    expect(brief(problems(old(before), next(after({ GO: {} }))))).toEqual(['!no-way-out a.x'])
    expect(brief(problems(old(before), next(after({ GO: { guard: 'ready' } }))))).toEqual([])
  })

  test('of another machine there is nothing to judge', () => {
    const other = { ...old({ a: onGo, b }), id: 'other' }
    expect(() => judgeInstance(other, stored(old({ a: onGo, b })))).toThrow(
      'stored.machine.id: expected other, got m; judge it under a definition of its own machine',
    )
  })

  test('an event that outsiders may not send is a way out for agents only', () => {
    const events = { STOP: searching.input }
    const after = next({ a: onGo, b }, { events })
    const [only] = problems(old({ a: onGo, b }), after)
    expect(brief([only!])).toEqual(['no-way-out a'])
    expect(only!.message).toContain('only GO moves it, which outsiders may not send')
  })
})

describe('children', () => {
  const before = old({ a: call(), b })

  test('one that no active state invokes any more', () => {
    expect(brief(problems(before, next({ a: {}, b })))).toEqual(['!child-orphaned a call'])
    expect(brief(problems(before, next({ a: onGo, b })))).toEqual(['child-orphaned a call'])
    expect(brief(problems(before, next({ a: call(), b })))).toEqual([])
    const moved = problems(before, next({ a: onGo, b: call({ onDone: 'a' }) }))
    expect(moved[0]!.message).toContain('only b invokes it now')
  })

  test('one that an action spawned is nobody’s orphan', () => {
    const spawning = { a: { entry: 'spawnHelper', ...onGo }, b }
    expect(brief(problems(old(spawning), next(spawning)))).toEqual([])
    expect(brief(problems(old(spawning), next({ a: onGo, b })))).toEqual([
      'child-orphaned a helper',
    ])
  })

  test('one that is of another kind or calls another tool now', () => {
    const other = next({ a: call(), b }, { lookUp: searching })
    expect(brief(problems(before, other))).toEqual(['child-changed a call'])
    expect(problems(before, other)[0]!.message).toContain(
      'was started as tool look_up and is tool search here',
    )
    const promise = next({ a: call({ src: 'compute' }), b })
    expect(brief(problems(before, promise))).toEqual(['child-changed a call'])
    expect(brief(problems(before, next({ a: call(), b })))).toEqual([])
  })

  test('a promise whose source is gone ends with an error', () => {
    const promise = old({ a: call({ src: 'compute' }), b })
    const other = (onError: object) =>
      next({ a: call({ src: 'lookUp', ...onError }), b }, { without: 'compute' })
    expect(brief(problems(promise, other({})))).toEqual([
      'child-changed a call',
      'source-gone a call',
    ])
    expect(brief(problems(promise, other({ onError: undefined })))).toContain('!source-gone a call')
    expect(brief(problems(promise, next({ a: call({ src: 'compute' }), b })))).toEqual([])
  })

  test('one that a state invokes now and that was never started', () => {
    const waiting = old({ a: onGo, b })
    expect(brief(problems(waiting, next({ a: call(), b })))).toEqual(['!invoke-not-started a call'])
    expect(brief(problems(waiting, next({ a: { ...call(), ...onGo }, b })))).toEqual([
      'invoke-not-started a call',
    ])
    const settled = old({ a: { invoke: { id: 'call', src: 'lookUp' }, ...onGo }, b })
    const done = { kind: 'done', childId: 'call', incarnation: 1, output: { found: true } } as const
    const same = next({ a: { invoke: { id: 'call', src: 'lookUp' }, ...onGo }, b })
    expect(brief(problems(settled, same, { events: [done] }))).toEqual([])
  })

  test('one region may be stuck although the other moves', () => {
    const regions = (left: object) => ({
      a: {
        type: 'parallel',
        states: {
          l: { initial: 'x', states: { x: left, y: {} } },
          r: { initial: 'x', states: { x: { on: { GO: 'y' } }, y: { on: { GO: 'x' } } } },
        },
      },
    })
    const stuck = next(regions({ invoke: { id: 'call', src: 'lookUp', onDone: 'y' } }))
    expect(brief(problems(old(regions({ on: { HOP: 'y' } })), stuck))).toEqual([
      '!invoke-not-started a.l.x call',
    ])
  })

  test('a decision with options that the state does not take any more', () => {
    const deciding = (on: object) => ({
      a: {
        invoke: { id: 'judge', src: 'choose', onDone: { actions: 'raiseOption' }, onError: 'b' },
        on,
      },
      b,
    })
    const both = old(deciding({ LEFT: 'b', RIGHT: 'b' }))
    expect(brief(problems(both, next(deciding({ LEFT: 'b' }))))).toEqual(['option-untaken a RIGHT'])
    expect(brief(problems(both, next(deciding({ LEFT: 'b', RIGHT: 'b' }))))).toEqual([])
  })
})

describe('timers', () => {
  const after = (delay: string | number, more: object = {}) => ({
    a: { after: { [delay]: 'b' }, ...more },
    b,
  })

  test('an `after` with another delay is neither taken nor set', () => {
    expect(brief(problems(old(after(10)), next(after(20))))).toEqual([
      '!timer-untaken a xstate.after.10.m.a',
      '!after-not-set a 20',
    ])
    expect(brief(problems(old(after(10)), next(after(20, onGo))))).toEqual([
      'timer-untaken a xstate.after.10.m.a',
      'after-not-set a 20',
    ])
    expect(brief(problems(old(after(10)), next(after(10))))).toEqual([])
  })

  test('one that may have fired without leaving is not missed', () => {
    const guarded = { a: { after: { 10: { guard: 'ready', target: 'b' } }, ...onGo }, b }
    const fired = { kind: 'timer', timerId: 'xstate.after.10.m.a', incarnation: 1 } as const
    expect(brief(problems(old(guarded), next(guarded), { events: [fired] }))).toEqual([])
  })

  test('a delayed event that no state takes', () => {
    const later = (on: object) => ({ a: { entry: 'raiseLater', ...onGo }, b: { on } })
    expect(brief(problems(old(later({ LATER: 'a' })), next(later({}))))).toEqual([
      'timer-untaken a LATER',
    ])
    expect(brief(problems(old(later({ LATER: 'a' })), next(later({ LATER: 'a' }))))).toEqual([])
  })

  test('a named delay with another value, where the old one is known', () => {
    const [short, long] = [10, 20].map((soon) => ({ delays: { soon } }))
    const was = old(after('soon'), short)
    expect(brief(problems(was, next(after('soon'), long), { known: true }))).toEqual([
      'delay-changed a soon',
    ])
    expect(brief(problems(was, next(after('soon'), short), { known: true }))).toEqual([])
    expect(brief(problems(was, next(after('soon'), long)))).toEqual([])
  })
})
