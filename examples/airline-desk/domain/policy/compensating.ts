import { NEW_CERTIFICATES } from '../operations/send-certificate.ts'
import type { Disruption } from './complaint.ts'
import { complaintsOf } from './complaint.ts'
import type { SendCertificateInput } from '../operations/send-certificate.ts'
import type { Facts } from './facts.ts'
import { customerNotIdentified, notYourProfile } from './ownership.ts'
import type { Rule } from './rule.ts'

const PER_PASSENGER = { cancelled: 100, delayed: 50 } as const
const ASKS =
  /\b(compensat\w*|vouchers?|certificates?|reimburse\w*|make (it|this|that) (up|right))\b/i

/** Silver, gold, insured and business customers can be compensated, others cannot. */
export function compensationNotEligible(_args: unknown, facts: Facts): string | null {
  const { user, reservation } = facts
  if (!reservation) return 'There is no reservation that compensation could be for.'
  if (user && user.membership !== 'regular') return null
  if (reservation.insurance === 'yes' || reservation.cabin === 'business') return null
  return 'A regular member without insurance in (basic) economy is not compensated.'
}

/** Compensation is never offered before the customer asks for it. */
export function compensationNotAsked(_args: unknown, facts: Facts): string | null {
  if (facts.customerSaid.some((message) => ASKS.test(message))) return null
  return 'The customer has not asked for compensation.'
}

/**
 * A flight of the trip was cancelled by the airline, or was delayed and the trip has been
 * changed or cancelled because of it.
 */
export function compensationNoDisruption(_args: unknown, facts: Facts): string | null {
  const kind = disruption(facts)
  if (!kind) return 'No flight of the reservation is cancelled or delayed as the customer says.'
  if (kind === 'cancelled' || facts.touched) return null
  return 'A delay is compensated only after the reservation has been changed or cancelled.'
}

/** The amount is fixed per passenger. */
export function compensationAmountWrong(args: SendCertificateInput, facts: Facts): string | null {
  const kind = disruption(facts)
  if (!kind || !facts.reservation) return null
  const due = PER_PASSENGER[kind] * facts.reservation.passengers.length
  return args.amount === due ? null : `The certificate is $${due}, not $${args.amount}.`
}

/** A conversation brings at most one certificate. */
export function compensationAlreadyGiven(_args: unknown, facts: Facts): string | null {
  const methods = facts.user?.payment_methods ?? {}
  const given = NEW_CERTIFICATES.some((id) => Object.hasOwn(methods, id))
  return given ? 'The customer has already got a certificate in this conversation.' : null
}

/** The rules for certificates. */
export const compensatingRules: readonly Rule<SendCertificateInput>[] = [
  { id: 'customer-not-identified', breach: customerNotIdentified },
  { id: 'not-your-profile', breach: notYourProfile },
  { id: 'compensation-not-eligible', breach: compensationNotEligible },
  { id: 'compensation-no-disruption', breach: compensationNoDisruption },
  { id: 'compensation-not-asked', breach: compensationNotAsked },
  { id: 'compensation-amount-wrong', breach: compensationAmountWrong },
  { id: 'compensation-already-given', breach: compensationAlreadyGiven },
]

/** What the customer complains about and the data confirm; a cancelled flight weighs more. */
function disruption(facts: Facts): Disruption | null {
  const complaints = complaintsOf(facts.customerSaid)
  const has = (status: Disruption): boolean =>
    complaints.has(status) && facts.segments.some((segment) => segment.status === status)
  if (has('cancelled')) return 'cancelled'
  return has('delayed') ? 'delayed' : null
}
