import type { Cabin, Membership } from '../records.ts'

const FREE_BAGS: Record<Membership, Record<Cabin, number>> = {
  regular: { basic_economy: 0, economy: 1, business: 2 },
  silver: { basic_economy: 1, economy: 2, business: 3 },
  gold: { basic_economy: 2, economy: 3, business: 3 },
}

/** How many of `total` checked bags have to be paid for. */
export function paidBags(
  total: number,
  membership: Membership,
  cabin: Cabin,
  passengers: number,
): number {
  return Math.max(0, total - FREE_BAGS[membership][cabin] * passengers)
}
