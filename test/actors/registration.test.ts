import type { AnyStateMachine } from 'xstate'
import {
  assign,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  fromTransition,
  setup,
} from 'xstate'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../src/actors/definition.ts'
import type { Problem } from '../../src/actors/problem.ts'
import { decisionActor, memoryActor, toolActor } from '../../src/actors/source.ts'
import { declareDecision } from '../../src/decision/define-decision.ts'
import { remember } from '../../src/memory/operations.ts'
import { declareTool } from '../../src/tools/define-tool.ts'
import { Driver } from '../machines/driver.ts'
import { build, refusal } from './broken-machine.ts'

const asked = fromPromise(() => new Promise(() => undefined))
const actors = { asked }
const pay = declareTool({
  name: 'pay',
  input: z.object({}),
  output: z.object({}),
  effect: 'once',
})

interface Case {
  rule: string
  machine: () => AnyStateMachine
  sideEffects?: string[]
  problem: Problem
}

const wholeMachine: Case[] = [
  {
    rule: 'an id',
    machine: () => setup({}).createMachine({}),
    problem: {
      path: '(root)',
      problem: 'the machine has no id',
      todo: "add `id: 'my-agent'`; journals are kept under it",
    },
  },
  {
    rule: 'an id that can name mail',
    machine: () => setup({}).createMachine({ id: 'my agent' }),
    problem: {
      path: '(root)',
      problem: 'the id my agent cannot name mail',
      todo: 'use letters, digits, `-` and `_`',
    },
  },
  {
    rule: 'bounded eventless loops',
    machine: () => build({ options: { maxIterations: Number.POSITIVE_INFINITY } }),
    problem: {
      path: '(root)',
      problem: 'an eventless loop could hang the host',
      todo: 'set options.maxIterations to at most 100000',
    },
  },
  {
    rule: 'JSON in a static context',
    machine: () => build({ context: { since: { day: new Date(0) } } }),
    problem: {
      path: '(root)',
      problem: 'context.since.day (Date) is not JSON',
      todo: 'keep only JSON in context',
    },
  },
  {
    rule: 'an implementation of every declared side effect',
    machine: () => build({}),
    sideEffects: ['ring'],
    problem: {
      path: '(sideEffects)',
      problem: 'action ring has no implementation',
      todo: 'implement it in setup()',
    },
  },
  {
    rule: 'no bare wildcard',
    machine: () => build({ initial: 'a', states: { a: { on: { '*': 'a' } } } }),
    problem: {
      path: 'm.a.on.*',
      problem: 'a bare wildcard also takes completions and timers',
      todo: 'name the events, or use a prefix such as `order.*`',
    },
  },
  {
    rule: 'an implementation of every delay',
    machine: () => build({ initial: 'a', states: { a: { after: { soon: 'a', 10: 'a' } } } }),
    problem: {
      path: 'm.a.after.soon',
      problem: 'delay soon is not implemented',
      todo: 'implement it in setup({ delays })',
    },
  },
]

const invokes: Case[] = [
  {
    rule: 'an id on every invoke',
    machine: () => build({ invoke: { src: 'asked' } }, { actors }),
    problem: {
      path: 'm.invoke[0]',
      problem: 'the invoke has no id',
      todo: 'give it one that is unique in the machine',
    },
  },
  {
    rule: 'no systemId',
    machine: () => build({ invoke: { id: 'a', src: 'asked', systemId: 'one' } }, { actors }),
    problem: {
      path: 'm.invoke[0]',
      problem: 'systemId names an actor of one process',
      todo: 'send to `{ address: "type/id" }` instead',
    },
  },
  {
    rule: 'no onSnapshot',
    machine: () => build({ invoke: [{ id: 'a', src: 'asked', onSnapshot: {} }] }, { actors }),
    problem: {
      path: 'm.invoke[0]',
      problem: 'onSnapshot needs a live child',
      todo: 'let the child send events to its parent',
    },
  },
  {
    rule: 'a named src',
    machine: () => build({ invoke: { id: 'a', src: asked } }),
    problem: {
      path: 'm.invoke[0]',
      problem: 'src is inline',
      todo: 'name it in setup({ actors }) and refer to it by that name',
    },
  },
  {
    rule: 'a contract behind the src',
    machine: () => build({ invoke: { id: 'a', src: 'nobody' } }),
    problem: {
      path: 'm.invoke[0]',
      problem: 'src nobody has no contract',
      todo: 'declare it in setup({ actors })',
    },
  },
  {
    rule: 'a branch for a once tool in doubt',
    machine: () =>
      build(
        {
          initial: 'a',
          states: { a: { invoke: { id: 'p', src: 'pay', onError: 'b' } }, b: {} },
        },
        { actors: { pay: toolActor(pay) } },
      ),
    problem: {
      path: 'm.a.invoke[0].onError',
      problem: 'tool pay runs once and may end in doubt, but no branch handles it',
      todo: "add an onError branch with the guard `inDoubt` (import { inDoubt } from 'ashlar')",
    },
  },
]

function refusedLogic(rule: string, logic: unknown, todo: string): Case {
  return {
    rule,
    machine: () => build({}, { actors: { odd: logic } }),
    problem: { path: 'actors.odd', problem: 'its logic cannot run durably', todo },
  }
}
const live =
  'callbacks and observables live in one process and cannot be recovered; ' +
  'make it a tool, or let an outside process send events to the agent'
