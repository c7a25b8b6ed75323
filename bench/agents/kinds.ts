/** Agents that differ from the first, which starts and ends at once, by one step of one kind. */
import type { AgentDefinition } from 'ashlar'
import { declareTool, defineAgent, defineService, defineTool, toolActor } from 'ashlar'
import { fromPromise, setup } from 'xstate'
import * as z from 'zod'

interface Note {
  note: string
}

/** With it a payload is about 300 bytes of JSON. */
export const kindsNote: Note = { note: 'n'.repeat(280) }
const timerMs = 40

const types = {} as { context: Note; input: Note; output: Note; events: { type: 'GO' } & Note }
const tool = declareTool({
  name: 'bench-kinds',
  input: z.object({ note: z.string() }),
  output: z.object({ note: z.string() }),
  effect: 'idempotent',
})

const plainMachine = setup({ types }).createMachine({
  id: 'bench-plain',
  version: '1',
  context: ({ input }) => input,
  output: ({ context }) => context,
  initial: 'done',
  states: { done: { type: 'final' } },
})

const base = setup({
  types,
  actors: {
    tool: toolActor(tool),
    inline: fromPromise<Note, Note>(({ input }) => Promise.resolve(input)),
    child: plainMachine,
  },
})
const done = { type: 'final' } as const

/** One machine; `doing` is what its only state does until it ends. */
type Doing = NonNullable<Parameters<typeof base.createMachine>[0]['states']>[string]
function machineOf(id: string, doing: Doing): AgentDefinition {
  return defineAgent({
    machine: base.createMachine({
      id,
      version: '1',
      context: ({ input }) => input,
      output: ({ context }) => context,
      initial: 'doing',
      states: { doing, done },
    }),
  })
}

function invoking(src: 'tool' | 'inline' | 'child'): Doing {
  return { invoke: { id: 'it', src, input: ({ context }) => context, onDone: 'done' } }
}

const child = defineAgent({ machine: plainMachine })

/** By what their one step waits for. */
export const kindAgents = {
  'start and end': child as AgentDefinition,
  'event from outside': machineOf('bench-event', { on: { GO: 'done' } }),
  'effect in the host': machineOf('bench-inline', invoking('inline')),
  'tool in another process': machineOf('bench-tool', invoking('tool')),
  timer: machineOf('bench-timer', { after: { [timerMs]: 'done' } }),
  'child agent': machineOf('bench-child', invoking('child')),
} as const satisfies Record<string, AgentDefinition>

export type KindName = keyof typeof kindAgents

export const kindsService = defineService('kinds', () => ({ agents: Object.values(kindAgents) }))
export const kindsToolService = defineService('kinds-tools', () => ({
  tools: [defineTool({ ...tool, execute: (note) => note })],
}))
