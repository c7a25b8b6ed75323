import { z } from 'zod'
import { dumps } from '../python-text.ts'
import { Passenger } from '../records.ts'
import { verbatim } from '../verbatim.ts'
import type { Operation } from './operation.ts'
import { failure } from './operation.ts'

const input = verbatim(
  z.object({
    reservation_id: z.string().describe('Id of the reservation, six characters'),
    passengers: z.array(Passenger).describe('All passengers afterwards; dob as YYYY-MM-DD'),
  }),
)
export type UpdatePassengersInput = z.infer<typeof input>

/** Replaces the passengers of a reservation by as many others. */
export const updateReservationPassengers: Operation<UpdatePassengersInput> = {
  name: 'update_reservation_passengers',
  description: 'Correct or replace the passengers of a reservation; their number stays.',
  input,
  kind: 'write',
  run(view, order) {
    const current = view.reservation(order.reservation_id)
    if (!current) return failure('reservation not found')
    if (order.passengers.length !== current.passengers.length) {
      return failure('number of passengers does not match')
    }
    const reservation = structuredClone(current)
    reservation.passengers = structuredClone(order.passengers)
    return {
      text: dumps(reservation),
      changes: { users: {}, reservations: { [order.reservation_id]: reservation } },
    }
  },
}
