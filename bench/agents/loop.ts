/**
 * The agent loop: decide, tool A, decide, tool B, decide, done. Five durable steps beside the start
 * and the end, with payloads of about 300 bytes of JSON and scripted tools and decisions, so that
 * what is measured is the runtime.
 */
import type { Decision, Tool } from 'ashlar'
import {
  decisionActor,
  defineAgent,
  defineDecision,
  defineService,
  defineTool,
  rules,
  toolActor,
} from 'ashlar'
import { assign, raise, setup } from 'xstate'
import * as z from 'zod'

const jobSchema = z.object({ order: z.string(), stage: z.int(), note: z.string() })
type Job = z.infer<typeof jobSchema>

const moveSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('CALL_A') }),
  z.object({ type: z.literal('CALL_B') }),
  z.object({ type: z.literal('FINISH') }),
])
type Move = z.infer<typeof moveSchema>

const moves: readonly Move[] = [{ type: 'CALL_A' }, { type: 'CALL_B' }, { type: 'FINISH' }]
/** With it a job is about 300 bytes of JSON. */
const note = 'n'.repeat(230)

function advancing(name: string): Tool<Job, Job> {
  return defineTool({
    name,
    input: jobSchema,
    output: jobSchema,
    effect: 'idempotent',
    concurrency: 64,
    execute: (job) => ({ ...job, stage: job.stage + 1 }),
  })
}

const toolA = advancing('bench-tool-a')
const toolB = advancing('bench-tool-b')

const pick: Decision<Job, Move> = defineDecision({
  name: 'bench-pick',
  input: jobSchema,
  options: moveSchema,
  prompt: ({ order }) => `What is next for order ${order}?`,
  deciders: [rules<Job>(({ stage }) => moves[stage] ?? null)],
})

interface LoopContext {
  job: Job
  trail: string
}

export const loopAgent = defineAgent({
  machine: setup({
    types: {} as {
      context: LoopContext
      input: { order: string }
      events: Move
      output: { order: string; trail: string }
    },
    actors: { toolA: toolActor(toolA), toolB: toolActor(toolB), pick: decisionActor(pick) },
  }).createMachine({
    id: 'bench-loop',
    version: '1',
    context: ({ input }) => ({ job: { order: input.order, stage: 0, note }, trail: '' }),
    output: ({ context }) => ({ order: context.job.order, trail: context.trail }),
    initial: 'deciding',
    states: {
      deciding: {
        invoke: {
          id: 'pick',
          src: 'pick',
          input: ({ context }) => context.job,
          onDone: { actions: raise(({ event }) => event.output) },
        },
        on: { CALL_A: 'callingA', CALL_B: 'callingB', FINISH: 'done' },
      },
      callingA: {
        invoke: {
          id: 'a',
          src: 'toolA',
          input: ({ context }) => context.job,
          onDone: {
            target: 'deciding',
            actions: assign({
              job: ({ event }) => event.output,
              trail: ({ context }) => `${context.trail}a`,
            }),
          },
        },
      },
      callingB: {
        invoke: {
          id: 'b',
          src: 'toolB',
          input: ({ context }) => context.job,
          onDone: {
            target: 'deciding',
            actions: assign({
              job: ({ event }) => event.output,
              trail: ({ context }) => `${context.trail}b`,
            }),
          },
        },
      },
      done: { type: 'final' },
    },
  }),
})

/** @throws Error when a run did not do its two tools, in order, for its own order */
export function checkRun(order: string, output: unknown): void {
  const { order: gotOrder, trail } = output as { order?: string; trail?: string }
  if (gotOrder === order && trail === 'ab') return
  throw new Error(`run ${order} ended with ${JSON.stringify(output)}; expected the trail "ab"`)
}

/** Agents, tools and decisions in one process; also what `ashlar up` starts in `start`. */
export const inlineService = defineService('agents', () => ({
  agents: [loopAgent],
  inline: { tools: [toolA, toolB], decisions: [pick] },
}))

/** The other shape: every call is a message to a process of its own kind. */
export const agentService = defineService('agents', () => ({ agents: [loopAgent] }))
export const toolService = defineService('tools', () => ({ tools: [toolA, toolB] }))
export const decisionService = defineService('decisions', () => ({ decisions: [pick] }))

export default inlineService
