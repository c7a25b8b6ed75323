import * as z from 'zod'

/** What decisions may cost. What is left out is not bounded. */
export interface BudgetCaps {
  /** Questions to deciders that cost something. */
  calls?: number
  /** Input and output tokens together. */
  tokens?: number
  /** US dollars, by the prices that the deciders are given. */
  usd?: number
  /** From the start of the agent, in ms. */
  wallMs?: number
}

/** The budget of one agent, which its children share. */
export interface BudgetAccount {
  /** The address of the agent that opened it, written `type/id`. */
  name: string
  caps: BudgetCaps
  openedAtMs: number
}

/** What a question costs. Money is counted in billionths of a dollar, so that sums are exact. */
export interface Cost {
  tokens: number
  nanoUsd: number
}

export const nanosPerUsd = 1_000_000_000

/** Adds two amounts of the same kind, member by member. */
export function plus<T extends { [K in keyof T]: number }>(one: T, other: T): T {
  const sums = Object.entries<number>(one).map(([name, amount]) => [
    name,
    amount + other[name as keyof T],
  ])
  return Object.fromEntries(sums) as T
}

const cap = z.number().min(0).optional()

export const budgetAccountSchema = z.object({
  name: z.string().min(1),
  caps: z.object({ calls: cap, tokens: cap, usd: cap, wallMs: cap }),
  openedAtMs: z.number(),
}) as unknown as z.ZodType<BudgetAccount>
