import type { Effect } from '../contracts/effect.ts'
import type { NeutralEvent, ParentLink } from '../contracts/event.ts'
import type { Json } from '../contracts/json.ts'
import type { StoredChild, StoredState, StoredTimer } from '../contracts/state.ts'
import { parseAddress } from '../contracts/address.ts'
import type { AgentDefinition } from '../actors/definition.ts'
import type { StepResult } from '../actors/step.ts'
import { step } from '../actors/step.ts'
import { JsonTable, Table } from './table.ts'
import type { Abstraction } from './world.ts'

/**
 * A state of one agent in its canonical form: what differs from it only in how often something
 * happened before is the same form. Incarnations are numbered anew from 1, timers keep their delay
 * and the order in which they were set.
 */
export interface Form {
  /** Its address, `type/id`. */
  readonly agent: string
  readonly definition: AgentDefinition
  readonly stored: StoredState
  /** Per timer, the rank of the step that set it. */
  readonly births: Readonly<Record<string, number>>
  /** Incarnations of child agents that were told to stop and have not said that they did. */
  readonly departing: readonly number[]
  readonly folded: Map<number, Folded>
  /** Timers that may fire next, and the events of their firing. */
  readonly due: readonly { readonly timer: string; readonly event: number }[]
}

type CoreForm = Omit<Form, 'folded' | 'due'>

/** What one event made of a form. */
export interface Folded {
  readonly form: number
  readonly effects: readonly Effect[]
  readonly handled: boolean
  readonly stale: boolean
  /** What puts events under way into the terms of the new form; 0: nothing. */
  readonly shift: number
}

/** Forms as a checkpoint holds them. */
export interface FormsParts {
  readonly events: readonly NeutralEvent[]
  readonly shifts: readonly Json[]
  readonly members: readonly unknown[]
  readonly forms: readonly (Pick<Form, 'agent' | 'stored' | 'births' | 'departing'> & {
    readonly machine: string
  })[]
}

/** Every step is computed once, however many states of the composition share it. */
export class Forms {
  readonly table: Table<Form> = new Table()
  /** Neutral events; the incarnation is filled in from the form that takes them. */
  readonly events: JsonTable<NeutralEvent> = new JsonTable()
  readonly shifts: JsonTable<Json> = new JsonTable()
  /** How many steps were computed. */
  steps = 0
  private readonly begun = new Map<string, Folded>()
  private readonly members: JsonTable = new JsonTable()
  private readonly abstractions: Readonly<Record<string, Abstraction>>
  private readonly onStep: (definition: AgentDefinition, fold: () => StepResult) => StepResult

  constructor(
    abstractions: Readonly<Record<string, Abstraction>>,
    onStep: (definition: AgentDefinition, fold: () => StepResult) => StepResult = (_, fold) =>
      fold(),
  ) {
    this.abstractions = abstractions
    this.onStep = onStep
  }

  at(id: number): Form {
    return this.table.at(id)
  }

  begin(
    agent: string,
    definition: AgentDefinition,
    start: { input?: unknown; parent?: ParentLink },
  ): Folded {
    const key = `${agent} ${definition.hash} ${JSON.stringify([start.input, start.parent])}`
    const known = this.begun.get(key)
    if (known) return known
    const event: NeutralEvent = { kind: 'init', ...start }
    const folded = this.run(agent, definition, undefined, event)
    this.begun.set(key, folded)
    return folded
  }

  fold(id: number, eventId: number): Folded {
    const form = this.table.at(id)
    const known = form.folded.get(eventId)
    if (known) return known
    const { agent, definition } = form
    const event = withIncarnation(this.events.at(eventId), form.stored)
    const folded = this.run(agent, definition, form, event)
    form.folded.set(eventId, folded)
    return folded
  }

  /** The form without a child agent that has said that it stopped. */
  departed(id: number, incarnation: number): number {
    const form = this.table.at(id)
    const departing = form.departing.filter((one) => one !== incarnation)
    return departing.length === form.departing.length ? id : this.intern({ ...form, departing })
  }

  /** All that a checkpoint needs; steps are computed anew when they are asked for. */
  toParts(): FormsParts {
    const { events, shifts, members, table } = this
    const forms = table.all().map(({ agent, definition, stored, births, departing }) => {
      return { agent, machine: definition.id, stored, births, departing }
    })
    return { events: events.all(), shifts: shifts.all(), members: members.all(), forms }
  }

  restore(
    { events, shifts, members, forms }: FormsParts,
    definitionOf: (machine: string) => AgentDefinition,
  ): void {
    this.events.restore(events)
    this.shifts.restore(shifts)
    this.members.restore(members)
    for (const { machine, ...form } of forms) {
      const { stored } = form
      stored.snapshot.context = this.shared(stored.snapshot.context)
      this.intern({ ...form, definition: definitionOf(machine) })
    }
  }

  private run(
    agent: string,
    definition: AgentDefinition,
    before: Form | undefined,
    event: NeutralEvent,
  ): Folded {
    this.steps++
    const at = { address: parseAddress(agent), atMs: 0 }
    const result = this.onStep(definition, () => step(definition, before?.stored, event, at))
    return this.conclude(agent, definition, before, result)
  }

