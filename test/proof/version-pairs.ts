import { decisionActor, defineTool, memoryActor, recall, toolActor } from 'ashlar'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { step } from '../../src/actors/step.ts'
import type { AgentOptions } from '../../src/actors/definition.ts'
import type { NeutralEvent } from '../../src/contracts/event.ts'
import type { StoredState } from '../../src/contracts/state.ts'
import { declareDecision } from '../../src/decision/define-decision.ts'
import type { InstanceProblem } from '../../src/proof/instance-problem.ts'
import { judgeInstance } from '../../src/proof/stranded.ts'
import { assign, fromPromise, raise, sendTo, setup, spawnChild } from 'xstate'
import type { AnyStateMachine } from 'xstate'
import * as z from 'zod'

const lookUp = defineTool({
  name: 'look_up',
  input: z.unknown(),
  output: z.object({ found: z.boolean() }),
  effect: 'read',
  execute: () => ({ found: true }),
})
const search = defineTool({ ...lookUp, name: 'search' })
const choose = declareDecision({
  name: 'choose',
  input: z.unknown(),
  options: z.discriminatedUnion('type', [
    z.object({ type: z.literal('LEFT') }),
    z.object({ type: z.literal('RIGHT'), text: z.string() }),
  ]),
})

type Config = Record<string, unknown>
type Extra = Partial<Omit<AgentOptions<AnyStateMachine>, 'machine'>> & {
  version?: string
  delays?: Record<string, number>
  without?: string
  lookUp?: typeof search
}

/** A machine `m` with sources to invoke and actions to take notes with. */
export function agent(config: Config, extra: Extra = {}): AgentDefinition {
  const { version = '2', delays = {}, without, lookUp: tool = lookUp, ...options } = extra
  const actors = {
    lookUp: toolActor(tool),
    choose: decisionActor(choose),
    recall: memoryActor(recall),
    compute: fromPromise(async () => 1),
    child: setup({}).createMachine({ id: 'child', initial: 'idle', states: { idle: {} } }),
  }
  const machine = setup({
    types: {} as { context: Record<string, unknown>; events: { type: string } },
    actors: Object.fromEntries(
      Object.entries(actors).filter(([name]) => name !== without),
    ) as never,
    delays,
    actions: {
      note: assign({ noted: true }),
      raiseOption: raise(({ event }) => (event as unknown as { output: never }).output),
      raiseLater: raise({ type: 'LATER' }, { delay: 10 }),
      spawnHelper: spawnChild('compute' as never, { id: 'helper' }),
      tellHelper: sendTo('helper' as never, { type: 'HI' } as never),
    } as never,
    guards: {
      ready: ({ context }) => context['ready'] === true,
      deep: ({ context }) => (context['a'] as { b: { c: boolean } }).b.c,
      firstOfEvent: ({ event }) => (event as unknown as { list: { c: boolean }[] }).list[0]!.c,
    },
  }).createMachine({ id: 'm', version, ...config } as never)
  return defineAgent({ machine: machine as unknown as AnyStateMachine, ...options })
}

export const searching = search

const at = { address: { type: 'm', id: 'one' }, atMs: 0 }

/** The state of an instance after these events, as it would be read from a journal. */
export function stored(definition: AgentDefinition, ...events: NeutralEvent[]): StoredState {
  let state = step(definition, undefined, { kind: 'init' }, at).next
  for (const event of events) state = step(definition, state, event, at).next
  return JSON.parse(JSON.stringify(state)) as StoredState
}

export const send = (type: string): NeutralEvent => ({ kind: 'event', event: { type } })

/** What an instance of the one chart meets under the other, versions aside. */
export function problems(
  old: AgentDefinition,
  next: AgentDefinition,
  { events = [], known = false }: { events?: NeutralEvent[]; known?: boolean } = {},
): InstanceProblem[] {
  const all = judgeInstance(next, stored(old, ...events), known ? old : undefined)
  return all.filter(({ about }) => about !== 'version')
}

/** `kind path about`, with a `!` before what strands. */
export function brief(found: readonly InstanceProblem[]): string[] {
  return found.map(({ kind, strands, path, about }) =>
    `${strands ? '!' : ''}${kind} ${path} ${about}`.trimEnd(),
  )
}
