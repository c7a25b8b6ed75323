import { z } from 'zod'
import { dumps } from '../python-text.ts'
import type { Flight, FlightDay } from '../records.ts'
import { verbatim } from '../verbatim.ts'
import type { Operation } from './operation.ts'
import { answer } from './operation.ts'

const input = verbatim(
  z.object({
    origin: z.string().describe('Airport code of departure'),
    destination: z.string().describe('Airport code of arrival'),
    date: z.string().describe('Date of departure as YYYY-MM-DD'),
  }),
)
export type SearchDirectFlightInput = z.infer<typeof input>

/** Lists the bookable nonstop flights between two airports on a date. */
export const searchDirectFlight: Operation<SearchDirectFlightInput> = {
  name: 'search_direct_flight',
  description: 'List nonstop flights that can be booked between two airports on a date.',
  input,
  kind: 'read',
  run(view, { origin, destination, date }) {
    const found: object[] = []
    for (const flight of view.flights()) {
      if (flight.origin !== origin || flight.destination !== destination) continue
      const day = dayOf(flight, date)
      if (day?.status === 'available') found.push(listing(flight, day))
    }
    return answer(dumps(found))
  },
}

/** What is known of a flight on a date, if anything. */
export function dayOf(flight: Flight, date: string): FlightDay | undefined {
  return Object.hasOwn(flight.dates, date) ? flight.dates[date] : undefined
}

/** A flight as a search shows it: one day of it instead of all. */
export function listing(flight: Flight, day: FlightDay): Record<string, unknown> {
  const { dates: _, ...schedule } = flight
  return { ...schedule, ...day }
}
