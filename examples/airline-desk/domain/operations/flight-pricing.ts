import type { AirlineView } from '../database.ts'
import type { BookedFlight, Cabin } from '../records.ts'

/** A flight on a date, as a tool call names it. */
export interface FlightChoice {
  flight_number: string
  date: string
}

/** The chosen flight with today's price for the cabin, or why it cannot be booked. */
export function priceFlight<C extends FlightChoice>(
  view: AirlineView,
  choice: C,
  cabin: Cabin,
  seats: number,
): (C & BookedFlight) | string {
  const { flight_number, date } = choice
  const flight = view.flight(flight_number)
  if (!flight) return `flight ${flight_number} not found`
  const day = Object.hasOwn(flight.dates, date) ? flight.dates[date] : undefined
  if (!day) return `flight ${flight_number} not found on date ${date}`
  if (day.status !== 'available') return `flight ${flight_number} not available on date ${date}`
  if (day.available_seats[cabin] < seats) return `not enough seats on flight ${flight_number}`
  return {
    ...choice,
    price: day.prices[cabin],
    origin: flight.origin,
    destination: flight.destination,
  }
}
