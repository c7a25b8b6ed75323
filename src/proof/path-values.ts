import type * as z from 'zod'
import type { AgentDefinition } from '../actors/definition.ts'
import { firstIssue } from '../contracts/envelope.ts'
import type { ErrorValue } from '../contracts/error.ts'
import { InputError, toErrorValue } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'
import { findNonJson, isObject } from '../contracts/json.ts'
import type { StoredChild } from '../contracts/state.ts'
import { examplesOf, NoExampleError } from './examples.ts'
import { errorsOf, memoryOutputs } from './path-answers.ts'
import type { Chart } from './path-chart.ts'
import type { ExampleState, PathOptions } from './path-options.ts'

/** A value that may come. `isGuess`: no contract and no user says so. */
export interface PathValue {
  readonly value: unknown
  readonly isGuess: boolean
  /** From a schema, so that there may be many that tell nothing new. */
  readonly isMade?: true
}

/** Of one schema; those of a union's alternatives come in turns. */
const examplesMost = 60
/** Of one alternative of a decision's options. */
const examplesPerOption = 20

const guess: readonly PathValue[] = [{ value: undefined, isGuess: true }]

/** The example values of one machine: the user's, else those that its contracts suggest. */
export class PathValues {
  /** What nobody could make an example of. */
  readonly problems: Set<string> = new Set()
  /** Event types that come through decisions. */
  private readonly optionTypes = new Set<string>()
  private readonly made = new Map<string, readonly PathValue[]>()
  private readonly definition: AgentDefinition
  private readonly options: PathOptions

  /** @throws InputError when an example fits nothing or is not JSON */
  constructor(definition: AgentDefinition, options: PathOptions, chart: Chart) {
    this.definition = definition
    this.options = options
    const { eventTypes, childIds } = chart
    const names = new Set([...eventTypes, ...Object.keys(definition.events), ...childIds])
    for (const [src, source] of definition.sources) {
      names.add(src)
      if ('contract' in source) names.add(source.contract.name)
      if (source.kind !== 'decision') continue
      for (const type of source.contract.optionTypes) this.optionTypes.add(type)
    }
    for (const type of this.optionTypes) names.add(type)
    this.check(names)
  }

  /** Event types that examples or schemas name, for what a chart takes by a prefix. */
  get eventTypes(): string[] {
    const given = Object.keys(this.options.examples ?? {})
    return [...new Set([...Object.keys(this.definition.events), ...this.optionTypes, ...given])]
  }

  /** @throws InputError when a given one breaks the schema */
  inputs(): readonly PathValue[] {
    const { inputs } = this.options
    const { input, id } = this.definition
    if (inputs) {
      for (const one of inputs) checkFits('inputs', input, one)
      return inputs.map(given)
    }
    return input ? this.examples('input', input, `the input of ${id}`) : guess
  }

  /**
   * None of an option's type by itself: it comes through its decision.
   * @throws InputError when a given one breaks the schema: its host would refuse it
   */
  events(type: string, state: ExampleState): readonly PathValue[] {
    const events = this.given(type, state)
    const schema = this.definition.events[type]
    if (events) {
      return events.map(({ value }) => {
        const event = eventOf(type, value)
        checkFits(`examples.${type}`, schema, event)
        return given(event)
      })
    }
    if (schema) {
      const made = this.examples(`event ${type}`, schema, `the event ${type}`)
      // A schema need not speak of the type.
      return made.map((one) => ({ ...one, value: eventOf(type, one.value) }))
    }
    return this.optionTypes.has(type) ? [] : [{ value: { type }, isGuess: true }]
  }

  outputs(childId: string, child: StoredChild, state: ExampleState): readonly PathValue[] {
    const own = this.ofChild(childId, child, state)
    if (own) return own.filter(({ value }) => !(value instanceof Error))
    const source = this.definition.sources.get(child.src)!
    switch (source.kind) {
      case 'tool': {
        const { name, output } = source.contract
        return this.examples(`tool ${name}`, output, `the result of ${name}`)
      }
      case 'decision':
        return this.optionsOf(source.contract.name, source.contract.options, state)
      case 'memory':
        return memoryOutputs[source.contract.name].map(given)
      case 'promise':
      case 'agent':
        return guess
    }
  }

