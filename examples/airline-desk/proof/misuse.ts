import type { Act } from '../contracts.ts'
import { customer } from './data.ts'

/** A write whose arguments its tool does not take. */
export const malformed: Act = { name: 'cancel_reservation', arguments: { reservation: 1 } }

/** A look-up, proposed as if it were a write. */
export const noWrite: Act = { name: 'get_user_details', arguments: { user_id: customer } }
