import { declareTool, defineAgent, defineService, defineTool, toolActor } from 'ashlar'
import { setup } from 'xstate'
import * as z from 'zod'

const answer = declareTool({
  name: 'bench-answer',
  input: z.object({}),
  output: z.object({}),
  effect: 'idempotent',
  timeoutMs: 3_600_000,
})

/** An agent with local work under way: a tool that its own host runs. */
export const waiterAgent = defineAgent({
  machine: setup({
    types: {} as { context: { note: string }; input: object },
    actors: { answer: toolActor(answer) },
  }).createMachine({
    id: 'bench-waiter',
    version: '1',
    context: { note: 'n'.repeat(200) },
    initial: 'waiting',
    states: {
      waiting: { invoke: { id: 'answer', src: 'answer', input: () => ({}), onDone: 'done' } },
      done: { type: 'final' },
    },
  }),
})

/** Its tool never ends: the host that is killed. */
export const silentService = defineService('waiters', () => ({
  agents: [waiterAgent],
  inline: { tools: [defineTool({ ...answer, execute: () => new Promise(() => undefined) })] },
}))

/** Its tool ends at once: the host that takes over. */
export const answeringService = defineService('waiters', () => ({
  agents: [waiterAgent],
  inline: { tools: [defineTool({ ...answer, execute: () => ({}) })] },
}))
