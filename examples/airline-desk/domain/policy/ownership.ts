import type { Facts } from './facts.ts'
import type { Rule } from './rule.ts'

/** Nothing is written for someone who has not said who they are. */
export function customerNotIdentified(_args: unknown, facts: Facts): string | null {
  return facts.user ? null : 'The customer has not given a user id that is known.'
}

/** Bookings and certificates are for the customer's own profile. */
export function notYourProfile(args: { user_id: string }, facts: Facts): string | null {
  if (args.user_id === facts.userId) return null
  return `The profile ${args.user_id} is not that of the customer.`
}

/** The reservation has to exist. */
export function unknownReservation(args: { reservation_id: string }, facts: Facts): string | null {
  return facts.reservation ? null : `There is no reservation ${args.reservation_id}.`
}

/** The reservation has to be the customer's. */
export function notYourReservation(_args: unknown, facts: Facts): string | null {
  const { reservation, userId } = facts
  if (!reservation || reservation.user_id === userId) return null
  return `Reservation ${reservation.reservation_id} belongs to another customer.`
}

/** Nothing can be done any more with a cancelled reservation. */
export function alreadyCancelled(_args: unknown, facts: Facts): string | null {
  const { reservation } = facts
  if (reservation?.status !== 'cancelled') return null
  return `Reservation ${reservation.reservation_id} is already cancelled.`
}

/** Insurance is bought with the booking or not at all. */
export function insuranceLate(args: object, _facts: Facts): string | null {
  return 'insurance' in args ? 'Insurance cannot be added after the booking.' : null
}

/** What every call about an existing reservation has to meet first. */
export const reservationRules: readonly Rule<{ reservation_id: string }>[] = [
  { id: 'customer-not-identified', breach: customerNotIdentified },
  { id: 'unknown-reservation', breach: unknownReservation },
  { id: 'not-your-reservation', breach: notYourReservation },
  { id: 'already-cancelled', breach: alreadyCancelled },
]
