import { sendParent, sendTo, setup } from 'xstate'
import { describe, expect, test } from 'vitest'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import {
  everyStateIsReached,
  keysAreHonoured,
  neverBefore,
  noAgentFails,
  noUnhandledEvent,
  settles,
} from '../../src/proof/properties.ts'
import type { Occurrence } from '../../src/proof/occurrence.ts'
import { prove } from '../../src/proof/prove.ts'
import type { World } from '../../src/proof/world.ts'

const noFaults = { crashes: 0, duplicates: 0 }

function agentOf(machine: ReturnType<ReturnType<typeof setup>['createMachine']>): AgentDefinition {
  return defineAgent({ machine: machine as never }) as AgentDefinition
}

async function names(world: World, options = {}): Promise<string[]> {
  const { violations } = await prove({ ...world, bounds: noFaults }, options)
  return violations.map(({ property }) => property)
}

describe('time', () => {
  const timers = (delays: { first: number; second: number }, isLate: boolean): AgentDefinition => {
    const machine = setup({ delays }).createMachine({
      id: 'timers',
      version: '1',
      type: 'parallel',
      states: {
        one: { initial: 'a', states: { a: { after: { first: 'fired' } }, fired: {} } },
        two: isLate
          ? {
              initial: 'idle',
              states: { idle: { on: { GO: 'a' } }, a: { after: { second: 'fired' } }, fired: {} },
            }
          : { initial: 'a', states: { a: { after: { second: 'fired' } }, fired: {} } },
      },
    })
    return agentOf(machine as never)
  }
  const orders = async (definition: AgentDefinition): Promise<string[]> => {
    const before = (first: string, second: string): World['properties'][number] => {
      const fired =
        (region: string) =>
        (so: Occurrence): boolean =>
          so.kind === 'stepped' &&
          (so.after.snapshot.value as Record<string, string>)[region] === 'fired'
      return neverBefore(`${second} after ${first}`, fired(first), fired(second))
    }
    const outsiders = [
      {
        name: 'user',
        to: 'timers/x',
        events: ({ snapshot }: { snapshot: { value: unknown } }) =>
          (snapshot.value as Record<string, string>)['two'] === 'idle'
            ? [{ event: { type: 'GO' } }]
            : [],
      },
    ]
    return names({
      name: 'timers',
      agents: [{ definition, id: 'x' }],
      outsiders,
      properties: [before('one', 'two'), before('two', 'one')],
    })
  }

  test('what is due later does not fire before what was set no later and is due earlier', async () => {
    expect(await orders(timers({ first: 10, second: 20 }, false))).toEqual(['one after two'])
    expect(await orders(timers({ first: 10, second: 20 }, true))).toEqual(['one after two'])
  })

  test('what is set later may be due earlier or later', async () => {
    const both = ['one after two', 'two after one']
    expect((await orders(timers({ first: 20, second: 10 }, true))).toSorted()).toEqual(both)
    expect((await orders(timers({ first: 10, second: 10 }, false))).toSorted()).toEqual(both)
  })
})

describe('agents among themselves', () => {
  const child = setup({ types: {} as { events: { type: 'HURRY' } } }).createMachine({
    id: 'worker',
    version: '1',
    initial: 'working',
    states: {
      working: {
        entry: sendParent({ type: 'BEGUN' }),
        after: { 10: 'done' },
        on: { HURRY: 'done' },
      },
      done: { type: 'final' },
    },
    output: 'ready',
  })
  const parent = setup({
    types: {} as { events: { type: 'BEGUN' } | { type: 'AGAIN' } },
    actors: { worker: child },
  }).createMachine({
    id: 'boss',
    version: '1',
    initial: 'waiting',
    states: {
      waiting: {
        invoke: { id: 'worker', src: 'worker', onDone: 'over', onError: 'over' },
        on: {
          AGAIN: { target: 'waiting', reenter: true },
          BEGUN: { actions: sendTo('worker', { type: 'HURRY' }) },
        },
      },
      over: { type: 'final' },
    },
  })
  const world: World = {
    name: 'boss and worker',
    agents: [{ definition: agentOf(parent as never), id: 'b' }],
    children: [agentOf(child as never)],
    outsiders: [
      {
        name: 'user',
        to: 'boss/b',
        most: 2,
        events: ({ snapshot }) =>
          snapshot.value === 'waiting' ? [{ event: { type: 'AGAIN' } }] : [],
      },
    ],
    properties: [
      settles(),
      noAgentFails(),
      everyStateIsReached(),
      keysAreHonoured(),
      noUnhandledEvent({ except: ['HURRY', 'BEGUN', 'AGAIN'] }),
    ],
  }

  test('children are started, told, stopped and started again, and everything ends', async () => {
    const { violations, complete, machines } = await prove(world)
    expect(violations).toEqual([])
    expect(complete).toBe(true)
    expect(
      machines.flatMap(({ id, untakenTransitions }) =>
        id === 'tool-call' ? [] : untakenTransitions,
      ),
    ).toEqual(['boss.waiting | error worker[0] -> boss.over'])
  })

  test('a mailbox that grows without end is a cut, not a proof', async () => {
    const chatty = setup({ types: {} as { events: { type: 'HURRY' } } }).createMachine({
      id: 'worker',
      version: '1',
      initial: 'a',
      states: {
        a: { after: { 1: 'b' } },
        b: { entry: sendParent({ type: 'BEGUN' }), always: 'a' },
      },
    })
    const listener = setup({
      types: {} as { events: { type: 'BEGUN' } },
      actors: { worker: chatty },
    }).createMachine({
      id: 'boss',
      version: '1',
      invoke: { id: 'worker', src: 'worker' },
      on: { BEGUN: {} },
    })
    const result = await prove({
      name: 'chatty',
      agents: [{ definition: agentOf(listener as never), id: 'b' }],
      children: [agentOf(chatty as never)],
      properties: [],
      bounds: { ...noFaults, mailbox: 3 },
    })
    expect(result).toMatchObject({ complete: false, cutOff: 'mailbox' })
  })
})
