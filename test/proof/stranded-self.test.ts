import fc from 'fast-check'
import type { AnyStateMachine } from 'xstate'
import { describe, expect, test } from 'vitest'
import { deskAgent } from '../../examples/airline-desk/desk.ts'
import { approvalAgent, paymentAgent } from '../../examples/quickstart/approval.ts'
import { refundAgent } from '../../examples/quickstart/refunds.ts'
import { tripAgent } from '../../examples/quickstart/trip.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { step } from '../../src/actors/step.ts'
import type { NeutralEvent } from '../../src/contracts/event.ts'
import type { StoredState } from '../../src/contracts/state.ts'
import { reachableStates } from '../../src/proof/reachable.ts'
import { ProbeInputs } from '../../src/proof/strand-inputs.ts'
import { VersionJudge } from '../../src/proof/stranded.ts'
import { zoo } from '../actors/zoo.ts'

const effect = { name: 'pay_out', arguments: { order: 'A1', cents: 20_000 } }
const inputs: Readonly<Record<string, unknown>> = {
  refund: { order: 'A1', cents: 500 },
  payment: { order: 'A1', cents: 20_000 },
  'payment-approval': { effect, summary: 'Pay', requestedBy: 'payment agent' },
  trip: { city: 'Oslo' },
}
const agents: AgentDefinition[] = [refundAgent, paymentAgent, approvalAgent, tripAgent, deskAgent]
const animals = Object.values(zoo as unknown as Record<string, AnyStateMachine>).map((machine) =>
  defineAgent({ machine }),
)

/** The same chart as the next version, so that it is judged at all. */
const raised = (one: AgentDefinition): AgentDefinition => ({ ...one, version: `${one.version}+` })

const kindsOf = (judge: VersionJudge, state: StoredState, isAssumed = false): string[] =>
  judge
    .judge(JSON.parse(JSON.stringify(state)) as StoredState, isAssumed)
    .map(({ kind, path, about, message }) => `${kind} ${path} ${about}: ${message}`)
    .filter((text) => !text.startsWith('other-version'))

describe('a chart against itself', () => {
  test.each(agents.map((one) => [one.id, one] as const))(
    'strands nobody in any state that %s can reach',
    (id, one) => {
      const given = id in inputs ? { inputs: [inputs[id]] } : {}
      const { states } = reachableStates(one, { statesMax: 400, ...given })
      expect(states.length).toBeGreaterThan(1)
      for (const known of [undefined, one]) {
        const judge = new VersionJudge(raised(one), known)
        for (const { where, state, isAssumed } of states) {
          expect(kindsOf(judge, state, isAssumed), where).toEqual([])
        }
      }
    },
  )

  test.each([...agents, ...animals].map((one) => [one.id, one] as const))(
    'nor wherever chance leads %s',
    (id, one) => {
      const judge = new VersionJudge(raised(one))
      const probes = new ProbeInputs(one)
      const types = typesOf(one)
      const address = { type: id, id: 'one' }
      const input = inputs[id] ?? { branch: 'one' }
      const start = step(one, undefined, { kind: 'init', input }, { address, atMs: 0 }).next
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 30 }), (choices) => {
          let state = start
          for (const choice of choices) {
            const possible = [
              ...probes.of(state).map(({ event }) => event),
              ...types,
              ...ends(state),
            ]
            const event = possible[choice % Math.max(1, possible.length)]
            if (event) state = step(one, state, event, { address, atMs: 0 }).next
            if (state.snapshot.status !== 'active') return
          }
          expect(kindsOf(judge, state)).toEqual([])
        }),
        { numRuns: 200, seed: 7 },
      )
    },
  )
})

/** Events without a schema, by their type alone. */
function typesOf({ machine }: AgentDefinition): NeutralEvent[] {
  const types = machine.events.filter((type) => !type.startsWith('xstate.') && !type.includes('*'))
  return types.map((type) => ({ kind: 'event', event: { type } }))
}

/** Of children whose output nobody declares. */
function ends({ children }: StoredState): NeutralEvent[] {
  return Object.entries(children).flatMap(([childId, { incarnation, child, settled }]) =>
    !settled && (child === 'promise' || child === 'agent')
      ? [{ kind: 'done', childId, incarnation, output: 1 }]
      : [],
  )
}
