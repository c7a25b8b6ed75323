import type { UpdateReservationBaggagesInput } from '../operations/update-reservation-baggages.ts'
import { paidBags } from './bag-allowance.ts'
import type { Facts } from './facts.ts'
import { insuranceLate, reservationRules } from './ownership.ts'
import { changePaymentRules } from './paying.ts'
import type { Rule } from './rule.ts'

/** Checked bags can be added, not removed. */
export function bagsRemoved(args: UpdateReservationBaggagesInput, facts: Facts): string | null {
  const now = facts.reservation?.total_baggages
  if (now === undefined || args.total_baggages >= now) return null
  return `The reservation has ${now} checked bags; bags can be added but not removed.`
}

/**
 * Bags beyond the allowance of tier and cabin are paid for, the others are not. Bags paid for
 * before the allowance grew, say by an upgrade, may stay listed as paid.
 */
export function bagFeeWrong(args: UpdateReservationBaggagesInput, facts: Facts): string | null {
  const { reservation, user } = facts
  if (!reservation || !user) return null
  const people = reservation.passengers.length
  const due = paidBags(args.total_baggages, user.membership, reservation.cabin, people)
  const listed = args.nonfree_baggages
  if (listed === due || listed === Math.max(due, reservation.nonfree_baggages)) return null
  return `Of ${args.total_baggages} bags, ${due} have to be paid for, not ${listed}.`
}

/** The rules for changing checked bags. */
export const changingBaggagesRules: readonly Rule<UpdateReservationBaggagesInput>[] = [
  ...reservationRules,
  { id: 'insurance-late', breach: insuranceLate },
  { id: 'bags-removed', breach: bagsRemoved },
  { id: 'bag-fee-wrong', breach: bagFeeWrong },
  ...changePaymentRules,
]
