import { fileURLToPath } from 'node:url'
import { defineService, defineTool } from 'ashlar'
import { airlineTools, gatherFacts, identifyCustomer } from './contracts.ts'
import { overlay } from './domain/database.ts'
import { loadAirlineData } from './domain/load.ts'
import { operations } from './domain/operations/index.ts'
import * as policy from './domain/policy/index.ts'
import { AirlineStore } from './store.ts'

/** The process that owns the airline's database: its fourteen tools and two for the desk alone. */
export default defineService('airline-tools', async ({ options, keyValue }) => {
  const data = options.data ?? fileURLToPath(new URL('./data', import.meta.url))
  const base = await loadAirlineData(data)
  const store = new AirlineStore(base, keyValue)
  const tools = operations.map((operation) =>
    defineTool({
      ...airlineTools[operation.name]!,
      execute: (input, { idempotencyKey }) =>
        store.run(operation, input.branch, input.arguments, idempotencyKey),
    }),
  )
  const identify = defineTool({
    ...identifyCustomer,
    async execute({ branch, customerSaid }) {
      const view = overlay(base, await store.changes(branch))
      return { userId: policy.identifyCustomer(view, customerSaid) }
    },
  })
  const facts = defineTool({
    ...gatherFacts,
    async execute({ branch, proposal, customerSaid }) {
      return policy.gatherFacts(base, await store.changes(branch), proposal, customerSaid)
    },
  })
  return { tools: [...tools, identify, facts] }
})
