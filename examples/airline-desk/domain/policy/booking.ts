import type { BookReservationInput } from '../operations/book-reservation.ts'
import { paidBags } from './bag-allowance.ts'
import type { Facts } from './facts.ts'
import { customerNotIdentified, notYourProfile } from './ownership.ts'
import {
  bookingPaymentNotInProfile,
  paymentMix,
  paymentNotPositive,
  paymentOverdrawn,
} from './paying.ts'
import type { Rule } from './rule.ts'

const MOST_PASSENGERS = 5

/** A reservation has at most five passengers. */
export function bookingTooManyPassengers(args: BookReservationInput, _facts: Facts): string | null {
  const people = args.passengers.length
  if (people <= MOST_PASSENGERS) return null
  return `A reservation has at most ${MOST_PASSENGERS} passengers, not ${people}.`
}

/** Somebody flies somewhere; the tool would book a trip for nobody, for nothing. */
export function bookingEmpty(args: BookReservationInput, _facts: Facts): string | null {
  if (args.passengers.length > 0 && args.flights.length > 0) return null
  return 'A booking needs at least one passenger and one flight.'
}

/** All flights of a booking are in the same cabin. */
export function bookingCabinMixed(args: BookReservationInput, _facts: Facts): string | null {
  return mixesCabins(args) ? 'All flights of a reservation have the same cabin.' : null
}

/** Bags beyond the allowance of tier and cabin are paid for, the others are not. */
export function bookingBagFeeWrong(args: BookReservationInput, facts: Facts): string | null {
  const { user } = facts
  if (!user) return null
  const due = paidBags(args.total_baggages, user.membership, args.cabin, args.passengers.length)
  if (args.nonfree_baggages === due) return null
  return `Of ${args.total_baggages} bags, ${due} have to be paid for, not ${args.nonfree_baggages}.`
}

/** True if a flight in the call names a cabin other than that of the call. */
export function mixesCabins(args: { cabin: string; flights: object[] }): boolean {
  return args.flights.some((flight) => 'cabin' in flight && flight.cabin !== args.cabin)
}

/** The rules for booking. */
export const bookingRules: readonly Rule<BookReservationInput>[] = [
  { id: 'customer-not-identified', breach: customerNotIdentified },
  { id: 'not-your-profile', breach: notYourProfile },
  { id: 'booking-empty', breach: bookingEmpty },
  { id: 'booking-too-many-passengers', breach: bookingTooManyPassengers },
  { id: 'cabin-mixed', breach: bookingCabinMixed },
  { id: 'payment-not-in-profile', breach: bookingPaymentNotInProfile },
  { id: 'payment-mix', breach: paymentMix },
  { id: 'payment-overdrawn', breach: paymentOverdrawn },
  { id: 'payment-not-positive', breach: paymentNotPositive },
  { id: 'bag-fee-wrong', breach: bookingBagFeeWrong },
]
