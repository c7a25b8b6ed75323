import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { step } from '../../src/actors/step.ts'
import type { NeutralEvent } from '../../src/contracts/event.ts'
import type { StoredState } from '../../src/contracts/state.ts'
import { agent, problems, send, stored } from './version-pairs.ts'

const names = ['a', 'b', 'c'] as const
const at = { address: { type: 'm', id: 'one' }, atMs: 0 }

/** Charts of three states that any of some events, timers and calls leads out of. */
const charts = fc
  .tuple(...names.map((_, own) => stateOf(names.filter((__, other) => other !== own))))
  .map((states) => ({
    initial: 'a',
    states: Object.fromEntries(states.map((state, index) => [names[index]!, state])),
  }))

function stateOf(others: readonly string[]): fc.Arbitrary<object> {
  const target = fc.constantFrom(...others)
  const timers = fc.dictionary(fc.constantFrom('10', '20'), target, { maxKeys: 2 })
  const calls = fc
    .uniqueArray(fc.constantFrom('one', 'two'), { maxLength: 2 })
    .chain((ids) =>
      fc.tuple(
        ...ids.map((id) =>
          fc
            .record({ onDone: target, onError: target })
            .map((ends) => ({ id, src: 'lookUp', ...ends })),
        ),
      ),
    )
  const on = fc.dictionary(fc.constantFrom('X', 'Y'), target, { maxKeys: 2 })
  return fc.record({ on, after: timers, invoke: calls })
}

/** Everything that may come to an instance, whether its chart takes it or not. */
function inputsOf({ children, timers }: StoredState): NeutralEvent[] {
  return [
    send('X'),
    send('Y'),
    ...Object.entries(timers).map(([timerId, { incarnation }]) => ({
      kind: 'timer' as const,
      timerId,
      incarnation,
    })),
    ...Object.entries(children).map(([childId, { incarnation }]) => ({
      kind: 'done' as const,
      childId,
      incarnation,
      output: { found: true },
    })),
  ]
}

function isTaken(chart: AgentDefinition, state: StoredState, event: NeutralEvent): boolean {
  return step(chart, state, event, at).handled
}

test('what is said of two charts is what the pure step does with them', () => {
  const seen = { stuck: 0, orphaned: 0, untaken: 0, notStarted: 0, fine: 0 }
  fc.assert(
    fc.property(charts, charts, fc.array(fc.nat(), { maxLength: 4 }), (one, other, choices) => {
      const [old, next] = [agent(one, { version: '1' }), agent(other, { version: '2' })]
      const events: NeutralEvent[] = []
      for (const choice of choices) {
        const possible = inputsOf(stored(old, ...events))
        events.push(possible[choice % possible.length]!)
      }
      const state = stored(old, ...events)
      const found = problems(old, next, { events })
      const has = (kind: string): string[] =>
        found.flatMap((problem) => (problem.kind === kind ? [problem.about] : []))
      const inputs = inputsOf(state)
      const taken = inputs.filter((event) => isTaken(next, state, event))

      if (has('no-way-out').length > 0) expect(taken).toEqual([])
      const untaken = inputs.filter((event) => !taken.includes(event))
      const children = untaken.flatMap((event) => (event.kind === 'done' ? [event.childId] : []))
      expect(has('child-orphaned').toSorted()).toEqual(children.toSorted())
      const timers = untaken.flatMap((event) => (event.kind === 'timer' ? [event.timerId] : []))
      expect(has('timer-untaken').toSorted()).toEqual(timers.toSorted())
      // Entered anew, the state would start and set what it has not.
      const name = state.snapshot.value as 'a'
      const { invoke, after } = other.states[name] as { invoke: { id: string }[]; after: object }
      const missing = invoke.map(({ id }) => id).filter((id) => !(id in state.children))
      expect(has('invoke-not-started')).toEqual(missing)
      const unset = Object.keys(after).filter(
        (ms) => !(`xstate.after.${ms}.m.${name}` in state.timers),
      )
      expect(has('after-not-set')).toEqual(unset)
      // Nothing strands that something can still move.
      const isStranded = found.some(({ strands }) => strands)
      expect(isStranded).toBe(taken.length === 0)
      seen.stuck += taken.length === 0 ? 1 : 0
      seen.orphaned += children.length
      seen.untaken += timers.length
      seen.notStarted += missing.length
      seen.fine += found.length === 0 ? 1 : 0
    }),
    { numRuns: 1_000, seed: 11 },
  )
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(20)
})