const observable = (): never => ({ subscribe: () => undefined }) as never
const sources: Case[] = [
  refusedLogic(
    'no callback',
    fromCallback(() => undefined),
    live,
  ),
  refusedLogic('no observable', fromObservable(observable), live),
  refusedLogic('no event observable', fromEventObservable(observable), live),
  refusedLogic(
    'no transition function',
    fromTransition((state: unknown) => state, {}),
    'a transition function keeps state that no machine owns; make it a machine',
  ),
]

describe('a machine that breaks a rule is refused with the place, the problem and the remedy', () => {
  test.each([...wholeMachine, ...invokes, ...sources])('$rule', (broken) => {
    const { machine, sideEffects, problem } = broken
    const error = refusal(machine(), sideEffects)
    expect(error?.problems).toEqual([problem])
    const { path, problem: what, todo } = problem
    const id = machine().id
    expect(error?.message).toBe(`machine ${id} cannot be registered:\n  ${path}: ${what}; ${todo}`)
    expect(error?.code).toBe('registration')
  })

  test('several problems are listed together, in the order of the machine', () => {
    const machine = build({
      id: 'no good',
      initial: 'a',
      states: { a: { on: { '*': 'a' }, invoke: { src: 'nobody' } } },
    })
    const error = refusal(machine)
    expect(error?.message.split('\n')).toEqual([
      'machine no good cannot be registered:',
      '  (root): the id no good cannot name mail; use letters, digits, `-` and `_`',
      '  no good.a.on.*: a bare wildcard also takes completions and timers; ' +
        'name the events, or use a prefix such as `order.*`',
      '  no good.a.invoke[0]: the invoke has no id; give it one that is unique in the machine',
      '  no good.a.invoke[0]: src nobody has no contract; declare it in setup({ actors })',
    ])
  })
})

describe('sources that run durably are known for what they are', () => {
  const kid = setup({}).createMachine({ id: 'kid' })
  const decide = declareDecision({
    name: 'decide',
    input: z.object({}),
    options: z.discriminatedUnion('type', [z.object({ type: z.literal('GO') })]),
  })

  test.each([
    ['promise', asked],
    ['agent', kid],
    ['tool', toolActor(pay)],
    ['decision', decisionActor(decide)],
    ['memory', memoryActor(remember)],
  ])('%s', (kind, logic) => {
    const definition = defineAgent({ machine: build({}, { actors: { source: logic } }) })
    expect(definition.sources.get('source')?.kind).toBe(kind)
  })

  test.each([
    ['a string', 'inDoubt'],
    ['an object', { type: 'inDoubt' }],
  ])('a once tool with an inDoubt branch is accepted (guard as %s)', (_what, guard) => {
    const onError = [{ guard, target: 'b' }, { target: 'c' }]
    const machine = build(
      {
        initial: 'a',
        states: { a: { invoke: { id: 'p', src: 'pay', onError } }, b: {}, c: {} },
      },
      { actors: { pay: toolActor(pay) }, guards: { inDoubt: () => true } },
    )
    expect(defineAgent({ machine }).id).toBe('m')
  })

  test.each(['read', 'idempotent'] as const)('a tool of class %s needs no branch', (effect) => {
    const tool = toolActor(declareTool({ ...pay, effect }))
    const machine = build({ invoke: { id: 'p', src: 'tool' } }, { actors: { tool } })
    expect(defineAgent({ machine }).sources.get('tool')).toMatchObject({ kind: 'tool' })
  })
})

describe('a declared side effect', () => {
  test('is accepted, listed and comes out of the step with its params and its context', () => {
    const machine = setup({
      types: {} as { context: { n: number } },
      actions: { ring: (_, _params: { loud: boolean }) => undefined },
    }).createMachine({
      id: 'bell',
      context: { n: 0 },
      on: {
        GO: {
          actions: [
            { type: 'ring', params: { loud: true } },
            assign({ n: 1 }),
            { type: 'ring', params: { loud: false } },
          ],
        },
      },
    })
    const definition = defineAgent({ machine, sideEffects: ['ring'] })
    expect(definition.sideEffects.has('ring')).toBe(true)
    const driver = new Driver(definition).send({ type: 'GO' })
    const event = { type: 'GO' }
    expect(driver.effects).toEqual([
      { kind: 'action', name: 'ring', event, params: { loud: true }, context: { n: 0 } },
      { kind: 'action', name: 'ring', event, params: { loud: false } },
    ])
  })
})

describe('the hash of a definition', () => {
  const make = (over: object = {}): string =>
    defineAgent({
      machine: build(
        {
          initial: 'a',
          states: { a: { on: { GO: { target: 'b', guard: 'ok' } } }, b: {} },
          ...over,
        },
        { guards: { ok: () => true } },
      ),
    }).hash

  test('is the same whenever the machine is created', () => {
    expect(make()).toBe(make())
    expect(make()).toMatch(/^[0-9a-f]{16}$/)
  })

  test('does not depend on the order of members', () => {
    const { initial, states } = { initial: 'a', states: { b: {}, a: {} } }
    expect(make({ initial, states })).toBe(make({ states: { a: {}, b: {} }, initial }))
  })

  test.each([
    ['a state', { states: { a: {}, b: {}, c: {} } }],
    ['a target', { states: { a: { on: { GO: 'a' } }, b: {} } }],
    ['a guard', { states: { a: { on: { GO: { target: 'b' } } }, b: {} } }],
    ['the version', { version: '2' }],
    ['the context', { context: { n: 1 } }],
  ])('changes with %s', (_what, over) => {
    expect(make(over)).not.toBe(make())
  })

  test('stays with the body of a function', () => {
    const hash = (n: number): string =>
      defineAgent({ machine: build({ context: () => ({ n }) }) }).hash
    expect(hash(1)).toBe(hash(2))
  })
})
