import type { UpdatePassengersInput } from '../operations/update-reservation-passengers.ts'
import type { Facts } from './facts.ts'
import { insuranceLate, reservationRules } from './ownership.ts'
import type { Rule } from './rule.ts'

/** Passengers can be replaced; their number stays. */
export function passengersCount(args: UpdatePassengersInput, facts: Facts): string | null {
  const now = facts.reservation?.passengers.length
  if (now === undefined || args.passengers.length === now) return null
  return `The reservation is for ${now} and the number of passengers cannot change.`
}

/** The rules for changing passengers. */
export const changingPassengersRules: readonly Rule<UpdatePassengersInput>[] = [
  ...reservationRules,
  { id: 'insurance-late', breach: insuranceLate },
  { id: 'passengers-count', breach: passengersCount },
]
