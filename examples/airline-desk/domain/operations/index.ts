import { bookReservation } from './book-reservation.ts'
import { calculate } from './calculate.ts'
import { cancelReservation } from './cancel-reservation.ts'
import { getReservationDetails } from './get-reservation-details.ts'
import { getUserDetails } from './get-user-details.ts'
import { listAllAirports } from './list-all-airports.ts'
import type { Operation } from './operation.ts'
import { searchDirectFlight } from './search-direct-flight.ts'
import { searchOnestopFlight } from './search-onestop-flight.ts'
import { sendCertificate } from './send-certificate.ts'
import { think } from './think.ts'
import { transferToHumanAgents } from './transfer-to-human-agents.ts'
import { updateReservationBaggages } from './update-reservation-baggages.ts'
import { updateReservationFlights } from './update-reservation-flights.ts'
import { updateReservationPassengers } from './update-reservation-passengers.ts'

export type { Operation, Outcome } from './operation.ts'

/** The fourteen tools of the desk, those that write first. */
export const operations: readonly Operation<unknown>[] = [
  bookReservation,
  cancelReservation,
  updateReservationFlights,
  updateReservationBaggages,
  updateReservationPassengers,
  sendCertificate,
  getUserDetails,
  getReservationDetails,
  searchDirectFlight,
  searchOnestopFlight,
  listAllAirports,
  calculate,
  think,
  transferToHumanAgents,
]

/** The tool of that name, if there is one. */
export function operationNamed(name: string): Operation<unknown> | undefined {
  return operations.find((operation) => operation.name === name)
}