  private conclude(
    agent: string,
    definition: AgentDefinition,
    before: Form | undefined,
    { next, effects, handled, stale }: StepResult,
  ): Folded {
    const abstraction = this.abstractions[definition.id]
    const raw = next.snapshot.context as never
    const shift = abstraction?.shift ? this.shifts.of(abstraction.shift(raw)) : 0
    const { snapshot } = next
    snapshot.context = this.shared(abstraction ? abstraction.context(raw, snapshot.value) : raw)
    if (abstraction?.output && snapshot.output !== undefined) {
      snapshot.output = abstraction.output(snapshot.output as never)
    }
    const births = birthsOf(next, before)
    const departing = departingOf(before, effects)
    const stored = renumbered(next, departing)
    const form = this.intern({ agent, definition, stored, births, departing })
    return { form, effects, handled, stale, shift }
  }

  private intern(form: CoreForm): number {
    return this.table.idOf(this.keyOf(form), () => {
      const due = dueTimers(form).map((timer) => ({
        timer,
        event: this.events.of({ kind: 'timer', timerId: timer, incarnation: 0 }),
      }))
      return { ...form, folded: new Map(), due }
    })
  }

  /** Members that are equal are one object: hundreds of thousands of forms share a few of them. */
  private shared(context: object): Record<string, unknown> {
    const shared: Record<string, unknown> = {}
    for (const name of Object.keys(context).toSorted()) {
      const value = (context as Record<string, unknown>)[name]
      if (value === undefined) continue
      shared[name] =
        typeof value === 'object' && value !== null
          ? this.members.at(this.members.of(value))
          : value
    }
    return shared
  }

  private keyOf({ agent, definition, stored, births, departing }: CoreForm): string {
    const { snapshot, children, timers, incarnations, parent } = stored
    const { status, value, historyValue, output, error } = snapshot
    const context = Object.entries(snapshot.context).map(([name, member]) =>
      typeof member === 'object' && member !== null
        ? [name, this.members.of(member)]
        : [name, [member]],
    )
    const rest = [status, value, context, historyValue, output, error, children, timers]
    return JSON.stringify([agent, definition.hash, rest, incarnations, parent, births, departing])
  }
}

/** A neutral event of a table with the incarnation that it has for this state. */
export function withIncarnation(event: NeutralEvent, stored: StoredState): NeutralEvent {
  switch (event.kind) {
    case 'done':
    case 'error':
      return { ...event, incarnation: stored.children[event.childId]?.incarnation ?? 0 }
    case 'timer':
      return { ...event, incarnation: stored.timers[event.timerId]?.incarnation ?? 0 }
    default:
      return event
  }
}

function birthsOf(next: StoredState, before: Form | undefined): Record<string, number> {
  const known = before?.stored.incarnations ?? 0
  const names = Object.keys(next.timers).toSorted()
  if (names.length === 0) return {}
  const isNew = (name: string): boolean => next.timers[name]!.incarnation > known
  const old = names.filter((name) => !isNew(name)).map((name) => before!.births[name]!)
  const ranks = [...new Set(old)].toSorted((a, b) => a - b)
  return Object.fromEntries(
    names.map((name) => [name, isNew(name) ? ranks.length : ranks.indexOf(before!.births[name]!)]),
  )
}

function departingOf(before: Form | undefined, effects: readonly Effect[]): readonly number[] {
  const departing = before?.departing ?? []
  const more = effects.flatMap((effect) =>
    effect.kind === 'stop' && effect.address ? [effect.incarnation] : [],
  )
  return more.length === 0 ? departing : [...departing, ...more].toSorted((a, b) => a - b)
}

/**
 * Numbers incarnations from 1 in the order in which they were given. Those of child agents stay,
 * because their addresses are made of them.
 */
function renumbered(next: StoredState, departing: readonly number[]): StoredState {
  const taken = new Set(departing)
  const renumber: { incarnation: number; put: (incarnation: number) => void }[] = []
  const children: Record<string, StoredChild> = {}
  for (const id of Object.keys(next.children).toSorted()) {
    const { input: _input, ...child } = next.children[id]!
    children[id] = child
    if (child.address) taken.add(child.incarnation)
    else renumber.push({ incarnation: child.incarnation, put: (one) => (child.incarnation = one) })
  }
  const timers: Record<string, StoredTimer> = {}
  for (const id of Object.keys(next.timers).toSorted()) {
    const timer = { ...next.timers[id]! }
    timers[id] = timer
    renumber.push({ incarnation: timer.incarnation, put: (one) => (timer.incarnation = one) })
  }
  let last = 0
  for (const { put } of renumber.toSorted((a, b) => a.incarnation - b.incarnation)) {
    do last++
    while (taken.has(last))
    put(last)
  }
  const { machine, snapshot, parent } = next
  const incarnations = Math.max(last, ...taken)
  return { machine, snapshot, children, timers, incarnations, ...(parent ? { parent } : {}) }
}

/**
 * Timers of a form that may fire next: not one that is due later than another which was set no
 * later. How much time passes between two steps is open, so every other order is possible.
 */
function dueTimers({ stored, births }: CoreForm): string[] {
  const names = Object.keys(stored.timers)
  return names.filter((name) => {
    const { atMs } = stored.timers[name]!
    return !names.some(
      (other) => births[other]! <= births[name]! && stored.timers[other]!.atMs < atMs,
    )
  })
}
