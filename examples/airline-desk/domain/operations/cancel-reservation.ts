import { z } from 'zod'
import { dumps } from '../python-text.ts'
import { verbatim } from '../verbatim.ts'
import type { Operation } from './operation.ts'
import { failure } from './operation.ts'

const input = verbatim(
  z.object({ reservation_id: z.string().describe('Id of the reservation, six characters') }),
)
export type CancelReservationInput = z.infer<typeof input>

/** Cancels a whole reservation and gives every payment back to where it came from. */
export const cancelReservation: Operation<CancelReservationInput> = {
  name: 'cancel_reservation',
  description: 'Cancel a reservation with all its flights and refund what was paid for it.',
  input,
  kind: 'write',
  run(view, { reservation_id }) {
    const current = view.reservation(reservation_id)
    if (!current) return failure('reservation not found')
    const reservation = structuredClone(current)
    const refunds = reservation.payment_history.map(({ payment_id, amount }) => ({
      payment_id,
      amount: 0 - amount,
    }))
    reservation.payment_history.push(...refunds)
    reservation.status = 'cancelled'
    return {
      text: dumps(reservation),
      changes: { users: {}, reservations: { [reservation_id]: reservation } },
    }
  },
}
