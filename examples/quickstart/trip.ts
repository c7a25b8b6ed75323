import { defineAgent, defineSaga, defineService, defineTool } from 'ashlar'
import * as z from 'zod'

const leg = z.object({ city: z.string() })
const booking = z.object({ ref: z.string() })

const cancelFlight = defineTool({
  name: 'cancel_flight',
  input: booking,
  output: z.object({}),
  effect: 'idempotent',
  execute: () => ({}),
})

const bookFlight = defineTool({
  name: 'book_flight',
  input: leg,
  output: booking,
  effect: 'idempotent',
  execute: ({ city }, { idempotencyKey }) => ({ ref: `${city} ${idempotencyKey}` }),
  // What undoes it, wherever it is a step of a saga.
  compensate: { tool: cancelFlight, input: ({ output }) => output },
})

const bookHotel = defineTool({
  name: 'book_hotel',
  input: leg,
  output: booking,
  effect: 'idempotent',
  retry: { attempts: 1 },
  execute({ city }) {
    if (city === 'Atlantis') throw new Error('no rooms')
    return { ref: `room in ${city}` }
  },
})

// An ordinary XState machine: a state per step, and one per compensation.
const trip = defineSaga({
  id: 'trip',
  version: '1',
  input: leg,
  steps: [
    { id: 'flight', tool: bookFlight, input: ({ input }) => input },
    { id: 'hotel', tool: bookHotel, input: ({ input }) => input },
  ],
})

export const tripAgent = defineAgent({ machine: trip, input: leg })

export default defineService('trips', () => ({
  agents: [tripAgent],
  tools: [bookFlight, cancelFlight, bookHotel],
}))
