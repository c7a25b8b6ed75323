import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { reachableStates } from '../../src/proof/reachable.ts'
import { judgeInstance, VersionJudge } from '../../src/proof/stranded.ts'
import { agent, brief, problems, send, stored } from './version-pairs.ts'

const old = (states: object, extra: Parameters<typeof agent>[1] & { root?: object } = {}) => {
  const { root, ...options } = extra
  return agent({ initial: 'a', states, ...root }, { version: '1', ...options })
}
const next = (states: object, extra: Parameters<typeof agent>[1] & { root?: object } = {}) =>
  old(states, { version: '2', ...extra })

const b = { type: 'final' }
const go = { GO: z.object({ type: z.literal('GO') }) }
const sane = { root: { context: { a: { b: { c: true } } } } }

describe('what comes next, folded on the stored context', () => {
  test('a guard that counts on a member which the old version did not store', () => {
    const states = { a: { on: { GO: { guard: 'deep', target: 'b' } } }, b }
    const before = { a: { on: { GO: 'b' } }, b }
    const [missing, throwing, ...others] = problems(
      old(before),
      next(states, { events: go, ...sane }),
    )
    expect(brief([missing!, throwing!, ...others])).toEqual(['context-missing m a', '!throws a GO'])
    expect(throwing!.message).toMatch(
      /^taking GO, its code throws on the stored context: .*reading 'b'/,
    )
    expect(missing!.message).toContain('(`context.a ?? …`)')
    expect(brief(problems(old(before, sane), next(states, { events: go, ...sane })))).toEqual([])
  })

  test('a timer and the ends of a child', () => {
    const states = (guard: object) => ({
      a: {
        invoke: { id: 'call', src: 'lookUp', onDone: { target: 'b', ...guard }, onError: 'b' },
        after: { 10: { target: 'b', ...guard } },
      },
      b,
    })
    expect(brief(problems(old(states({})), next(states({ guard: 'deep' }))))).toEqual([
      '!throws a timer: xstate.after.10.m.a',
      '!throws a done: call',
    ])
    expect(brief(problems(old(states({})), next(states({}))))).toEqual([])
  })

  test('an error that nobody takes is the choice of the chart, unless the old one took it', () => {
    const calling = (more: object) => ({
      a: { invoke: { id: 'call', src: 'lookUp', onDone: 'b', ...more } },
      b,
    })
    const [taking, leaving] = [calling({ onError: 'b' }), calling({})]
    expect(brief(problems(old(taking), next(leaving)))).toEqual([])
    expect(brief(problems(old(taking), next(leaving), { known: true }))).toEqual([
      '!event-untaken a error: call',
    ])
    expect(brief(problems(old(leaving), next(leaving), { known: true }))).toEqual([])
  })

  test('every option of a decision by itself', () => {
    const deciding = (guard: object) => ({
      a: {
        invoke: { id: 'judge', src: 'choose', onDone: { actions: 'raiseOption' }, onError: 'b' },
        on: { LEFT: 'b', RIGHT: { target: 'b', ...guard } },
      },
      b,
    })
    expect(brief(problems(old(deciding({})), next(deciding({ guard: 'deep' }))))).toEqual([
      '!throws a done: judge RIGHT',
    ])
  })

  test('where only some examples throw it is no certain end', () => {
    const events = {
      GO: z.object({ type: z.literal('GO'), list: z.array(z.object({ c: z.boolean() })) }),
    }
    const states = (guard: object) => ({ a: { on: { GO: { target: 'b', ...guard } } }, b })
    const [only, ...others] = problems(
      old(states({})),
      next(states({ guard: 'firstOfEvent' }), { events }),
    )
    expect(others).toEqual([])
    expect(only).toMatchObject({ kind: 'throws', strands: false, about: 'GO' })
    expect(only!.message).toMatch(/^taking \d+ of \d+ examples of GO, /)
  })

  test('an eventless transition that holds now waits for any event', () => {
    const waiting = { a: { on: { GO: 'b' } }, b }
    const leaving = (more: object) => ({ a: { always: 'b', ...more }, b })
    expect(brief(problems(old(waiting), next(leaving({}))))).toEqual(['!always-due a always'])
    expect(brief(problems(old(waiting), next(leaving(waiting.a))))).toEqual(['always-due a always'])
    const guarded = { a: { always: { guard: 'ready', target: 'b' }, on: { GO: 'b' } }, b }
    expect(brief(problems(old(waiting), next(guarded)))).toEqual([])
  })
})

