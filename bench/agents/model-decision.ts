/** A decision that a model on the wire takes, with prices, so that budgets in money bound it. */
import type OpenAI from 'openai'
import type { Decision, Price } from 'ashlar'
import { declareDecision, defineDecision, defineService, openai } from 'ashlar'
import * as z from 'zod'

interface Order {
  order: string
}
export type NextOption = { type: 'CONTINUE'; note: string } | { type: 'STOP' }

export const nextContract = declareDecision<Order, NextOption>({
  name: 'bench-next',
  input: z.object({ order: z.string() }),
  options: z.discriminatedUnion('type', [
    z.object({ type: z.literal('CONTINUE'), note: z.string() }),
    z.object({ type: z.literal('STOP') }),
  ]),
})

export const modelName = 'bench'

/** Whole numbers of billionths per token, exact in floating point too: sums have to agree. */
export const modelPrice: Price = { input: 0.125, output: 0.5 }

/** What a budget sets aside for an answer; those of the server are shorter. */
const maxOutputTokens = 64

/** The decision with its only decider, which asks over the given client. */
export function modelDecision(client: OpenAI): Decision<Order, NextOption> {
  const decider = openai<Order>({
    client,
    api: 'chat',
    model: modelName,
    maxOutputTokens,
    prices: { [modelName]: modelPrice },
  })
  const prompt = ({ order }: Order): string =>
    `What is next for order ${order}? ${'Be brief. '.repeat(40)}`
  return defineDecision({ ...nextContract, prompt, deciders: [decider] })
}

/** The client's module is loaded here only, so that it is not in the memory of other processes. */
export const modelService = defineService('model', async ({ options }) => {
  const { default: OpenAI } = await import('openai')
  const client = new OpenAI({ apiKey: 'bench', baseURL: options.model!, maxRetries: 0 })
  return { decisions: [modelDecision(client)] }
})
