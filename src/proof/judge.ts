import type { Json } from '../contracts/json.ts'
import type { StoredState } from '../contracts/state.ts'
import type { Cast } from './cast.ts'
import type { Occurrence } from './occurrence.ts'
import type { Monitor, Property, View } from './properties.ts'
import { Broken } from './properties.ts'
import type { Scene } from './scene.ts'

/** That a property does not hold, and why. */
export interface Breach {
  readonly property: string
  readonly reason: string
}

/** Evaluates the properties of a world on the moves and states of a search. */
export class Judge<Outside = unknown> {
  private readonly cast: Cast<Outside>
  private readonly monitors: readonly Monitor<Outside>[]
  /** Per kind of occurrence the indexes of the monitors that want it. */
  private readonly wanted: ReadonlyMap<string, readonly number[]>
  private readonly checked = new Map<number, readonly Breach[]>()

  constructor(cast: Cast<Outside>) {
    this.cast = cast
    this.monitors = cast.world.properties.filter((one) => one.kind === 'monitor')
    const wanted = new Map<string, number[]>()
    for (const [index, { of }] of this.monitors.entries()) {
      for (const kind of of) wanted.set(kind, [...(wanted.get(kind) ?? []), index])
    }
    this.wanted = wanted
  }

  /** The state of all monitors before anything has occurred. */
  initial(): number {
    return this.cast.monitors.of(this.monitors.map(({ initial }) => initial))
  }

  /** What the monitors make of what occurred. A broken one stays as it was. */
  follow(
    monitors: number,
    occurrences: readonly Occurrence<Outside>[],
  ): { monitors: number; breaches: readonly Breach[] } {
    let states: readonly Json[] | undefined
    const breaches: Breach[] = []
    for (const occurrence of occurrences) {
      for (const index of this.wanted.get(occurrence.kind) ?? []) {
        const present = (states ?? this.cast.monitors.at(monitors))[index]!
        const { name, next } = this.monitors[index]!
        const result = next(present, occurrence)
        if (result instanceof Broken) breaches.push({ property: name, reason: result.reason })
        else if (result !== present) {
          states = (states ?? this.cast.monitors.at(monitors)).with(index, result)
        }
      }
    }
    return { monitors: states ? this.cast.monitors.of(states) : monitors, breaches }
  }

  /** What is wrong with a state by itself. */
  judge(scene: Scene): readonly Breach[] {
    const breaches: Breach[] = []
    for (const { form } of scene.slots) {
      if (form === 0 || this.checked.has(form)) continue
      const { definition, stored } = this.cast.forms.at(form)
      const found = this.judgeForm(definition.id, stored)
      this.checked.set(form, found)
      breaches.push(...found)
    }
    for (const property of this.cast.world.properties) {
      if (property.kind !== 'invariant') continue
      const verdict = property.holds(this.viewOf(scene))
      if (verdict !== true) breaches.push({ property: property.name, reason: verdict })
    }
    return breaches
  }

  viewOf(scene: Scene): View<Outside> {
    return viewOf(this.cast, scene)
  }

  private judgeForm(machine: string, stored: StoredState): readonly Breach[] {
    return this.cast.world.properties.flatMap((property: Property<Outside>) => {
      if (property.kind !== 'agentInvariant' || property.machine !== machine) return []
      const verdict = property.holds(stored)
      return verdict === true ? [] : [{ property: property.name, reason: verdict }]
    })
  }
}

function viewOf<Outside>(cast: Cast<Outside>, scene: Scene): View<Outside> {
  const agents = new Map<string, StoredState>()
  for (const { agent, form } of scene.slots) {
    if (form > 0) agents.set(cast.players.at(agent).agent, cast.forms.at(form).stored)
  }
  const calls = scene.calls.map((id) => {
    const { owner, target, childId, orphan } = cast.calls.at(id)
    return { agent: cast.players.at(owner).agent, target, childId, isOrphan: orphan }
  })
  return { agents, outside: cast.outside.at(scene.outside), calls }
}
