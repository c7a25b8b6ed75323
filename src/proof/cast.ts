import { formatAddress } from '../contracts/address.ts'
import type { AgentEvent, NeutralEvent } from '../contracts/event.ts'
import type { Json } from '../contracts/json.ts'
import type { AgentDefinition } from '../actors/definition.ts'
import { defineAgent } from '../actors/definition.ts'
import { toolCallMachine } from '../machines/tool-call.ts'
import { Calls } from './call.ts'
import { Forms } from './forms.ts'
import type { Instrument, Taken } from './instrument.ts'
import { instrument } from './instrument.ts'
import { isSequential } from './sequential.ts'
import { JsonTable, Table } from './table.ts'
import type { Bounds, OutsideEvent, Outsider, World } from './world.ts'
import { addressOf, checkWorld, defaultBounds } from './world.ts'

/** An agent that may appear. */
export interface Player {
  readonly agent: string
  readonly definition: AgentDefinition
}

/** An event that an outsider may send now. */
export type Sayable = Required<OutsideEvent> & { readonly id: number }

/** Messages under way to one agent: per sender in order. */
export type Mail = readonly (readonly [from: string, events: readonly number[]])[]

const toolCall: AgentDefinition = defineAgent({ machine: toolCallMachine })

/** How the address of a call's statechart begins. */
export const callAddress = 'tool-call/run'

/** What of one machine the search has seen. */
export interface Sight {
  readonly definition: AgentDefinition
  readonly declared: Instrument['declared']
  readonly seen: { readonly [Kind in keyof Taken]: Set<string> }
}

/** A world with the tables that its states are numbers of. */
export class Cast<Outside = unknown> {
  readonly world: World<Outside>
  readonly bounds: Bounds
  readonly forms: Forms
  readonly calls: Calls = new Calls()
  readonly players: Table<Player> = new Table()
  readonly mail: Table<Mail> = new Table()
  /** Inputs and outputs of calls, errors. */
  readonly values: JsonTable = new JsonTable()
  readonly outside: JsonTable<Outside> = new JsonTable()
  /** States of all monitors. */
  readonly monitors: JsonTable<readonly Json[]> = new JsonTable()
  readonly sights: ReadonlyMap<string, Sight>
  /** Calls by the effect that made them: a step that is known makes the same ones again. */
  readonly spawned: WeakMap<object, number> = new WeakMap()
  private readonly said = new Map<string, Map<number, readonly Sayable[]>>()
  private readonly definitions: ReadonlyMap<string, AgentDefinition>
  /** The definition of a tool call as it is folded here. */
  readonly toolCall: AgentDefinition
  /**
   * There is one agent, and it has one call under way at a time: a read that is the only call is
   * answered with what is true when the answer is taken, for nothing can change it before.
   */
  readonly hasAtomicReads: boolean

  /** @throws InputError */
  constructor(world: World<Outside>) {
    checkWorld(world as World)
    this.world = world
    this.bounds = { ...defaultBounds, ...world.bounds }
    const given = [...world.agents.map(({ definition }) => definition), ...(world.children ?? [])]
    this.hasAtomicReads = given.length === 1 && isSequential(given[0]!)
    const instruments = new Map(
      [...given, toolCall].map((definition) => [definition.id, instrument(unbudgeted(definition))]),
    )
    this.definitions = new Map([...instruments].map(([id, { definition }]) => [id, definition]))
    this.toolCall = this.definitions.get(toolCall.id)!
    this.sights = new Map(
      [...instruments].map(([id, { definition, declared }]) => [id, sightOf(definition, declared)]),
    )
    this.forms = new Forms(world.abstractions ?? {}, ({ id }, fold) => {
      const result = fold()
      const taken = instruments.get(id)!.take(result.effects)
      const { seen } = this.sights.get(id)!
      for (const kind of ['states', 'transitions', 'held', 'refused'] as const) {
        for (const name of taken[kind]) seen[kind].add(name)
      }
      return result
    })
    for (const started of world.agents) {
      this.playerOf(formatAddress(addressOf(started)), started.definition.id)
    }
  }

  /** The number of an agent; undefined when nobody knows its machine. */
  playerOf(agent: string, type: string): number | undefined {
    const definition = this.definitions.get(type)
    if (!definition) return undefined
    return this.players.idOf(agent, () => ({ agent, definition }))
  }

  mailOf(mail: Mail): number {
    return mail.length === 0 ? 0 : this.mail.idOf(JSON.stringify(mail), () => mail)
  }

  eventOf(event: NeutralEvent): number {
    return this.forms.events.of(event)
  }

  plainEvent(event: AgentEvent): number {
    return this.eventOf({ kind: 'event', event })
  }

  /** What an outsider may send to an agent in a form. */
  sayable(outsider: string, form: number, events: Outsider['events']): readonly Sayable[] {
    let byForm = this.said.get(outsider)
    if (!byForm) this.said.set(outsider, (byForm = new Map()))
    const known = byForm.get(form)
    if (known) return known
    const { stored } = this.forms.at(form)
    const given = stored.snapshot.status === 'active' ? events(stored) : []
    const sayable = given.map(({ event, isExpected = false }) => {
      return { event, isExpected, id: this.plainEvent(event) }
    })
    byForm.set(form, sayable)
    return sayable
  }

  /** The definition of a machine of this world as it is folded here. */
  definitionOf(machine: string): AgentDefinition {
    return this.definitions.get(machine)!
  }
}

/** Budgets are open: that one is exhausted is among what a decision may come to. */
function unbudgeted(definition: AgentDefinition): AgentDefinition {
  return { ...definition, budget: undefined }
}

function sightOf(definition: AgentDefinition, declared: Instrument['declared']): Sight {
  const seen = {
    states: new Set<string>(),
    transitions: new Set<string>(),
    held: new Set<string>(),
    refused: new Set<string>(),
  }
  return { definition, declared, seen }
}
