import { describeMove } from './move.ts'
import type { Occurrence } from './occurrence.ts'
import type { View } from './properties.ts'
import type { Scene } from './scene.ts'
import { encodeScene } from './scene.ts'
import type { Trace } from './trace.ts'
import type { PlayedMove, TracePlay } from './trace-play.ts'
import { atOf, placeOfMove } from './trace-play.ts'
import type { WalkedMove } from './trace-walk.ts'
import { TraceWalk } from './trace-walk.ts'
import { Watch } from './trace-watch.ts'
import type { World } from './world.ts'

/**
 * Plays a trace on the checker's own model: whether the world, as it is now, still comes to where
 * the property of the trace does not hold.
 * @throws InputError when the world has no property of that name
 */
export function playOnModel<Outside>(world: World<Outside>, trace: Trace): TracePlay {
  const watch = new Watch(world, trace.property)
  const walk = new TraceWalk(world, trace)
  const { scene, occurrences } = walk.opening()
  tell(watch, occurrences, walk.search.viewOf(scene))
  const walked = walk.walk(trace.moves, scene)
  const steps = walked.map((step): PlayedMove => {
    const view = walk.search.viewOf(step.after)
    tell(watch, step.occurrences, view)
    return playedMove(step.move, view, step.occurrences)
  })
  const found = { world: world.name, property: trace.property, on: 'model', steps }
  const last = walked.at(-1)?.after ?? scene
  const agents = [...walk.search.viewOf(last).agents.keys()]
  const next = trace.moves[walked.length]
  if (next && watch.broken === undefined) {
    const reason = `${placeOfMove(walked.length, next)}: the world does not allow it`
    return { ...found, isBroken: false, reason, divergedAt: walked.length + 1, agents }
  }
  if (watch.property.kind === 'settles') settle(walk, trace, last, watch)
  const isBroken = watch.broken !== undefined
  return { ...found, isBroken, reason: watch.broken ?? notBroken(watch), agents }
}

/** What a run that has come to its end says of a property that it does not break. */
export function notBroken<Outside>({ property }: Watch<Outside>): string {
  if (property.kind === 'reached') return 'no single run can show it; ask `ashlar prove`'
  return 'every move was made, and the property holds'
}

/** What is wrong with so many moves that lead back to where they began. */
export function roundText(moves: number): string {
  return `it can go round for ever: ${moves} move(s) lead back to where they began`
}

/** The calls under way, as a played move tells them. */
function callsOf<Outside>({ calls }: View<Outside>): string[] {
  return calls.map(({ agent, target }) => `${agent} ${target}`)
}

function textOfOccurrence<Outside>(occurrence: Occurrence<Outside>): string {
  switch (occurrence.kind) {
    case 'stepped':
      return `${occurrence.agent} steps`
    case 'executed':
      return `${occurrence.tool} takes effect`
    case 'sent':
    case 'emitted':
      return `${occurrence.event.type} is ${occurrence.kind}`
    case 'deadLetter':
      return `${occurrence.event?.type ?? 'a message'} is a dead letter: ${occurrence.reason}`
  }
}

export function playedMove<Outside>(
  move: WalkedMove<Outside>['move'],
  view: View<Outside>,
  occurrences: readonly Occurrence<Outside>[],
): PlayedMove {
  const agents = Object.fromEntries([...view.agents].map(([name, state]) => [name, atOf(state)]))
  const occurred = occurrences.map(textOfOccurrence)
  return { move, text: describeMove(move), agents, calls: callsOf(view), occurred }
}

function tell<Outside>(
  watch: Watch<Outside>,
  occurrences: readonly Occurrence<Outside>[],
  view: View<Outside>,
): void {
  for (const occurrence of occurrences) watch.note(occurrence)
  watch.look(view)
}

/** At the end of a trace of a property that everything comes to rest. */
function settle<Outside>(
  walk: TraceWalk<Outside>,
  { loop, reason }: Trace,
  last: Scene,
  watch: Watch<Outside>,
): void {
  if (loop) {
    const round = walk.walk(loop, last)
    const isRound = round.length === loop.length && isSame(round.at(-1)!.after, last)
    if (isRound) watch.broken ??= roundText(loop.length)
    return
  }
  if (walk.isResting(last)) return watch.rest(walk.search.viewOf(last))
  const { property } = watch
  if (property.kind === 'settles' && property.mayLoop && walk.isTrapped(last)) {
    watch.broken ??= reason
  }
}

function isSame(one: Scene, other: Scene): boolean {
  return encodeScene(one).join() === encodeScene(other).join()
}
