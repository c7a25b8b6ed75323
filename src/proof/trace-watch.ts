import { InputError } from '../contracts/error.ts'
import type { Json } from '../contracts/json.ts'
import type { Occurrence } from './occurrence.ts'
import type { Monitor, Property, View } from './properties.ts'
import { Broken } from './properties.ts'
import type { World } from './world.ts'

/** Watches whether one property of a world holds in a single run. */
export class Watch<Outside> {
  /** Why it does not hold; the first reason counts. */
  broken: string | undefined
  readonly property: Property<Outside>
  private monitors: readonly { readonly of: Monitor<Outside>; readonly state: Json }[]

  /** @throws InputError when the world has no property of that name */
  constructor(world: World<Outside>, name: string) {
    const named = world.properties.filter((one) => one.name === name)
    if (named.length === 0) {
      throw new InputError({
        field: 'trace: property',
        expected: `a property of the world ${world.name}`,
        got: name,
        todo: 'play it in the world that it was found in',
      })
    }
    this.property = named[0]!
    this.monitors = named.flatMap((one) =>
      one.kind === 'monitor' ? [{ of: one, state: one.initial }] : [],
    )
  }

  note(occurrence: Occurrence<Outside>): void {
    this.monitors = this.monitors.map(({ of, state }) => {
      if (!of.of.includes(occurrence.kind)) return { of, state }
      const next = of.next(state, occurrence)
      if (!(next instanceof Broken)) return { of, state: next }
      this.broken ??= next.reason
      return { of, state }
    })
    const { property } = this
    if (property.kind !== 'agentInvariant' || occurrence.kind !== 'stepped') return
    if (occurrence.after.machine.id === property.machine) {
      this.verdict(property.holds(occurrence.after))
    }
  }

  look(view: View<Outside>): void {
    if (this.property.kind === 'invariant') this.verdict(this.property.holds(view))
  }

  /** Of a run in which nothing can happen any more. */
  rest(view: View<Outside>): void {
    if (this.property.kind !== 'settles') return
    const active = [...view.agents].filter(([, { snapshot }]) => snapshot.status === 'active')
    const isOver = active.length === 0 && view.calls.length === 0
    if (isOver || this.property.mayRest(view)) return
    const where = active.map(([agent, { snapshot }]) => `${agent} in ${textOf(snapshot.value)}`)
    this.broken ??= `nothing can happen any more, with ${where.join(' and ')}`
  }

  private verdict(holds: true | string): void {
    if (holds !== true) this.broken ??= holds
  }
}

function textOf(value: unknown): string {
  return JSON.stringify(value)
}
