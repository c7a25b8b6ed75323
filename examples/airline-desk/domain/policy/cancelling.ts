import { TODAY, withinLastDay } from '../clock.ts'
import type { CancelReservationInput } from '../operations/cancel-reservation.ts'
import type { Facts, SegmentStatus } from './facts.ts'
import { insuredReason } from './insured-reason.ts'
import { reservationRules } from './ownership.ts'
import type { Rule } from './rule.ts'
import { waivesRefund } from './waived-refund.ts'

/** A trip of which a part is flown cannot be cancelled. */
export function cancelAlreadyFlown(_args: unknown, facts: Facts): string | null {
  const flown = facts.segments.find(isFlown)
  if (!flown) return null
  return `Flight ${flown.flight_number} on ${flown.date} is already used; a person has to help.`
}

/**
 * Cancelling needs one of: booked in the last 24 hours, a flight cancelled by the airline,
 * business, or insurance together with a reason that it covers. An insured customer who would
 * cancel without any refund counts as covered, see {@link waivesRefund}.
 */
export function cancelNotRefundable(_args: unknown, facts: Facts): string | null {
  const { reservation } = facts
  if (!reservation) return null
  if (reservation.cabin === 'business' || withinLastDay(reservation.created_at)) return null
  if (facts.segments.some((segment) => segment.status === 'cancelled')) return null
  if (reservation.insurance === 'no') {
    return (
      'Booked more than 24 hours ago, not business, no travel insurance, and no flight was ' +
      'cancelled by the airline.'
    )
  }
  if (insuredReason(facts.customerSaid) || waivesRefund(facts.customerSaid)) return null
  return 'The insurance covers health and weather; the customer has given neither as the reason.'
}

/** The rules for cancelling. */
export const cancellingRules: readonly Rule<CancelReservationInput>[] = [
  ...reservationRules,
  { id: 'cancel-already-flown', breach: cancelAlreadyFlown },
  { id: 'cancel-not-refundable', breach: cancelNotRefundable },
]

/** A flight that has begun, or whose day is over and that was not cancelled. */
export function isFlown({ status, date }: SegmentStatus): boolean {
  if (status === 'landed' || status === 'flying') return true
  return date < TODAY && status !== 'cancelled'
}
