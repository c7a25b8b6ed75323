import type { AnyStateMachine } from 'xstate'
import { assign, enqueueActions, fromPromise, sendTo, spawnChild } from 'xstate'
import { describe, expect, test } from 'vitest'
import type { Problem } from '../../src/actors/problem.ts'
import { build, refusal } from './broken-machine.ts'

const problems = (machine: AnyStateMachine, sideEffects?: string[]): readonly Problem[] =>
  refusal(machine, sideEffects)?.problems ?? []

const asked = fromPromise(() => new Promise(() => undefined))
const actors = { asked }
const ring = (): undefined => undefined

describe('actions', () => {
  const unknown = {
    problem: 'action lost is not implemented',
    todo: 'implement it in setup({ actions })',
  }
  const undeclared = {
    problem: 'action ring does something outside the machine, but is not declared',
    todo: 'list it in sideEffects (it then runs at least once) or move the work into a tool',
  }
  const inline = {
    problem: 'an inline action can have side effects that nobody declared',
    todo: 'name it in setup({ actions }) and list it in sideEffects, or move it into a tool',
  }

  test.each([
    ['m.entry', { entry: 'lost' }],
    ['m.exit', { exit: { type: 'lost' } }],
    ['m.on.GO.actions', { on: { GO: { actions: ['lost'] } } }],
    ['m.on.GO[1].actions', { on: { GO: [{ guard: ring }, { actions: 'lost' }] } }],
    ['m.always.actions', { always: { guard: () => false, actions: 'lost' } }],
    ['m.after.10.actions', { after: { 10: { actions: 'lost' } } }],
    ['m.a.entry', { initial: 'a', states: { a: { entry: 'lost' } } }],
    ['m.initial.actions', { initial: { target: 'a', actions: 'lost' }, states: { a: {} } }],
    ['m.onDone.actions', { initial: 'a', states: { a: {} }, onDone: { actions: 'lost' } }],
    [
      'm.invoke[0].onDone.actions',
      { invoke: { id: 'i', src: 'asked', onDone: { actions: 'lost' } } },
    ],
    [
      'm.invoke[1].onError.actions',
      {
        invoke: [
          { id: 'i', src: 'asked' },
          { id: 'j', src: 'asked', onError: { actions: 'lost' } },
        ],
      },
    ],
  ])('an action without an implementation is found at %s', (path, config) => {
    expect(problems(build(config, { actors }))).toEqual([{ path, ...unknown }])
  })

  test('a side effect must be declared', () => {
    const machine = build({ entry: 'ring' }, { actions: { ring } })
    expect(problems(machine)).toEqual([{ path: 'm.entry', ...undeclared }])
    expect(problems(machine, ['ring'])).toEqual([])
  })

  test('an inline action cannot be declared', () => {
    const machine = build({ on: { GO: { actions: () => undefined } } })
    expect(problems(machine)).toEqual([{ path: 'm.on.GO.actions', ...inline }])
  })

  test('built-in actions need no declaration, inline or named', () => {
    const machine = build({ entry: ['set', assign({ n: 1 })] }, { actions: { set: assign({}) } })
    expect(problems(machine)).toEqual([])
  })

  test('spawnChild needs a named source and an id, inline or named', () => {
    const source = {
      problem: 'spawnChild has an inline source',
      todo: 'name it in setup({ actors }) and spawn it by that name',
    }
    const id = { problem: 'spawnChild has no id', todo: 'give it an explicit id' }
    const inlined = build({ entry: spawnChild(asked) })
    expect(problems(inlined)).toEqual([
      { path: 'm.entry', ...source },
      { path: 'm.entry', ...id },
    ])
    const named = build(
      { entry: 'start' },
      { actors, actions: { start: spawnChild('asked' as never) } },
    )
    expect(problems(named)).toEqual([{ path: 'm.entry(start)', ...id }])
    const fine = build({ entry: spawnChild('asked' as never, { id: 'a' }) }, { actors })
    expect(problems(fine)).toEqual([])
  })
})

