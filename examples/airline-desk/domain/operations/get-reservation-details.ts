import { z } from 'zod'
import { dumps } from '../python-text.ts'
import { verbatim } from '../verbatim.ts'
import type { Operation } from './operation.ts'
import { answer, failure } from './operation.ts'

const input = verbatim(
  z.object({ reservation_id: z.string().describe('Id of the reservation, six characters') }),
)
export type GetReservationDetailsInput = z.infer<typeof input>

/** Looks up a reservation. */
export const getReservationDetails: Operation<GetReservationDetailsInput> = {
  name: 'get_reservation_details',
  description: 'Look up a reservation: flights, passengers, payments, bags and insurance.',
  input,
  kind: 'read',
  run(view, { reservation_id }) {
    const reservation = view.reservation(reservation_id)
    // The benchmark says "user" here too, and its results are compared word for word.
    return reservation ? answer(dumps(reservation)) : failure('user not found')
  },
}
