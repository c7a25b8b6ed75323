import type { User } from '../records.ts'

/**
 * Charges (or with a negative amount, refunds) a change to a payment method. Returns the profile
 * as it is afterwards, which is a copy only where a balance changes, or why it cannot be done.
 */
export function charge(user: User | undefined, paymentId: string, amount: number): User | string {
  const method = user?.payment_methods[paymentId]
  if (!user || !method) return 'payment method not found'
  if (method.source === 'certificate') return 'certificate cannot be used to update reservation'
  if (method.source === 'credit_card') return user
  if (method.amount < amount) return 'gift card balance is not enough'
  if (amount === 0) return user
  const copy = structuredClone(user)
  copy.payment_methods[paymentId] = { ...method, amount: method.amount - amount }
  return copy
}
