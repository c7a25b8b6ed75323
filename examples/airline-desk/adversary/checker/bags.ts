import type { Cabin, User } from '../../domain/records.ts'
import { forbidden, type Finding } from './objections.ts'
import { sentences } from './sentences.ts'

const FREE = {
  regular: { basic_economy: 0, economy: 1, business: 2, sentence: sentences.regularBags },
  silver: { basic_economy: 1, economy: 2, business: 3, sentence: sentences.silverBags },
  gold: { basic_economy: 2, economy: 3, business: 3, sentence: sentences.goldBags },
} as const

/** How many checked bags, and of these how many to be paid for. */
export interface Bags {
  total_baggages: number
  nonfree_baggages: number
}

/** How many of `total` checked bags have to be paid for. */
export function extraBags(
  membership: User['membership'],
  cabin: Cabin,
  passengers: number,
  total: number,
): number {
  return Math.max(0, total - FREE[membership][cabin] * passengers)
}

/**
 * Objects if other bags would be charged than those beyond the free ones. `paid` are bags that the
 * reservation has paid for already; the tool never gives that money back, so keeping their number
 * costs the customer nothing.
 */
export function charged(
  { membership }: User,
  cabin: Cabin,
  passengers: number,
  bags: Bags,
  paid = 0,
): Finding {
  const { total_baggages: total, nonfree_baggages: nonfree } = bags
  const extra = extraBags(membership, cabin, passengers, total)
  if (nonfree === extra || (extra < paid && nonfree === paid)) return undefined
  const free = FREE[membership][cabin]
  return forbidden(
    FREE[membership].sentence,
    `${passengers} × ${free} bags are free for a ${membership} member in ${cabin}, so of ${total} ` +
      `bags ${extra} are to be paid for, not ${nonfree}`,
  )
}
