import { z } from 'zod'
import type { AirlineView } from '../database.ts'
import { dumps } from '../python-text.ts'
import type { BookedFlight, Reservation } from '../records.ts'
import { Cabin } from '../records.ts'
import { verbatim } from '../verbatim.ts'
import { charge } from './charging.ts'
import type { FlightChoice } from './flight-pricing.ts'
import { priceFlight } from './flight-pricing.ts'
import type { Operation, Outcome } from './operation.ts'
import { failure } from './operation.ts'

const input = verbatim(
  z.object({
    reservation_id: z.string().describe('Id of the reservation, six characters'),
    cabin: Cabin.describe('Cabin of the whole reservation from now on'),
    flights: z
      .array(
        z.object({
          flight_number: z.string(),
          date: z.string().describe('YYYY-MM-DD'),
        }),
      )
      .describe('All flights of the reservation afterwards, the unchanged ones too'),
    payment_id: z.string().describe('Credit or gift card of the profile for the difference'),
  }),
)
export type UpdateReservationFlightsInput = z.infer<typeof input>

/** Replaces the flights of a reservation, its cabin, or both, and settles the difference. */
export const updateReservationFlights: Operation<UpdateReservationFlightsInput> = {
  name: 'update_reservation_flights',
  description: 'Change the flights or the cabin of a reservation; the difference is settled.',
  input,
  kind: 'write',
  run: change,
}

function change(view: AirlineView, order: UpdateReservationFlightsInput): Outcome {
  const current = view.reservation(order.reservation_id)
  if (!current) return failure('reservation not found')
  const people = current.passengers.length
  const flights: BookedFlight[] = []
  for (const choice of order.flights) {
    const flight =
      keptFlight(current, order.cabin, choice) ?? priceFlight(view, choice, order.cabin, people)
    if (typeof flight === 'string') return failure(flight)
    flights.push(flight)
  }
  const difference = (fare(flights) - fare(current.flights)) * people
  const charged = charge(view.user(current.user_id), order.payment_id, difference)
  if (typeof charged === 'string') return failure(charged)

  const reservation = structuredClone(current)
  reservation.flights = flights
  // The benchmark's own code forgets the cabin here, so that an upgrade paid for was never given.
  reservation.cabin = order.cabin
  if (difference !== 0) {
    reservation.payment_history.push({ payment_id: order.payment_id, amount: difference })
  }
  return {
    text: dumps(reservation),
    changes: {
      users: charged === view.user(current.user_id) ? {} : { [current.user_id]: charged },
      reservations: { [order.reservation_id]: reservation },
    },
  }
}

function keptFlight<C extends FlightChoice>(
  reservation: Reservation,
  cabin: Cabin,
  choice: C,
): (C & BookedFlight) | undefined {
  if (cabin !== reservation.cabin) return undefined
  const kept = reservation.flights.find(
    (flight) => flight.flight_number === choice.flight_number && flight.date === choice.date,
  )
  if (!kept) return undefined
  const { price, origin, destination } = kept
  return { ...choice, price, origin, destination }
}

function fare(flights: BookedFlight[]): number {
  return flights.reduce((sum, flight) => sum + flight.price, 0)
}
