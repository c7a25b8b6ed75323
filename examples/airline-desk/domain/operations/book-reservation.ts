import { z } from 'zod'
import { NOW } from '../clock.ts'
import type { AirlineView } from '../database.ts'
import { dumps } from '../python-text.ts'
import type { BookedFlight, Reservation, User } from '../records.ts'
import { Cabin, FlightType, Passenger, Payment } from '../records.ts'
import { verbatim } from '../verbatim.ts'
import { priceFlight } from './flight-pricing.ts'
import type { Operation, Outcome } from './operation.ts'
import { failure } from './operation.ts'

const NEW_IDS = ['HATHAT', 'HATHAU', 'HATHAV'] as const
const INSURANCE_PER_PASSENGER = 30
const EXTRA_BAG = 50

const input = verbatim(
  z.object({
    user_id: z.string().describe('User id of the customer who books'),
    origin: z.string().describe('Airport code where the trip begins'),
    destination: z.string().describe('Airport code where the trip leads'),
    flight_type: FlightType,
    cabin: Cabin.describe('Cabin for all flights and passengers'),
    flights: z
      .array(
        z.object({
          flight_number: z.string(),
          date: z.string().describe('YYYY-MM-DD'),
        }),
      )
      .describe('Every flight of the trip in the order in which it is flown'),
    passengers: z.array(Passenger).describe('Everyone who flies; dob as YYYY-MM-DD'),
    payment_methods: z
      .array(Payment)
      .describe('Payment methods of the profile with the amount that each one pays'),
    total_baggages: z.number().int().nonnegative().describe('Checked bags in all'),
    nonfree_baggages: z.number().int().nonnegative().describe('Those of them to be paid for'),
    insurance: z.enum(['yes', 'no']).describe('Whether travel insurance is bought'),
  }),
)
export type BookReservationInput = z.infer<typeof input>

/** Books a trip and takes the payment. */
export const bookReservation: Operation<BookReservationInput> = {
  name: 'book_reservation',
  description: 'Book flights for one or more passengers and charge the given payment methods.',
  input,
  kind: 'write',
  run: book,
}

function book(view: AirlineView, order: BookReservationInput): Outcome {
  const user = view.user(order.user_id)
  if (!user) return failure('user not found')
  const flights: BookedFlight[] = []
  for (const choice of order.flights) {
    const flight = priceFlight(view, choice, order.cabin, order.passengers.length)
    if (typeof flight === 'string') return failure(flight)
    flights.push(flight)
  }
  const problem = paymentProblem(user, order, totalPrice(order, flights))
  if (problem) return failure(problem)
  const paid = takePayment(structuredClone(user), order.payment_methods)
  if (typeof paid === 'string') return failure(paid)

  const id = freeId(view)
  paid.reservations.push(id)
  const reservation = newReservation(id, order, flights)
  return {
    text: dumps(reservation),
    changes: { users: { [order.user_id]: paid }, reservations: { [id]: reservation } },
  }
}

// The benchmark assumes at most three bookings in a conversation; a fourth overwrites the third.
function freeId(view: AirlineView): string {
  return NEW_IDS.find((id) => !view.reservation(id)) ?? NEW_IDS[2]
}

function totalPrice(order: BookReservationInput, flights: BookedFlight[]): number {
  const people = order.passengers.length
  const fares = flights.reduce((sum, flight) => sum + flight.price * people, 0)
  const insurance = order.insurance === 'yes' ? INSURANCE_PER_PASSENGER * people : 0
  return fares + insurance + EXTRA_BAG * order.nonfree_baggages
}

function paymentProblem(
  user: User,
  order: BookReservationInput,
  total: number,
): string | undefined {
  for (const { payment_id, amount } of order.payment_methods) {
    const method = user.payment_methods[payment_id]
    if (!method) return `payment method ${payment_id} not found`
    if (method.source !== 'credit_card' && method.amount < amount) {
      return `not enough balance in payment method ${payment_id}`
    }
  }
  const paid = order.payment_methods.reduce((sum, payment) => sum + payment.amount, 0)
  if (paid === total) return undefined
  return `payment amount does not add up, total price is ${total}, but paid ${paid}`
}

function takePayment(user: User, payments: Payment[]): User | string {
  for (const { payment_id, amount } of payments) {
    const method = user.payment_methods[payment_id]
    if (!method) return `'${payment_id}'`
    if (method.source === 'gift_card') method.amount -= amount
    if (method.source === 'certificate') delete user.payment_methods[payment_id]
  }
  return user
}

function newReservation(
  id: string,
  order: BookReservationInput,
  flights: BookedFlight[],
): Reservation {
  return {
    reservation_id: id,
    user_id: order.user_id,
    origin: order.origin,
    destination: order.destination,
    flight_type: order.flight_type,
    cabin: order.cabin,
    flights,
    passengers: structuredClone(order.passengers),
    payment_history: structuredClone(order.payment_methods),
    created_at: NOW,
    total_baggages: order.total_baggages,
    nonfree_baggages: order.nonfree_baggages,
    insurance: order.insurance,
  }
}
