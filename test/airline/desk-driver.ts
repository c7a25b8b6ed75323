import type { DeskContext } from '../../examples/airline-desk/desk-context.ts'
import { deskMachine } from '../../examples/airline-desk/desk-machine.ts'
import { noChanges } from '../../examples/airline-desk/domain/database.ts'
import { loadAirlineData } from '../../examples/airline-desk/domain/load.ts'
import { gatherFacts } from '../../examples/airline-desk/domain/policy/index.ts'
import type { Driver } from '../machines/driver.ts'
import { begin, walkOf } from '../machines/driver.ts'

export const walk = walkOf(deskMachine)
export const data = await loadAirlineData('examples/airline-desk/data')
export const customer = 'otto_brand_2202'
/** A business trip: may always be cancelled. */
export const cancel = { name: 'cancel_reservation', arguments: { reservation_id: 'T9QRW4' } }
export const refund = [{ payment_id: 'credit_card_2202001', amount: -1788 }]
export const failure = { name: 'ToolFailure', kind: 'failed', message: 'the store is down' }
export const rejection = {
  name: 'ToolFailure',
  kind: 'rejected',
  message: 'seats: expected a number',
}

export function listening(): Driver {
  return begin(walk, { branch: 'b', recording: null })
}

export function hear(driver: Driver, text: string): Driver {
  return driver.send({ type: 'CUSTOMER', text, turn: contextOf(driver).turn + 1 })
}

export function understanding(said = `I am ${customer}. Please cancel T9QRW4.`): Driver {
  const driver = hear(listening(), said).done('identifyCustomer', { userId: customer })
  return driver.done('recall', [])
}

export function choose(driver: Driver, move: object): Driver {
  return driver.done('nextMove', move)
}

export function propose(driver: Driver, act = cancel): Driver {
  choose(driver, { type: 'PROPOSE', ...act })
  const facts = gatherFacts(data, noChanges(), act, contextOf(driver).customerSaid)
  return driver.done('gatherFacts', facts)
}

export function confirming(): Driver {
  return propose(understanding())
}

export function answer(driver: Driver, text: string): Driver {
  return driver.send({ type: 'ANSWER', text, number: contextOf(driver).confirmation!.number })
}

/** The customer agrees, and the facts are as they were. */
export function agree(driver: Driver): Driver {
  const { facts } = contextOf(driver)
  return answer(driver, 'Yes, please.').done('gatherFacts', facts)
}

export function contextOf(driver: Driver): DeskContext {
  return driver.context as unknown as DeskContext
}

export function transferring(summary: string): Driver {
  const said = `I am ${customer}. I want to speak to somebody who can help.`
  return choose(understanding(said), { type: 'TRANSFER', summary })
}

/** What each of the writes takes, or more. */
export const anyArguments = {
  reservation_id: 'K7PLM2',
  origin: 'DEN',
  destination: 'SEA',
  flight_type: 'one_way',
  cabin: 'economy',
  flights: [],
  passengers: [],
  payment_methods: [],
  payment_id: 'credit_card_1101001',
  total_baggages: 0,
  nonfree_baggages: 0,
  insurance: 'no',
  amount: 50,
}

export function pick(act: { arguments: object }): { arguments: object } {
  return { arguments: act.arguments }
}
