import type { BookedFlight, Reservation } from '../domain/records.ts'
import { datesIn, plusDays, shiftIn } from './dates.ts'
import { mentions } from './finding.ts'

/** One way of a trip: its flights in one direction. */
export interface Leg {
  name: 'outbound' | 'return'
  origin: string
  destination: string
  date: string
  flights: BookedFlight[]
}

/** The way there and, of a round trip, the way back. */
export function legsOf({ flights, flight_type, origin, destination }: Reservation): Leg[] {
  const turn = flights.findIndex((flight) => flight.destination === destination) + 1
  const isRound = flight_type === 'round_trip' && turn > 0 && turn < flights.length
  const there = isRound ? flights.slice(0, turn) : flights
  const date = there[0]?.date ?? ''
  const outbound: Leg = { name: 'outbound', origin, destination, date, flights: there }
  if (!isRound) return [outbound]
  const back = flights.slice(turn)
  const home = { origin: destination, destination: origin, date: back[0]!.date }
  return [outbound, { name: 'return', ...home, flights: back }]
}

const back = /\b(?:return|back|home|inbound|second leg)\b/i
const there =
  /\b(?:outbound|outgoing|departure|departing|going (?:there|out)|way there|first leg|leave|leaving)\b/i
const all = /\b(?:both|all|entire|whole|everything|each)\b/i

/** The legs that the customer wants to change; none when that is not clear. */
export function legsMeant(
  legs: readonly Leg[],
  said: string,
  cities: Readonly<Record<string, string>>,
): readonly Leg[] {
  const [outbound, home] = legs
  if (!outbound || !home) return legs
  if (all.test(said)) return legs
  const [isBack, isThere] = [back.test(said), there.test(said)]
  if (isBack && isThere) return legs
  if (isBack) return [home]
  if (isThere) return [outbound]
  const named = legs.filter(
    (leg) =>
      leg.flights.some(({ flight_number }) => said.toUpperCase().includes(flight_number)) ||
      datesIn(said, leg.date).includes(leg.date) ||
      leaves(leg, said, cities),
  )
  return named.length === 1 ? named : []
}

function leaves(leg: Leg, said: string, cities: Readonly<Record<string, string>>): boolean {
  const parts = said.split(/\b(?=from |to )/i)
  return parts.some(
    (part) =>
      (/^from /i.test(part) && mentions(part, leg.origin, cities)) ||
      (/^to /i.test(part) && mentions(part, leg.destination, cities)),
  )
}

/**
 * The new day of a leg, if the customer has named one: a date that is not the one of today's
 * booking, a distance from that, or the same day for another flight.
 */
export function newDate(leg: Leg, legs: readonly Leg[], said: string): string | undefined {
  const booked = new Set(legs.map(({ date }) => date))
  const dates = datesIn(said, leg.date).filter((date) => !booked.has(date))
  const order = legs.indexOf(leg)
  // Two new dates for two legs come in the order of the trip; else the last word counts.
  const date = legs.length > 1 && dates.length === legs.length ? dates[order] : dates.at(-1)
  if (date !== undefined) return date
  const shift = shiftIn(said)
  if (shift !== 0) return plusDays(leg.date, shift)
  const sameDay = /\bsame (?:day|date)\b|\b(?:earlier|later|different|another|other) flight\b/i
  return sameDay.test(said) ? leg.date : undefined
}