describe('guards', () => {
  const missing = {
    problem: 'guard lost is not implemented',
    todo: 'implement it in setup({ guards })',
  }

  test.each([
    ['m.on.GO', { on: { GO: { guard: 'lost' } } }],
    ['m.on.GO[0]', { on: { GO: [{ guard: { type: 'lost' } }, {}] } }],
    ['m.always', { always: { guard: 'lost', actions: [] } }],
  ])('one without an implementation is found at %s', (path, config) => {
    expect(problems(build(config))).toEqual([{ path, ...missing }])
  })

  test('functions and implemented names are fine', () => {
    const on = { A: { guard: () => true }, B: { guard: 'ok' } }
    expect(problems(build({ on }, { guards: { ok: () => true } }))).toEqual([])
  })
})

describe('functions that reach for what does not exist durably', () => {
  const system = {
    problem: 'it uses `system`, which exists only inside one process',
    todo: 'send to a child by id or to `{ address: "type/id" }`',
  }
  const self = {
    problem: 'it uses `self`, a live reference that cannot be stored',
    todo: 'use `raise`, `sendTo` or the input of the agent',
  }
  const spawn = {
    problem: 'it spawns inside assign or context, which leaves no trace in the journal',
    todo: 'use the spawnChild action with an explicit id',
  }
  type Args = Record<'self' | 'system' | 'spawn' | 'context', never>

  test.each([
    ['an arrow', ({ system: _ }: Args) => true],
    ['an arrow among others', ({ context: _c, system: _ }: Args) => true],
    [
      'a function',
      function named({ system: _ }: Args) {
        return true
      },
    ],
    [
      'a method',
      {
        guard({ system: _ }: Args) {
          return true
        },
      }.guard,
    ],
    ['a default', ({ system: _ = undefined as never }: Args) => true],
  ])('`system` in a guard written as %s', (_what, guard) => {
    const machine = build({ on: { GO: { guard } } })
    expect(problems(machine)).toEqual([{ path: 'm.on.GO.guard', ...system }])
  })

  test('`self` in params, delays, input and the target of a transition', () => {
    const use = ({ self: _ }: Args): number => 1
    const machine = build(
      {
        entry: { type: 'set', params: use },
        initial: 'a',
        states: { a: { after: { soon: 'a' }, invoke: { id: 'i', src: 'asked', input: use2 } } },
      },
      { actors, actions: { set: assign({}) }, delays: { soon: use3 } },
    )
    expect(problems(machine)).toEqual([
      { path: 'm.entry.params', ...self },
      { path: 'm.states.a.invoke.input', ...self },
      { path: 'delays.soon', ...self },
    ])
  })
  const use2 = ({ self: _ }: Args): object => ({})
  const use3 = ({ self: _ }: Args): number => 3

  test('`self` is fine as the target of sendTo, and nowhere else in it', () => {
    const toSelf = sendTo(({ self }) => self, { type: 'HI' })
    expect(problems(build({ entry: toSelf }))).toEqual([])
    const inEvent = sendTo(
      ({ self }) => self,
      ({ self }: { self: unknown }) => ({ type: 'HI', self }),
    )
    expect(problems(build({ entry: inEvent }))).toEqual([{ path: 'm.entry.event', ...self }])
  })

  test('`spawn` in assign, member by member or whole, and in the context', () => {
    const whole = assign(({ spawn: _ }) => ({}))
    expect(problems(build({ entry: whole }))).toEqual([{ path: 'm.entry.assignment', ...spawn }])
    const member = assign({ ref: ({ spawn: _ }) => 1 })
    expect(problems(build({ entry: member }))).toEqual([
      { path: 'm.entry.assignment.ref', ...spawn },
    ])
    const context = ({ spawn: _ }: Args): object => ({})
    expect(problems(build({ context }))).toEqual([{ path: 'm.context', ...spawn }])
  })

  test('`system` inside enqueueActions and inside a named action', () => {
    const queue = enqueueActions(({ system: _ }) => undefined)
    expect(problems(build({ entry: queue }))).toEqual([{ path: 'm.entry.collect', ...system }])
    const named = build({}, { actions: { set: assign(({ system: _ }) => ({})) } })
    expect(problems(named)).toEqual([{ path: 'actions.set.assignment', ...system }])
  })

  test('a member that is only named like one of them is fine', () => {
    const guard = ({ event }: { event: { self?: boolean } }): boolean => {
      const { self: own } = event
      return own === true
    }
    expect(problems(build({ on: { GO: { guard } } }))).toEqual([])
  })
})
