import { appendFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { AnyTool, KeyValue } from 'ashlar'
import { defineService, defineTool } from 'ashlar'
import { airlineTools, gatherFacts, identifyCustomer } from './contracts.ts'
import type { AirlineData } from './domain/database.ts'
import { overlay } from './domain/database.ts'
import { loadAirlineData } from './domain/load.ts'
import { operations } from './domain/operations/index.ts'
import * as policy from './domain/policy/index.ts'
import { AirlineStore } from './store.ts'

/**
 * The process that owns the airline's database. With the option `executions` every execution is
 * noted in that file before it begins, so that somebody who does not trust the journal can count.
 */
export default defineService('airline-tools', async ({ options, keyValue }) => {
  const data = options.data ?? fileURLToPath(new URL('./data', import.meta.url))
  const base = await loadAirlineData(data)
  return { tools: createTools(base, keyValue, noteIn(options.executions)) }
})

/** The airline's fourteen tools and two for the desk alone. `note` is told of every execution. */
export function createTools(
  base: AirlineData,
  keyValue: KeyValue,
  note: (branch: string, tool: string, key: string) => void | Promise<void>,
): AnyTool[] {
  const store = new AirlineStore(base, keyValue)
  const tools = operations.map((operation) =>
    defineTool({
      ...airlineTools[operation.name]!,
      async execute(input, { idempotencyKey }) {
        await note(input.branch, operation.name, idempotencyKey)
        return store.run(operation, input.branch, input.arguments, idempotencyKey)
      },
    }),
  )
  const identify = defineTool({
    ...identifyCustomer,
    async execute({ branch, customerSaid }, { idempotencyKey }) {
      await note(branch, identifyCustomer.name, idempotencyKey)
      const view = overlay(base, await store.changes(branch))
      return { userId: policy.identifyCustomer(view, customerSaid) }
    },
  })
  const facts = defineTool({
    ...gatherFacts,
    async execute({ branch, proposal, customerSaid }, { idempotencyKey }) {
      await note(branch, gatherFacts.name, idempotencyKey)
      return policy.gatherFacts(base, await store.changes(branch), proposal, customerSaid)
    },
  })
  return [...tools, identify, facts]
}

/** One line of JSON per execution, appended in one write, so that processes can share the file. */
function noteIn(file: string | undefined): (branch: string, tool: string, key: string) => void {
  if (file === undefined) return () => undefined
  return (branch, tool, key) => {
    appendFileSync(file, `${JSON.stringify({ branch, tool, key, pid: process.pid })}\n`)
  }
}
