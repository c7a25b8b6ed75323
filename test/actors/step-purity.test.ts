import fc from 'fast-check'
import { assign, setup } from 'xstate'
import { describe, expect, test } from 'vitest'
import type { NeutralEvent } from '../../src/contracts/event.ts'
import type { StoredState } from '../../src/contracts/state.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { step } from '../../src/actors/step.ts'
import { Driver, deepFreeze } from '../machines/driver.ts'
import { zoo } from './zoo.ts'

/** What may come next: an event, or the end of one of the pending children and timers. */
const move = fc.record({
  type: fc.constantFrom('A', 'B', 'C', 'D', 'E', 'X'),
  pick: fc.nat({ max: 7 }),
  output: fc.integer({ min: 0, max: 9 }),
})
type Move = typeof move extends fc.Arbitrary<infer Value> ? Value : never

function eventFor(state: StoredState, { type, pick, output }: Move): NeutralEvent {
  const pending: NeutralEvent[] = [
    ...Object.entries(state.children).map(
      ([childId, { incarnation }]) => ({ kind: 'done', childId, incarnation, output }) as const,
    ),
    ...Object.entries(state.timers).map(
      ([timerId, { incarnation }]) => ({ kind: 'timer', timerId, incarnation }) as const,
    ),
  ]
  return pending[pick] ?? { kind: 'event', event: { type } }
}

describe('the step is a pure function', () => {
  for (const machine of zoo) {
    test(`${machine.id}: the same from equal inputs, which it leaves alone`, () => {
      const definition = defineAgent({ machine })
      const property = fc.property(fc.array(move, { maxLength: 20 }), (moves) => {
        const at = deepFreeze({ address: { type: machine.id, id: 'x' }, atMs: 10 })
        let stored: StoredState | undefined
        for (const next of [undefined, ...moves]) {
          const event: NeutralEvent =
            stored && next ? eventFor(stored, next) : { kind: 'init', input: { from: 1 } }
          const frozen = deepFreeze(structuredClone({ stored, event }))
          const first = step(definition, frozen.stored, frozen.event, at)
          const second = step(definition, structuredClone(stored), structuredClone(event), at)
          expect(second).toEqual(first)
          expect(JSON.parse(JSON.stringify(first))).toEqual(first)
          expect(frozen).toEqual({ stored, event })
          stored = JSON.parse(JSON.stringify(first.next)) as StoredState
        }
      })
      fc.assert(property, { numRuns: 60 })
    })
  }
})

test('a machine that writes into its context and its event does not reach the arguments', () => {
  const machine = setup({
    types: {} as { context: { list: number[] }; events: { type: 'ADD'; more: number[] } },
  }).createMachine({
    id: 'careless',
    context: { list: [0] },
    on: {
      ADD: {
        actions: assign(({ context, event }) => {
          event.more.push(9)
          context.list.push(...event.more)
          return { list: context.list }
        }),
      },
    },
  })
  // The driver freezes all that it gives to the step.
  const driver = new Driver(defineAgent({ machine })).send({ type: 'ADD', more: [1] })
  expect(driver).toMatchObject({ status: 'active', context: { list: [0, 1, 9] } })
})
