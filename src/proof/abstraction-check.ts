import { parseAddress } from '../contracts/address.ts'
import type { Effect } from '../contracts/effect.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import { seededRandom } from '../contracts/random.ts'
import type { StoredState } from '../contracts/state.ts'
import { step } from '../actors/step.ts'
import { Cast } from './cast.ts'
import type { Draft } from './draft.ts'
import { openingDraft } from './draft.ts'
import { withIncarnation } from './forms.ts'
import type { Stepped } from './occurrence.ts'
import { Outcomes } from './outcomes.ts'
import type { Scene } from './scene.ts'
import { visitMoves } from './scene-moves.ts'
import type { Abstraction, World } from './world.ts'

export interface AbstractionCheckOptions {
  /** Random runs. Default: 200. */
  walks?: number
  /** Moves of each. Default: 60. */
  moves?: number
  /** The same seed gives the same runs. Default: 1. */
  seed?: number
  /** Differences that are meant, by `what`: bounds rather than abstractions. */
  except?: readonly string[]
}

/** A step that an abstraction does not follow: what it makes one is not the same. */
export interface AbstractionBreach {
  readonly agent: string
  readonly event: NeutralEvent
  /** What differs: `state`, `context.<member>`, `effects`, `output`. */
  readonly what: string
  readonly concrete: unknown
  readonly abstract: unknown
}

/**
 * Tries the abstractions of a world on random runs without them: wherever an agent takes an event, the
 * abstracted agent must take the abstracted event to the abstraction of the same state, with the same
 * effects. It finds abstractions that leave out too much; that it finds nothing is no proof.
 */
export function checkAbstractions<Outside>(
  world: World<Outside>,
  { walks = 200, moves = 60, seed = 1, except = [] }: AbstractionCheckOptions = {},
): AbstractionBreach[] {
  const { abstractions = {}, abstractOutside: _all, ...concrete } = world
  const cast = new Cast<Outside>({ ...concrete, properties: [] })
  const outcomes = new Outcomes(cast)
  const random = seededRandom(seed)
  const breaches = new Map<string, AbstractionBreach>()
  for (let walk = 0; walk < walks; walk++) {
    let scene: Scene | undefined = openingDraft(cast, 0).scene()
    for (let move = 0; move < moves && scene; move++) {
      const drafts: Draft<Outside>[] = []
      visitMoves(cast, outcomes, scene, (draft) => drafts.push(draft))
      const draft: Draft<Outside> | undefined = drafts[Math.floor(random.next() * drafts.length)]
      for (const occurrence of draft?.occurrences ?? []) {
        if (occurrence.kind !== 'stepped') continue
        const { agent } = occurrence
        const abstraction = abstractions[parseAddress(agent).type]
        for (const breach of abstraction ? compare(cast, abstraction, occurrence) : []) {
          const key = `${breach.what} ${describe(breach.event)}`
          if (!except.includes(breach.what) && !breaches.has(key)) breaches.set(key, breach)
        }
      }
      scene = draft?.scene()
    }
  }
  return [...breaches.values()]
}

function compare<Outside>(
  cast: Cast<Outside>,
  abstraction: Abstraction,
  { agent, event, before, after, effects, handled }: Stepped,
): AbstractionBreach[] {
  // The start has nothing before it that could be abstracted.
  if (!before || event.kind === 'init') return []
  const definition = cast.definitionOf(parseAddress(agent).type)
  const small = abstracted(abstraction, before)
  const given = withIncarnation(translated(abstraction, event, before), before)
  const at = { address: parseAddress(agent), atMs: 0 }
  const result = step(definition, small, given, at)
  const [wanted, got] = [abstracted(abstraction, after), abstracted(abstraction, result.next)]
  const pairs: [what: string, concrete: unknown, abstract: unknown][] = [
    ['handled', handled, result.handled],
    ['state', wanted.snapshot.value, got.snapshot.value],
    ['status', wanted.snapshot.status, got.snapshot.status],
    ['output', wanted.snapshot.output, got.snapshot.output],
    ['timers', Object.keys(wanted.timers), Object.keys(got.timers)],
    ['effects', shapes(abstraction, effects), shapes(abstraction, result.effects)],
    ...Object.keys({ ...wanted.snapshot.context, ...got.snapshot.context }).map(
      (name): [string, unknown, unknown] => [
        `context.${name}`,
        wanted.snapshot.context[name],
        got.snapshot.context[name],
      ],
    ),
  ]
  return pairs
    .filter(([, concrete, abstract]) => JSON.stringify(concrete) !== JSON.stringify(abstract))
    .map(([what, concrete, abstract]) => ({ agent, event, what, concrete, abstract }))
}

function abstracted({ context, output }: Abstraction, stored: StoredState): StoredState {
  const { snapshot } = stored
  const small = context(snapshot.context as never, snapshot.value) as Record<string, unknown>
  const end =
    snapshot.output === undefined || !output ? {} : { output: output(snapshot.output as never) }
  return { ...stored, snapshot: { ...snapshot, context: { ...small }, ...end } }
}

function translated(
  { event: translate, shift }: Abstraction,
  event: NeutralEvent,
  { snapshot }: StoredState,
): NeutralEvent {
  if (event.kind !== 'event' || !translate || !shift) return event
  return { kind: 'event', event: translate(event.event, shift(snapshot.context as never)) }
}

/** What the effects ask for; words that are said and inputs that do not count are left out. */
function shapes({ inputs = {} }: Abstraction, effects: readonly Effect[]): unknown[] {
  return effects.map((effect) => {
    if (effect.kind === 'spawn') {
      const { id, src, input, offered } = effect
      return ['spawn', id, offered, src in inputs ? inputs[src]!(input as never) : input]
    }
    if (effect.kind === 'emit' || effect.kind === 'deadLetter')
      return [effect.kind, effect.event?.type]
    if (effect.kind === 'send') return [effect.kind, effect.to, effect.event]
    return [effect.kind]
  })
}

function describe(event: NeutralEvent): string {
  return event.kind === 'event' ? event.event.type : event.kind
}
