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
      async execute(input, { idempotencyKey, signal }) {
        await note(input.branch, operation.name, idempotencyKey)
        const run = store.run(operation, input.branch, input.arguments, idempotencyKey)
        return letGo(run, signal)
      },
    }),
  )
  const identify = defineTool({
    ...identifyCustomer,
    async execute({ branch, customerSaid }, { idempotencyKey, signal }) {
      await note(branch, identifyCustomer.name, idempotencyKey)
      const view = overlay(base, await letGo(store.changes(branch), signal))
      return { userId: policy.identifyCustomer(view, customerSaid) }
    },
  })
  const facts = defineTool({
    ...gatherFacts,
    async execute({ branch, proposal, customerSaid }, { idempotencyKey, signal }) {
      await note(branch, gatherFacts.name, idempotencyKey)
      const changes = await letGo(store.changes(branch), signal)
      return policy.gatherFacts(base, changes, proposal, customerSaid)
    },
  })
  return [...tools, identify, facts]
}

/**
 * Ends when the call is given up, although a store that hangs does not. A write that comes through
 * afterwards is found by its key when the call is made again.
 */
function letGo<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** One line of JSON per execution, appended in one write, so that processes can share the file. */
function noteIn(file: string | undefined): (branch: string, tool: string, key: string) => void {
  if (file === undefined) return () => undefined
  return (branch, tool, key) => {
    appendFileSync(file, `${JSON.stringify({ branch, tool, key, pid: process.pid })}\n`)
  }
}