describe('where the old definition is known', () => {
  test('an event that was taken and is not any more is said', () => {
    const before = old({ a: { on: { GO: 'b', STOP: 'b' } }, b })
    const after = next({ a: { on: { GO: 'b' } }, b })
    const known = { known: true }
    expect(brief(problems(before, after, known))).toEqual(['event-untaken a STOP'])
    expect(problems(before, after, known)[0]!.message).toContain('nor in any other')
    expect(brief(problems(before, after))).toEqual([])
    const elsewhere = next({ a: { on: { GO: 'b' } }, b: { on: { STOP: 'a' } } })
    expect(problems(before, elsewhere, known)[0]!.message).not.toContain('nor in any other')
  })

  test('so is one that a guard refuses now', () => {
    const on = (guard: object) => ({ a: { on: { GO: { target: 'b', ...guard } } }, b })
    const refusing = next(on({ guard: 'ready' }), { events: go })
    const before = old(on({}), { events: go })
    expect(brief(problems(before, refusing, { known: true }))).toEqual(['event-untaken a GO'])
    expect(brief(problems(before, next(on({}), { events: go }), { known: true }))).toEqual([])
  })

  test('what the old one has wrong as well is left out', () => {
    const dead = { a: {} }
    expect(brief(problems(old(dead), next(dead)))).toEqual(['!no-way-out a'])
    expect(brief(problems(old(dead), next(dead), { known: true }))).toEqual([])
  })
})

describe('what an instance has kept', () => {
  test('a history that remembers states which are gone', () => {
    const home = (states: object) => ({
      a: { on: { GO: 'home' } },
      home: {
        initial: 'x',
        states: { x: {}, ...states, last: { type: 'history' } },
        on: { HOP: '.y', OUT: 'away' },
      },
      away: { on: { BACK: 'home.last' } },
    })
    const events = ['GO', 'HOP', 'OUT'].map(send)
    const renamed = {
      ...home({ z: {} }),
      home: { ...home({ z: {} }).home, on: { HOP: '.z', OUT: 'away' } },
    }
    const found = problems(old(home({ y: {} })), next(renamed), { events })
    expect(brief(found)).toEqual(['history-gone m.home.last m.home.y'])
    expect(brief(problems(old(home({ y: {} })), next(home({ y: {} })), { events }))).toEqual([])
  })

  test('the caps of the budget with which it began', () => {
    const states = { a: { on: { GO: 'b' } }, b }
    const few = { budget: { calls: 2 } }
    expect(brief(problems(old(states, few), next(states, { budget: { calls: 3 } })))).toEqual([
      'budget-kept m budget',
    ])
    expect(brief(problems(old(states), next(states, few)))).toEqual(['budget-kept m budget'])
    expect(brief(problems(old(states, few), next(states, few)))).toEqual([])
  })

  test('a child agent is wound up when it fails, so there is nothing left to judge', () => {
    const one = old({ a: { on: { GO: 'b' } }, b })
    const parent = { address: { type: 'p', id: 'p' }, childId: 'c', incarnation: 1 }
    const state = { ...stored(one), parent }
    const failed = { ...state, snapshot: { ...state.snapshot, status: 'error' as const } }
    expect(judgeInstance(next({ c: b }, { root: { initial: 'c' } }), failed)).toEqual([])
  })
})

describe('the states of an old chart', () => {
  const chart = (last: object) => ({
    a: { on: { GO: 'b' } },
    b: { on: { HOP: { guard: 'ready', target: 'c' } } },
    c: { invoke: { id: 'call', src: 'lookUp', onDone: 'b', onError: 'b' }, after: { 10: 'b' } },
    ...last,
  })

  test('one that no way was found to is judged by its structure', () => {
    const { states, notes } = reachableStates(old(chart({})))
    expect(states.map(({ where }) => where)).toEqual(['init', 'init -> GO', 'c (assumed)'])
    expect(notes).toContain('no way was found to c: judged by their structure, without a context')
    const { state } = states[2]!
    expect(Object.keys(state.children)).toEqual(['call'])
    const other = next(chart({ c: { on: { HOP: 'b' } } }))
    const found = new VersionJudge(other, old(chart({}))).judge(state, true)
    expect(brief(found.slice(1))).toEqual([
      'child-orphaned c call',
      'timer-untaken c xstate.after.10.m.c',
    ])
    const same = new VersionJudge(next(chart({})), old(chart({}))).judge(state, true)
    expect(brief(same)).toEqual(['other-version m version'])
  })
})
