/** Mastra's workflows with its libSQL store on a file, in this process, as a library. */
import { join } from 'node:path'
import { Mastra } from '@mastra/core'
import { cloneStep, createStep, createWorkflow } from '@mastra/core/workflows'
import { LibSQLStore } from '@mastra/libsql'
import * as z from 'zod'
import { decide, startState, toolA, toolB } from './agent-loop.ts'
import { assertFinished } from './peer.ts'
import type { OpenPeer } from './peer.ts'

const state = z.object({
  id: z.string(),
  n: z.number(),
  pad: z.string(),
  next: z.enum(['start', 'a', 'b', 'end']),
  a: z.number().nullable(),
  b: z.number().nullable(),
})

const schemas = { inputSchema: state, outputSchema: state }
const deciding = createStep({
  id: 'decide-1',
  ...schemas,
  execute: async ({ inputData }) => decide(inputData),
})
const callingA = createStep({
  id: 'tool-a',
  ...schemas,
  execute: async ({ inputData }) => toolA(inputData),
})
const callingB = createStep({
  id: 'tool-b',
  ...schemas,
  execute: async ({ inputData }) => toolB(inputData),
})

// A chain and not a loop: a nested workflow under `dountil` would store about twice as often.
const workflow = createWorkflow({ id: 'agent-loop', ...schemas })
  .then(deciding)
  .then(callingA)
  .then(cloneStep(deciding, { id: 'decide-2' }))
  .then(callingB)
  .then(cloneStep(deciding, { id: 'decide-3' }))
  .commit()

type Client = Extract<ConstructorParameters<typeof LibSQLStore>[0], { client: unknown }>['client']
/** The most connections that the libSQL client opens to a file. */
const connectionsMax = 20

/**
 * The sync level belongs to a connection, and the store's client opens more of them as the load
 * grows; statements that start together each take one of their own.
 */
async function syncFully(client: Client): Promise<void> {
  const onEach = <T>(query: () => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: connectionsMax }, query))
  await onEach(() => client.execute('PRAGMA synchronous = FULL'))
  const answers = await onEach(() => client.execute('PRAGMA synchronous'))
  const levels = answers.map(({ rows }) => Number(Object.values(rows[0]!)[0]))
  if (levels.some((level) => level !== 2))
    throw new Error(`unexpected sync levels ${levels.join()}`)
}

export const open: OpenPeer<'default' | 'full'> = async (variant, dir) => {
  const storage = new LibSQLStore({ id: 'peers', url: `file:${join(dir, 'mastra.db')}` })
  await storage.init()
  if (variant === 'full') await syncFully((storage as unknown as { client: Client }).client)
  const mastra = new Mastra({ storage, workflows: { agentLoop: workflow }, logger: false })
  const agentLoop = mastra.getWorkflow('agentLoop')
  const store = await storage.getStore('workflows')
  return {
    syncedPerStep: variant === 'full',
    run: async (n) => {
      const inputData = startState(n)
      const run = await agentLoop.createRun({ runId: inputData.id })
      const result = await run.start({ inputData })
      if (result.status !== 'success') throw new Error(`ended as ${result.status}`)
      return result.result
    },
    verify: async (count) => {
      const runs = await store!.listWorkflowRuns({ status: 'success', page: 0, perPage: 1 })
      assertFinished(runs.total, count)
    },
    close: () => storage.close(),
  }
}
