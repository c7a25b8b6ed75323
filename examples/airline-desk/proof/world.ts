import type {
  AgentDefinition,
  DecisionModel,
  DefinedWorld,
  Outsider,
  ToolModel,
} from 'ashlar/proof'
import { defineWorld } from 'ashlar/proof'
import type { Move, ToolInput } from '../contracts.ts'
import { moveOf } from '../contracts.ts'
import { deskAgent } from '../desk.ts'
import type { DeskContext } from '../desk-context.ts'
import type { AirlineData, Changes } from '../domain/database.ts'
import { mergeChanges, noChanges, overlay } from '../domain/database.ts'
import type { Operation } from '../domain/operations/index.ts'
import { operations } from '../domain/operations/index.ts'
import { NEW_CERTIFICATES } from '../domain/operations/send-certificate.ts'
import type { Proposal } from '../domain/policy/index.ts'
import { gatherFacts, identifyCustomer } from '../domain/policy/index.ts'
import { abstractChanges, deskAbstraction } from './abstraction.ts'
import { representatives } from './acts.ts'
import { customer, smallAirline, soon } from './data.ts'
import { malformed, noWrite } from './misuse.ts'
import { deskProperties } from './properties.ts'
import { answers, messages } from './speech.ts'

const branch = 'proof'

/** The tools of the desk with what they really do, on the records of a small airline. */
function toolModels(data: AirlineData): Record<string, ToolModel<Changes>> {
  const models = operations.map((operation) => [operation.name, modelOf(operation, data)])
  return {
    ...(Object.fromEntries(models) as Record<string, ToolModel<Changes>>),
    identify_customer: {
      execute: ({ outside, input }) => {
        const { customerSaid } = input as { customerSaid: string[] }
        return [{ output: { userId: identifyCustomer(overlay(data, outside), customerSaid) } }]
      },
    },
    gather_facts: {
      execute: ({ outside, input }) => {
        const { proposal, customerSaid } = input as { proposal: Proposal; customerSaid: string[] }
        return [{ output: gatherFacts(data, outside, proposal, customerSaid) }]
      },
    },
  }
}

/** The airline's own system may turn down whatever it is asked to write. */
const notNow = 'Error: not now'

function modelOf(operation: Operation<unknown>, data: AirlineData): ToolModel<Changes> {
  return {
    execute: ({ outside, input }) => {
      const { arguments: args } = input as ToolInput
      const { text, changes } = operation.run(overlay(data, outside), args)
      if (operation.kind === 'read') return [{ output: text }]
      return [{ output: text, outside: mergeChanges(outside, changes) }, { output: notNow }]
    },
  }
}

const lookUps: Readonly<Record<string, Record<string, unknown>>> = {
  get_user_details: { user_id: customer },
  get_reservation_details: { reservation_id: 'PLAIN0' },
  search_direct_flight: { origin: 'JFK', destination: 'LAX', date: soon },
  search_onestop_flight: { origin: 'JFK', destination: 'SEA', date: soon },
  list_all_airports: {},
  calculate: { expression: '2 * 3' },
  think: { thought: 'Hm.' },
}

/** Every move that the model may make, and one that no tool takes. */
const moves: readonly Move[] = [
  { type: 'REPLY', text: 'How can I help?' },
  { type: 'TRANSFER', summary: 'I cannot go on.' },
  ...Object.entries(lookUps).map(([name, args]) => moveOf({ name, arguments: args })),
  ...representatives.map(({ act }) => moveOf(act)),
  moveOf(malformed),
  { type: 'PROPOSE', ...noWrite },
  { type: 'LOOK_UP', name: 'cancel_reservation', arguments: { reservation_id: 'PLAIN0' } },
  { type: 'SEARCH', ...noWrite },
]

const anyMove: DecisionModel<Changes> = () => moves

const talks: Outsider = {
  name: 'customer',
  to: 'airline-desk/proof',
  events: ({ snapshot }) => {
    const { turn, confirmation, customerSaid } = snapshot.context as unknown as DeskContext
    const leave = { event: { type: 'LEAVE' }, isExpected: true }
    if (snapshot.value === 'confirming') {
      const { number } = confirmation!
      return [
        leave,
        ...Object.values(answers).map((text) => ({
          event: { type: 'ANSWER', text, number },
          isExpected: true,
        })),
        { event: { type: 'ANSWER', text: answers.yes, number: number - 1 } },
      ]
    }
    if (snapshot.value !== 'listening') return []
    const [first] = customerSaid
    return [
      leave,
      // What was said before, and comes late.
      ...(first === undefined ? [] : [{ event: { type: 'CUSTOMER', text: first, turn } }]),
      ...Object.values(messages).map((text) => ({
        event: { type: 'CUSTOMER', text, turn: turn + 1 },
        isExpected: true,
      })),
    ]
  },
}

/** What a conversation does beyond is like what it did before. */
const writesMost = 2

/** How many writes there have been, by what is not as it was. */
function countWrites(data: AirlineData, { users, reservations }: Changes): number {
  const changed = Object.entries(reservations).map(([id, now]) => {
    const old = data.reservations[id]
    if (!old) return 1
    const members = ['flights', 'total_baggages', 'passengers', 'status'] as const
    return members.filter((name) => JSON.stringify(now[name]) !== JSON.stringify(old[name])).length
  })
  const given = Object.values(users).flatMap(({ payment_methods }) =>
    NEW_CERTIFICATES.filter((id) => Object.hasOwn(payment_methods, id)),
  )
  return changed.reduce((sum, count) => sum + count, given.length)
}

/** The whole desk with one customer. */
export function deskWorld(
  options: { agent?: AgentDefinition; moves?: readonly Move[]; name?: string } = {},
): DefinedWorld<Changes> {
  const { agent = deskAgent as AgentDefinition, moves: chosen, name = 'airline desk' } = options
  return defineWorld({
    name,
    agents: [{ definition: agent, id: 'proof', input: { branch } }],
    outside: noChanges(),
    tools: toolModels(smallAirline),
    decisions: { next_move: chosen ? () => chosen : anyMove },
    outsiders: [talks],
    abstractions: { [agent.id]: deskAbstraction },
    abstractOutside: abstractChanges,
    bounds: { crashes: 1, duplicates: 1 },
    within: ({ outside }) => countWrites(smallAirline, outside) < writesMost,
    properties: deskProperties(smallAirline),
  })
}

export { moves as deskMoves }
export { survivors } from './survivors.ts'
export default deskWorld()
