import type { UpdateReservationFlightsInput } from '../operations/update-reservation-flights.ts'
import type { Reservation } from '../records.ts'
import { mixesCabins } from './booking.ts'
import { isFlown } from './cancelling.ts'
import type { Facts, Route } from './facts.ts'
import { insuranceLate, reservationRules } from './ownership.ts'
import { changePaymentRules } from './paying.ts'
import type { Rule } from './rule.ts'

/** Basic economy flights stay as booked; only their cabin can change. */
export function flightsBasicEconomy(
  args: UpdateReservationFlightsInput,
  facts: Facts,
): string | null {
  const { reservation } = facts
  if (reservation?.cabin !== 'basic_economy') return null
  if (sameFlights(args.flights, reservation.flights)) return null
  return 'The flights of a basic economy reservation cannot be changed, only its cabin.'
}

/** What was flown stays: to replace it would pay a used flight back. */
export function flightsAlreadyFlown(
  args: UpdateReservationFlightsInput,
  facts: Facts,
): string | null {
  const replaced = facts.segments.find(
    (segment) =>
      isFlown(segment) &&
      !args.flights.some(
        ({ flight_number, date }) =>
          flight_number === segment.flight_number && date === segment.date,
      ),
  )
  if (!replaced) return null
  const { flight_number, date } = replaced
  return `Flight ${flight_number} on ${date} is already used and cannot be replaced.`
}

/** Origin and destination stay, and the flights have to connect. */
export function flightsRouteChange(
  args: UpdateReservationFlightsInput,
  facts: Facts,
): string | null {
  const { reservation } = facts
  if (!reservation || shapeOf(args, facts, reservation) !== 'other-route') return null
  const { origin, destination } = reservation
  return `The flights have to keep leading from ${origin} to ${destination} without a gap.`
}

/** A round trip stays one, and so does a one-way trip. */
export function flightsTripTypeChange(
  args: UpdateReservationFlightsInput,
  facts: Facts,
): string | null {
  const { reservation } = facts
  if (!reservation) return null
  const shape = shapeOf(args, facts, reservation)
  if (shape !== 'one_way' && shape !== 'round_trip') return null
  if (shape === reservation.flight_type) return null
  const [is, would] = shape === 'one_way' ? ['a round', 'a one-way'] : ['a one-way', 'a round']
  return `The reservation is ${is} trip and would become ${would} trip.`
}

/** The cabin changes for all flights or for none. */
export function cabinMixed(args: UpdateReservationFlightsInput, _facts: Facts): string | null {
  return mixesCabins(args) ? 'All flights of a reservation have the same cabin.' : null
}

/** The rules for changing flights or the cabin. */
export const changingFlightsRules: readonly Rule<UpdateReservationFlightsInput>[] = [
  ...reservationRules,
  { id: 'insurance-late', breach: insuranceLate },
  { id: 'flights-basic-economy', breach: flightsBasicEconomy },
  { id: 'flights-already-flown', breach: flightsAlreadyFlown },
  { id: 'flights-route-change', breach: flightsRouteChange },
  { id: 'flights-trip-type-change', breach: flightsTripTypeChange },
  { id: 'cabin-mixed', breach: cabinMixed },
  ...changePaymentRules,
]

type Shape = 'one_way' | 'round_trip' | 'other-route' | 'unknown'

function shapeOf(
  args: UpdateReservationFlightsInput,
  facts: Facts,
  reservation: Reservation,
): Shape {
  const chain: Route[] = []
  for (const { flight_number } of args.flights) {
    const route = facts.flightRoutes[flight_number]
    // The tool itself turns an unknown flight down, so nothing is written.
    if (!route) return 'unknown'
    chain.push(route)
  }
  const { origin, destination } = reservation
  if (!connects(chain) || chain[0]?.origin !== origin) return 'other-route'
  const end = chain.at(-1)?.destination
  // A trip that leads back to its own origin looks the same either way.
  if (origin === destination && end === origin) return reservation.flight_type
  if (end === destination) return 'one_way'
  const reached = chain.some((route) => route.destination === destination)
  return reached && end === origin ? 'round_trip' : 'other-route'
}

function connects(chain: Route[]): boolean {
  return chain.every((route, index) => {
    const next = chain[index + 1]
    return !next || next.origin === route.destination
  })
}

function sameFlights(
  one: { flight_number: string; date: string }[],
  other: { flight_number: string; date: string }[],
): boolean {
  const names = (flights: typeof one): string =>
    flights
      .map(({ flight_number, date }) => `${flight_number}@${date}`)
      .toSorted()
      .join()
  return names(one) === names(other)
}
