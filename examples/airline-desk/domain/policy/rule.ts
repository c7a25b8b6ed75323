import type { Facts } from './facts.ts'

/** Names of the policy's rules, as refusals and statechart guards use them. */
export type RuleId =
  | 'unknown-tool'
  | 'malformed-arguments'
  | 'customer-not-identified'
  | 'not-your-profile'
  | 'unknown-reservation'
  | 'not-your-reservation'
  | 'already-cancelled'
  | 'cancel-already-flown'
  | 'cancel-not-refundable'
  | 'flights-basic-economy'
  | 'flights-already-flown'
  | 'flights-route-change'
  | 'flights-trip-type-change'
  | 'cabin-mixed'
  | 'insurance-late'
  | 'bags-removed'
  | 'bag-fee-wrong'
  | 'passengers-count'
  | 'booking-too-many-passengers'
  | 'booking-empty'
  | 'payment-not-positive'
  | 'payment-overdrawn'
  | 'payment-mix'
  | 'payment-not-in-profile'
  | 'payment-certificate-for-change'
  | 'compensation-not-eligible'
  | 'compensation-not-asked'
  | 'compensation-no-disruption'
  | 'compensation-amount-wrong'
  | 'compensation-already-given'

/** One rule of the policy for one kind of call. */
export interface Rule<A> {
  id: RuleId
  /** Why the call breaks the rule, or null if it does not. */
  breach(args: A, facts: Facts): string | null
}
