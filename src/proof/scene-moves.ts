import { CallMoves } from './call-moves.ts'
import type { Sink } from './call-turn.ts'
import type { Cast } from './cast.ts'
import { Draft } from './draft.ts'
import type { Outcomes } from './outcomes.ts'
import type { Scene, Slot } from './scene.ts'
import type { Outsider } from './world.ts'

/** How the sender of a copy of an outsider's event is called. */
export const copyOf = 'copy of '

/** Tells the sink of every move that a scene allows, always in the same order. */
export function visitMoves<Outside>(
  cast: Cast<Outside>,
  outcomes: Outcomes<Outside>,
  scene: Scene,
  sink: Sink<Outside>,
): void {
  for (const slot of scene.slots) visitSlot(cast, scene, slot, sink)
  let last = 0
  for (const id of scene.calls) {
    // Calls are sorted, and two that are the same do the same.
    if (id !== last) new CallMoves(cast, outcomes, scene, id, sink).visit()
    last = id
  }
  let bounded = -1
  for (const outsider of cast.world.outsiders ?? []) {
    if (outsider.most !== undefined) bounded++
    const at = outsider.most === undefined ? -1 : bounded
    visitOutsider(cast, scene, outsider, at, sink)
  }
}

function visitSlot<Outside>(
  cast: Cast<Outside>,
  scene: Scene,
  { agent, form, mail }: Slot,
  sink: Sink<Outside>,
): void {
  const { agent: name } = cast.players.at(agent)
  if (form > 0) {
    for (const { timer, event } of cast.forms.at(form).due) {
      const draft = new Draft(cast, scene)
      draft.fold(agent, event)
      sink(draft, () => ({ do: 'timer', agent: name, timer }), true)
    }
  }
  if (mail === 0) return
  for (const [from, [first]] of cast.mail.at(mail)) {
    const event = cast.forms.events.at(first!)
    const draft = new Draft(cast, scene)
    draft.unpost(agent, from)
    if (event.kind === 'done' || event.kind === 'error') draft.complete(agent, from, first!)
    else draft.fold(agent, first!)
    // Nobody waits for a copy, so a run may rest without it.
    const isInternal = !from.startsWith(copyOf)
    sink(draft, () => ({ do: 'take', agent: name, from, event }), isInternal)
  }
}

function visitOutsider<Outside>(
  cast: Cast<Outside>,
  scene: Scene,
  { name, to, events }: Outsider,
  bounded: number,
  sink: Sink<Outside>,
): void {
  if (bounded >= 0 && scene.sends[bounded] === 0) return
  for (const { agent, form } of scene.slots) {
    const { agent: address, definition } = cast.players.at(agent)
    if (form === 0 || (address !== to && to !== `${definition.id}/*`)) continue
    for (const { event, isExpected, id } of cast.sayable(name, form, events)) {
      for (const twice of scene.duplicates > 0 ? [false, true] : [false]) {
        const draft = new Draft(cast, scene)
        if (bounded >= 0) draft.sends = scene.sends.with(bounded, scene.sends[bounded]! - 1)
        if (twice) {
          draft.duplicates--
          draft.post(agent, copyOf + name, id)
        }
        draft.occurrences.push({ kind: 'sent', by: name, to: address, event, isExpected })
        draft.fold(agent, id, isExpected)
        sink(draft, () => ({ do: 'send', by: name, to: address, event, twice }), false)
      }
    }
  }
}
