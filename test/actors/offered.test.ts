import { assign, setup } from 'xstate'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { declareDecision } from '../../src/decision/define-decision.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { decisionActor } from '../../src/actors/source.ts'
import { Driver } from '../machines/driver.ts'

const names = ['PLAIN', 'RICH', 'POOR', 'PAYLOAD', 'DEEP', 'KEYS', 'HAS', 'OUTER', 'NONE'] as const
const option = (type: string) =>
  z.object({ type: z.literal(type), sum: z.object({ amount: z.number() }).optional() })
const [first, ...others] = names.map(option)
const choose = declareDecision({
  name: 'choose',
  input: z.object({}),
  options: z.discriminatedUnion('type', [first!, ...others]),
})

interface Option {
  type: string
  sum?: { amount: number }
}

const machine = setup({
  types: {} as { context: { money: number }; events: Option; input: { money: number } },
  actors: { choose: decisionActor(choose) },
  guards: {
    rich: ({ context }) => context.money >= 100,
    poor: ({ context }) => context.money < 100,
  },
}).createMachine({
  id: 'shop',
  context: ({ input }) => ({ money: input.money }),
  initial: 'choosing',
  on: { OUTER: '.over', WIN: { actions: assign({ money: 500 }), target: '.choosing' } },
  states: {
    choosing: {
      invoke: { id: 'choice', src: 'choose', input: {} },
      on: {
        PLAIN: 'over',
        RICH: { guard: 'rich', target: 'over' },
        POOR: [
          { guard: 'rich', target: 'over' },
          { guard: 'poor', target: 'over' },
        ],
        PAYLOAD: { guard: ({ event }) => event.sum !== undefined, target: 'over' },
        DEEP: { guard: ({ event }) => event.sum!.amount > 3, target: 'over' },
        KEYS: { guard: ({ event }) => Object.keys(event).length > 1, target: 'over' },
        HAS: { guard: ({ event }) => 'sum' in event, target: 'over' },
      },
    },
    over: {},
  },
})
const definition = defineAgent({ machine })
const offeredWith = (money: number): readonly string[] | undefined => {
  const { effects } = new Driver(definition, { money })
  const spawn = effects.find((effect) => effect.kind === 'spawn')
  return spawn?.offered
}

describe('options that a decision is offered', () => {
  test('an option without a handler is not offered, in no state', () => {
    expect(offeredWith(0)).not.toContain('NONE')
    expect(offeredWith(500)).not.toContain('NONE')
  })

  test('an option of the state or of a parent state is offered', () => {
    expect(offeredWith(0)).toEqual(expect.arrayContaining(['PLAIN', 'OUTER']))
  })

  test('a guard on the context decides', () => {
    expect(offeredWith(0)).not.toContain('RICH')
    expect(offeredWith(500)).toContain('RICH')
    expect(offeredWith(0)).toContain('POOR')
  })

  test('a guard on the payload does not decide before the option is chosen', () => {
    expect(offeredWith(0)).toEqual(expect.arrayContaining(['PAYLOAD', 'KEYS', 'HAS']))
  })

  test('nor does a guard that throws for want of the payload', () => {
    expect(offeredWith(0)).toContain('DEEP')
  })

  test('they are kept with the child and follow the state when it is asked again', () => {
    const driver = new Driver(definition, { money: 0 })
    expect(driver.state.children['choice']?.offered).toEqual(offeredWith(0))
    driver.send({ type: 'PLAIN' }).send({ type: 'WIN' })
    expect(driver.state.children['choice']?.offered).toEqual(offeredWith(500))
  })
})
