import type { Cabin } from '../domain/records.ts'
import { numbered, pick } from './choices.ts'
import { showDate } from './dates.ts'
import type { Leg } from './legs.ts'
import type { Notes, Step } from './notes.ts'

/** A flight, or two with a stop, that the customer could take. */
export interface Offer {
  flights: { flight_number: string; date: string; departs: string; arrives: string }[]
  /** Dollars per person. */
  price: number
  seats: number
}

interface Listed {
  flight_number: string
  date?: string
  scheduled_departure_time_est: string
  scheduled_arrival_time_est: string
  available_seats: Record<Cabin, number>
  prices: Record<Cabin, number>
}

export interface OfferQuery {
  leg: Pick<Leg, 'origin' | 'destination'>
  date: string
  cabin: Cabin
  /** Who fly together. */
  people: number
}

const shownMost = 8

/** What can be booked: nonstop flights or, where there are none, those with one stop. */
export function findOffers(notes: Notes, query: OfferQuery): Step<Offer[]> {
  const { origin, destination } = query.leg
  const args = { origin, destination, date: query.date }
  const direct = notes.look('SEARCH', { name: 'search_direct_flight', arguments: args })
  if ('move' in direct) return direct
  const nonstop = readOffers(direct.value, query)
  if (nonstop.length > 0) return { value: nonstop }
  const onestop = notes.look('SEARCH', { name: 'search_onestop_flight', arguments: args })
  return 'move' in onestop ? onestop : { value: readOffers(onestop.value, query) }
}

function readOffers(found: unknown, { cabin, date, people }: OfferQuery): Offer[] {
  const list = Array.isArray(found) ? (found as (Listed | Listed[])[]) : []
  return list
    .map((one) => [one].flat())
    .map((flights) => ({
      flights: flights.map((flight) => ({
        flight_number: flight.flight_number,
        date: flight.date ?? date,
        departs: flight.scheduled_departure_time_est,
        arrives: flight.scheduled_arrival_time_est,
      })),
      price: flights.reduce((sum, { prices }) => sum + prices[cabin], 0),
      seats: Math.min(...flights.map(({ available_seats }) => available_seats[cabin])),
    }))
    .filter(({ seats }) => seats >= people)
    .toSorted((a, b) => a.flights[0]!.departs.localeCompare(b.flights[0]!.departs))
    .slice(0, shownMost)
}

/** How a list of offers begins; the customer's choice is looked for after it. */
export function offersHeading({ leg, date, cabin }: OfferQuery): string {
  const route = `${leg.origin} to ${leg.destination}`
  return `Flights from ${route} on ${showDate(date)} in ${cabin.replace('_', ' ')}:`
}

export function listOffers(query: OfferQuery, offers: readonly Offer[]): string {
  return `${offersHeading(query)}\n${numbered(offers.map(offerText))}`
}

/** The offer that the customer wants: the only one, one that was named, or the best in some way. */
export function chooseOffer(
  notes: Notes,
  query: OfferQuery,
  offers: readonly Offer[],
): Offer | undefined {
  if (offers.length === 1) return offers[0]
  const reply = notes.replyTo(offersHeading(query)) ?? ''
  const text = `${reply}\n${notes.said}`.toUpperCase()
  const named = offers.filter(({ flights }) =>
    flights.every(({ flight_number }) => text.includes(flight_number)),
  )
  if (named.length === 1) return named[0]
  return best(offers, reply) ?? pick(offers, reply) ?? best(offers, notes.said)
}

function best(offers: readonly Offer[], text: string): Offer | undefined {
  if (/\bcheap|\blowest (?:price|fare|cost)/i.test(text)) {
    return offers.toSorted((a, b) => a.price - b.price)[0]
  }
  // They are sorted by departure.
  if (/\bearliest\b/i.test(text)) return offers[0]
  return /\blatest\b/i.test(text) ? offers.at(-1) : undefined
}

function offerText({ flights, price }: Offer): string {
  const times = flights.map(
    ({ flight_number, departs, arrives }) =>
      `${flight_number} ${departs.slice(0, 5)}–${arrives.replace(/^(\d\d:\d\d):\d\d/, '$1')}`,
  )
  return `${times.join(', then ')}, $${price} per person`
}
