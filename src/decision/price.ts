import type { Cost } from '../contracts/budget.ts'
import { checkNumber } from '../contracts/declaration.ts'
import { InputError } from '../contracts/error.ts'
import type { Usage } from '../contracts/decision.ts'

/** US dollars for a million tokens, as price lists say it. */
export interface Price {
  input: number
  output: number
}

/** A dollar per million tokens is a thousand billionths per token. */
const nanoUsdPerToken = 1_000

/** What tokens cost; rounded up, so that many small calls do not add up to more than was counted. */
export function costOf({ inputTokens, outputTokens }: Usage, price: Price | undefined): Cost {
  const tokens = inputTokens + outputTokens
  if (!price) return { tokens, nanoUsd: 0 }
  const { input, output } = price
  const nanoUsd = Math.ceil((inputTokens * input + outputTokens * output) * nanoUsdPerToken)
  return { tokens, nanoUsd }
}

/**
 * The price of a model in a table, `undefined` when there is no table.
 * @throws InputError when the table has no such model, or a price is no number
 */
export function priceOf(
  model: string,
  prices: Readonly<Record<string, Price>> | undefined,
): Price | undefined {
  if (!prices) return undefined
  const price = prices[model]
  if (!price) {
    throw new InputError({
      field: `prices: ${model}`,
      expected: 'the price of the model that is asked',
      got: Object.keys(prices).join(', ') || 'an empty table',
      todo: 'add it in USD per million tokens, for example { input: 0.15, output: 0.6 }',
    })
  }
  checkNumber(`prices: ${model}: input`, price.input, 0)
  checkNumber(`prices: ${model}: output`, price.output, 0)
  return price
}
