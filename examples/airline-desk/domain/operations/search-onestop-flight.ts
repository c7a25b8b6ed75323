import { z } from 'zod'
import { dumps } from '../python-text.ts'
import type { Flight } from '../records.ts'
import { verbatim } from '../verbatim.ts'
import type { Operation } from './operation.ts'
import { answer, failure } from './operation.ts'
import { dayOf, listing } from './search-direct-flight.ts'

const input = verbatim(
  z.object({
    origin: z.string().describe('Airport code of departure'),
    destination: z.string().describe('Airport code of arrival'),
    date: z.string().describe('Date of the first departure as YYYY-MM-DD'),
  }),
)
export type SearchOnestopFlightInput = z.infer<typeof input>

/** Lists the bookable connections with one stop between two airports on a date. */
export const searchOnestopFlight: Operation<SearchOnestopFlightInput> = {
  name: 'search_onestop_flight',
  description: 'List connections with one stop that can be booked between two airports.',
  input,
  kind: 'read',
  run(view, { origin, destination, date }) {
    const flights = [...view.flights()]
    const found: object[] = []
    for (const first of flights.filter((flight) => flight.origin === origin)) {
      const seconds = flights.filter(
        (flight) => flight.destination === destination && flight.origin === first.destination,
      )
      for (const second of seconds) {
        const date2 = connectionDate(first, date)
        if (first.scheduled_arrival_time_est > second.scheduled_departure_time_est) continue
        const day1 = dayOf(first, date)
        if (day1?.status !== 'available' || dayOf(second, date2)?.status !== 'available') continue
        // The benchmark shows the second flight's seats of the first date, also overnight.
        const shown = dayOf(second, date)
        if (!shown) return failure(`'${date}'`)
        found.push([
          { ...listing(first, day1), date },
          { ...listing(second, shown), date: date2 },
        ])
      }
    }
    return answer(dumps(found))
  },
}

function connectionDate(first: Flight, date: string): string {
  const overnight = first.scheduled_arrival_time_est.includes('+1')
  return overnight ? `2024-05-${Number(date.slice(-2)) + 1}` : date
}
