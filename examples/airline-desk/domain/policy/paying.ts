import type { User } from '../records.ts'
import type { Facts } from './facts.ts'
import type { Rule } from './rule.ts'

const MOST = { certificate: 1, credit_card: 1, gift_card: 3 } as const
const LABEL = { certificate: 'certificate', credit_card: 'credit card', gift_card: 'gift card' }

/** A booking takes at most one certificate, one credit card and three gift cards. */
export function paymentMix(
  args: { payment_methods: { payment_id: string }[] },
  facts: Facts,
): string | null {
  // One method that pays in two parts is still one.
  const ids = new Set(args.payment_methods.map(({ payment_id }) => payment_id))
  const sources = [...ids].map((id) => methodOf(facts.user, id)?.source)
  for (const source of ['certificate', 'credit_card', 'gift_card'] as const) {
    const used = sources.filter((other) => other === source).length
    if (used > MOST[source]) {
      return `A booking takes at most ${MOST[source]} ${LABEL[source]}, not ${used}.`
    }
  }
  return null
}

interface Paid {
  payment_methods: { payment_id: string; amount: number }[]
}

/** Several amounts of one method: the tool compares each of them with the whole balance. */
export function paymentOverdrawn({ payment_methods }: Paid, { user }: Facts): string | null {
  for (const { payment_id } of payment_methods) {
    const method = methodOf(user, payment_id)
    if (!method || method.source === 'credit_card') continue
    const own = payment_methods.filter((one) => one.payment_id === payment_id)
    const total = own.reduce((sum, { amount }) => sum + amount, 0)
    // A single amount that is too large is what the tool turns down by itself.
    if (own.length > 1 && total > method.amount) {
      return `${payment_id} holds $${method.amount} and is to pay $${total}.`
    }
  }
  return null
}

/** Nothing is moved from one method to another: a negative amount would fill up a gift card. */
export function paymentNotPositive({ payment_methods }: Paid, _facts: Facts): string | null {
  const wrong = payment_methods.find(({ amount }) => !(amount >= 0))
  return wrong ? `${wrong.payment_id} cannot pay $${wrong.amount}.` : null
}

/** Every payment method of a booking has to be in the customer's profile. */
export function bookingPaymentNotInProfile(
  args: { payment_methods: { payment_id: string }[] },
  facts: Facts,
): string | null {
  const missing = args.payment_methods.find(({ payment_id }) => !methodOf(facts.user, payment_id))
  return missing ? `${missing.payment_id} is not in the customer's profile.` : null
}

/** The payment method of a change has to be in the customer's profile. */
export function changePaymentNotInProfile(
  args: { payment_id: string },
  facts: Facts,
): string | null {
  if (methodOf(facts.user, args.payment_id)) return null
  return `${args.payment_id} is not in the customer's profile.`
}

/** Changes are paid or refunded with a gift card or a credit card. */
export function paymentCertificateForChange(
  args: { payment_id: string },
  facts: Facts,
): string | null {
  if (methodOf(facts.user, args.payment_id)?.source !== 'certificate') return null
  return 'A change is settled with a gift card or a credit card, not with a certificate.'
}

/** What the payment of every change to a reservation has to meet. */
export const changePaymentRules: readonly Rule<{ payment_id: string }>[] = [
  { id: 'payment-not-in-profile', breach: changePaymentNotInProfile },
  { id: 'payment-certificate-for-change', breach: paymentCertificateForChange },
]

function methodOf(user: User | null, id: string): User['payment_methods'][string] | undefined {
  return user && Object.hasOwn(user.payment_methods, id) ? user.payment_methods[id] : undefined
}
