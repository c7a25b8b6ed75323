import { z } from 'zod'
import { dumps } from '../python-text.ts'
import { verbatim } from '../verbatim.ts'
import { charge } from './charging.ts'
import type { Operation } from './operation.ts'
import { failure } from './operation.ts'

const EXTRA_BAG = 50

const input = verbatim(
  z.object({
    reservation_id: z.string().describe('Id of the reservation, six characters'),
    total_baggages: z.number().int().nonnegative().describe('Checked bags in all afterwards'),
    nonfree_baggages: z.number().int().nonnegative().describe('Those of them to be paid for'),
    payment_id: z.string().describe('Credit or gift card of the profile for the fee'),
  }),
)
export type UpdateReservationBaggagesInput = z.infer<typeof input>

/** Sets the number of checked bags and charges those that were not paid for yet. */
export const updateReservationBaggages: Operation<UpdateReservationBaggagesInput> = {
  name: 'update_reservation_baggages',
  description: 'Set how many checked bags a reservation has and charge the additional ones.',
  input,
  kind: 'write',
  run(view, order) {
    const current = view.reservation(order.reservation_id)
    if (!current) return failure('reservation not found')
    const user = view.user(current.user_id)
    const fee = EXTRA_BAG * Math.max(0, order.nonfree_baggages - current.nonfree_baggages)
    const charged = charge(user, order.payment_id, fee)
    if (typeof charged === 'string') return failure(charged)

    const reservation = structuredClone(current)
    reservation.total_baggages = order.total_baggages
    reservation.nonfree_baggages = order.nonfree_baggages
    if (fee !== 0) {
      reservation.payment_history.push({ payment_id: order.payment_id, amount: fee })
    }
    return {
      text: dumps(reservation),
      changes: {
        users: charged === user ? {} : { [current.user_id]: charged },
        reservations: { [order.reservation_id]: reservation },
      },
    }
  },
}