  errors(childId: string, child: StoredChild, state: ExampleState): ErrorValue[] {
    const source = this.definition.sources.get(child.src)!
    const own = this.ofChild(childId, child, state) ?? []
    const thrown = own.flatMap(({ value }) => (value instanceof Error ? [toErrorValue(value)] : []))
    return [...thrown, ...errorsOf(source)]
  }

  /** Those of an option type hold for every decision that offers it. */
  private optionsOf(name: string, schema: z.ZodType, state: ExampleState): readonly PathValue[] {
    const { offered = [] } = state
    const all = (): readonly PathValue[] =>
      this.cached(`decision ${name}`, () =>
        inTurns(
          alternativesOf(schema).map((one) =>
            this.examples('', one, `an option of ${name}`, examplesPerOption),
          ),
        ),
      )
    return offered.flatMap((type) => {
      const own = this.given(type, state)
      if (own) return own.map(({ value }) => given(eventOf(type, value)))
      return all().filter(({ value }) => (value as AgentEvent).type === type)
    })
  }

  private ofChild(childId: string, child: StoredChild, state: ExampleState) {
    const source = this.definition.sources.get(child.src)
    const name = source && 'contract' in source ? source.contract.name : undefined
    return (
      this.given(childId, state) ??
      this.given(child.src, state) ??
      (name === undefined ? undefined : this.given(name, state))
    )
  }

  private given(key: string, state: ExampleState): readonly PathValue[] | undefined {
    const examples = this.options.examples?.[key]
    if (examples === undefined) return undefined
    return (typeof examples === 'function' ? examples(state) : examples).map(given)
  }

  private examples(
    key: string,
    schema: z.ZodType,
    what: string,
    most: number = examplesMost,
  ): readonly PathValue[] {
    const make = (): readonly PathValue[] => {
      try {
        return examplesOf(schema, what, { most, seed: this.options.seed ?? 1 }).map(made)
      } catch (thrown) {
        if (!(thrown instanceof NoExampleError)) throw thrown
        this.problems.add(thrown.message)
        return []
      }
    }
    return key === '' ? make() : this.cached(key, make)
  }

  private cached(key: string, make: () => readonly PathValue[]): readonly PathValue[] {
    const known = this.made.get(key) ?? make()
    this.made.set(key, known)
    return known
  }

  private check(names: ReadonlySet<string>): void {
    const { examples = {}, inputs = [] } = this.options
    for (const [key, values] of Object.entries(examples)) {
      if (!names.has(key)) {
        throw new InputError({
          field: `examples.${key}`,
          expected: `an event or a source of ${this.definition.id}: ${[...names].join(', ')}`,
          todo: 'correct the name',
        })
      }
      if (typeof values === 'function') continue
      for (const value of values) if (!(value instanceof Error)) checkJson(`examples.${key}`, value)
    }
    for (const input of inputs) checkJson('inputs', input)
  }
}

/** A value without a type is the payload. */
function eventOf(type: string, value: unknown): AgentEvent {
  return { ...(isObject(value) ? value : {}), type }
}

function given(value: unknown): PathValue {
  return { value, isGuess: false }
}

function made(value: unknown): PathValue {
  return { value, isGuess: false, isMade: true }
}

/** The alternatives of a union, also of one within it: each gets examples of its own. */
function alternativesOf(schema: z.ZodType): z.ZodType[] {
  const { options } = schema as unknown as { options?: unknown }
  return Array.isArray(options) ? (options as z.ZodType[]).flatMap(alternativesOf) : [schema]
}

function inTurns<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, turn) =>
    lists.flatMap((list) => (turn < list.length ? [list[turn]!] : [])),
  ).flat()
}

function checkJson(field: string, value: unknown): void {
  const lost = value === undefined ? undefined : findNonJson(value, field)
  if (lost === undefined) return
  throw new InputError({ field, expected: 'JSON', got: lost, todo: 'give plain data' })
}

function checkFits(field: string, schema: z.ZodType | undefined, value: unknown): void {
  const parsed = schema?.safeParse(value)
  if (!parsed || parsed.success) return
  const todo = `correct it: ${firstIssue(parsed.error)}`
  throw new InputError({ field, expected: 'what fits the schema', got: value, todo })
}
