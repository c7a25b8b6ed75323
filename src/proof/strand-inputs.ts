import type * as z from 'zod'
import type { AgentDefinition } from '../actors/definition.ts'
import type { Source } from '../actors/source.ts'
import type { ErrorValue } from '../contracts/error.ts'
import type { AgentEvent, NeutralEvent } from '../contracts/event.ts'
import type { StoredChild, StoredState } from '../contracts/state.ts'
import { toolFailure } from '../contracts/tool.ts'
import { examplesOf, NoExampleError } from './examples.ts'
import { namedTimers, pendingChildren } from './strand-ways.ts'

/** An input that may come to an instance next. */
export interface Probe {
  /** What several examples have in common: `done: payOut`, `error: payOut`, `CONFIRM`. */
  readonly label: string
  readonly event: NeutralEvent
}

/** Of outputs and events: so many examples of each, the smallest and those that cover the schema. */
const examplesEach = 4
const optionsEach = 2
const optionsTried = 200

/**
 * Example inputs for stored instances, from what a definition declares. They are made once per source
 * and event, for an instance among thousands must not cost a search through schemas.
 */
export class ProbeInputs {
  private readonly definition: AgentDefinition
  private readonly outputs = new Map<string, readonly unknown[]>()
  private readonly events: readonly Probe[]

  constructor(definition: AgentDefinition) {
    this.definition = definition
    this.events = Object.entries(definition.events).flatMap(([type, schema]) =>
      examples(schema, `the event ${type}`, examplesEach).map((event) => ({
        label: type,
        event: { kind: 'event' as const, event: event as AgentEvent },
      })),
    )
  }

  /** Every input that a stored instance may take next, as far as contracts say what it looks like. */
  of(stored: StoredState): Probe[] {
    const timers = namedTimers(stored).flatMap(({ name, id, timer }) => {
      const event = { kind: 'timer' as const, timerId: id, incarnation: timer.incarnation }
      return timer.to ? [] : [{ label: `timer: ${name}`, event }]
    })
    const ends = pendingChildren(stored).flatMap(([id, child]) => this.ends(id, child))
    return [...timers, ...ends, ...this.events]
  }

  private ends(childId: string, child: StoredChild): Probe[] {
    const { incarnation } = child
    const done = this.outputsOf(child).map((output) => {
      const option = child.child === 'decision' ? ` ${(output as AgentEvent).type}` : ''
      const event = { kind: 'done' as const, childId, incarnation, output }
      return { label: `done: ${childId}${option}`, event }
    })
    const failed = failuresOf(child, this.sourceOf(child)).map((error) => ({
      label: `error: ${childId}`,
      event: { kind: 'error' as const, childId, incarnation, error },
    }))
    return [...done, ...failed]
  }

  private sourceOf({ src, child, target }: StoredChild): Source | undefined {
    const source = this.definition.sources.get(src)
    if (source?.kind !== child) return undefined
    return 'contract' in source && source.contract.name !== target ? undefined : source
  }

  /** None of a promise or a child agent: nobody declares what they end with. */
  private outputsOf(child: StoredChild): readonly unknown[] {
    const source = this.sourceOf(child)
    if (!source) return []
    const key = JSON.stringify([child.src, child.offered])
    const known = this.outputs.get(key) ?? makeOutputs(source, child.offered)
    this.outputs.set(key, known)
    return known
  }
}

function makeOutputs(source: Source, offered: readonly string[] | undefined): readonly unknown[] {
  switch (source.kind) {
    case 'tool':
      return examples(source.contract.output, `the output of ${source.contract.name}`, examplesEach)
    case 'decision': {
      const { options, name, optionTypes } = source.contract
      const all = examples(options, `the options of ${name}`, optionsTried) as AgentEvent[]
      return (offered ?? optionTypes).flatMap((type) =>
        all.filter((one) => one.type === type).slice(0, optionsEach),
      )
    }
    case 'memory':
      return memoryOutputs[source.contract.name]
    case 'agent':
    case 'promise':
      return []
  }
}

const memoryOutputs = {
  remember: [
    { kind: 'remembered', version: 1 },
    { kind: 'conflict', present: null },
  ],
  recall: [[]],
  forget: [{ forgotten: 0 }],
} as const

function failuresOf({ child, target = '' }: StoredChild, source: Source | undefined): ErrorValue[] {
  const error = { name: 'Error', message: 'it failed' }
  switch (child) {
    case 'tool': {
      const isOnce = source?.kind === 'tool' && source.contract.effect === 'once'
      return [
        toolFailure(target, { kind: 'rejected', reason: 'its input breaks the schema' }),
        toolFailure(target, { kind: 'failed', attempts: 1, error }),
        ...(isOnce ? [toolFailure(target, { kind: 'inDoubt', reason: 'nobody knows' })] : []),
      ]
    }
    case 'decision': {
      const abstained = { name: 'DecisionFailure', kind: 'abstained', decision: target }
      return [{ ...abstained, message: `nobody decided ${target}` }]
    }
    case 'memory':
      return [{ name: 'MemoryFailure', kind: 'failed', message: `${target} failed` }]
    case 'promise':
    case 'agent':
      return [error]
  }
}

/** None where only its author knows what fits: what cannot be made is not tried. */
function examples(schema: z.ZodType, what: string, most: number): unknown[] {
  try {
    return examplesOf(schema, what, { most })
  } catch (thrown) {
    if (thrown instanceof NoExampleError) return []
    throw thrown
  }
}
