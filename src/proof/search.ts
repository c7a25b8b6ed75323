import { Cast } from './cast.ts'
import { visitMoves } from './scene-moves.ts'
import { openingDraft } from './draft.ts'
import { GrowingInts } from './growing-ints.ts'
import type { Breach } from './judge.ts'
import { Judge } from './judge.ts'
import type { Move } from './move.ts'
import { Outcomes } from './outcomes.ts'
import type { Occurrence } from './occurrence.ts'
import type { Property, View } from './properties.ts'
import type { Scene } from './scene.ts'
import { decodeScene, encodeScene } from './scene.ts'
import { SeenStates } from './seen-states.ts'
import type { World } from './world.ts'

/** A breach, and the state in which or behind which it shows. */
export interface Found extends Breach {
  readonly state: number
  /** The move of the state that breaks the property; undefined when the state itself does. */
  readonly move: number | undefined
}

/** Why a search ended before it had seen everything. */
export type CutOff = 'states' | 'depth' | 'memory' | 'time' | 'mailbox' | 'violation' | 'stopped'

/** Queued states are let go of so many at a time. */
const dropEvery = 1 << 20

/**
 * Breadth-first search over all states of a world. It is deterministic: the same world gives the same
 * states under the same numbers.
 */
export class Search<Outside = unknown> {
  readonly cast: Cast<Outside>
  readonly seen: SeenStates = new SeenStates()
  readonly found: Found[] = []
  transitions = 0
  /** Moves from the start to the state that is looked at. */
  depth = 0
  /** States that are expanded; the others are in the queue. */
  expanded = 0
  isOverfull = false
  /** States beyond which the world's own bound forbids to look. */
  bordering = 0
  /** Of every expanded state the first of its edges, and of every edge where it leads. */
  readonly edgesFrom: GrowingInts = new GrowingInts()
  readonly edgesTo: GrowingInts = new GrowingInts()
  /** States in which the composition rests as it may. */
  readonly resting: GrowingInts = new GrowingInts()
  private readonly outcomes: Outcomes<Outside>
  private readonly judge: Judge<Outside>
  private readonly settles: Extract<Property<Outside>, { kind: 'settles' }> | undefined
  private readonly bounded: number
  private readonly broken = new Set<string>()
  /** Codes of the states that are not expanded yet, each after its length. */
  private readonly queue = new GrowingInts()
  private queueAt = 0
  /** The first state of the next depth. */
  private levelEnd = 0

  constructor(world: World<Outside>) {
    this.cast = new Cast(world)
    this.outcomes = new Outcomes(this.cast)
    this.judge = new Judge(this.cast)
    this.settles = world.properties.find((one) => one.kind === 'settles')
    this.bounded = (world.outsiders ?? []).filter(({ most }) => most !== undefined).length
  }

  /** Puts the first state into the queue. */
  begin(): void {
    const { scene, occurrences } = this.start()
    const { monitors, breaches } = this.judge.follow(scene.monitors, occurrences)
    this.add({ ...scene, monitors }, -1, 0)
    for (const breach of breaches) this.note(breach, 0, undefined)
    this.levelEnd = 1
  }

  /** Expands so many states of the queue at most; false when there is none left. */
  advance(count: number): boolean {
    for (let left = count; left > 0 && this.expanded < this.seen.size; left--) {
      if (this.expanded === this.levelEnd) {
        this.depth++
        this.levelEnd = this.seen.size
      }
      this.expand(this.expanded, this.nextScene())
      this.expanded++
    }
    return this.expanded < this.seen.size
  }

  /** The moves that lead to a state on a shortest path. */
  pathTo(state: number): { moves: Move[]; scene: Scene } {
    const ordinals: number[] = []
    for (let at = state; at > 0; at = this.seen.parents.at(at)) {
      ordinals.unshift(this.seen.moves.at(at))
    }
    let scene = this.opening().scene
    const moves: Move[] = []
    for (const ordinal of ordinals) {
      const taken = this.moveOf(scene, ordinal)
      moves.push(taken.move)
      scene = taken.scene
    }
    return { moves, scene }
  }

  /** The move with this number in a scene, and where it leads. */
  moveOf(scene: Scene, ordinal: number): { move: Move; scene: Scene; state: number } {
    let found: { move: Move; scene: Scene; state: number } | undefined
    this.visit(scene, (next, move, _isInternal, at) => {
      if (at !== ordinal) return
      found = { move: move(), scene: next, state: this.seen.find(encodeScene(next)) }
    })
    if (!found) throw new Error(`a scene has no move ${ordinal}`)
    return found
  }

  /** The internal move of a scene that leads to a state. */
  moveTo(scene: Scene, state: number): { move: Move; scene: Scene } {
    let found: { move: Move; scene: Scene } | undefined
    this.visit(scene, (next, move, isInternal) => {
      if (found || !isInternal) return
      if (this.seen.find(encodeScene(next)) !== state) return
      found = { move: move(), scene: next }
    })
    if (!found) throw new Error(`a scene has no move to state ${state}`)
    return found
  }

  /** Where the queue is, for a checkpoint. */
  toParts(): SearchParts {
    const { transitions, depth, expanded, isOverfull, levelEnd, found, bordering } = this
    const broken = [...this.broken]
    const counts = { transitions, depth, expanded, isOverfull, levelEnd, found, broken, bordering }
    const { edgesFrom, edgesTo, resting } = this
    return {
      counts,
      queue: this.queue.toArray().subarray(this.queueAt),
      edges: [edgesFrom, edgesTo, resting].map((ints) => ints.toArray()),
      seen: this.seen.toArrays(),
    }
  }

  restore({ counts, queue, edges, seen }: SearchParts): void {
    const { found, broken, ...numbers } = counts
    Object.assign(this, numbers)
    this.found.push(...found)
    for (const name of broken) this.broken.add(name)
    this.queue.restore(queue)
    this.edgesFrom.restore(edges[0]!)
    this.edgesTo.restore(edges[1]!)
    this.resting.restore(edges[2]!)
    this.seen.restore(seen)
  }

  /** The first scene, and what occurs before it. */
  opening(): { scene: Scene; occurrences: readonly Occurrence<Outside>[] } {
    const { scene, occurrences } = this.start()
    const { monitors } = this.judge.follow(scene.monitors, occurrences)
    return { scene: { ...scene, monitors }, occurrences }
  }

  viewOf(scene: Scene): View<Outside> {
    return this.judge.viewOf(scene)
  }

  private start(): { scene: Scene; occurrences: readonly Occurrence<Outside>[] } {
    const draft = openingDraft(this.cast, this.judge.initial())
    return { scene: draft.scene(), occurrences: draft.occurrences }
  }

  private expand(state: number, scene: Scene): void {
    let isResting = true
    this.edgesFrom.push(this.edgesTo.length)
    if (this.cast.world.within?.(this.judge.viewOf(scene)) === false) {
      this.bordering++
      this.resting.push(state)
      return
    }
    this.visit(scene, (next, _move, isInternal, ordinal, breaches) => {
      this.transitions++
      const { state: to } = this.add(next, state, ordinal)
      if (isInternal) isResting = false
      if (isInternal && this.settles) this.edgesTo.push(to)
      for (const breach of breaches) this.note(breach, state, ordinal)
    })
    if (isResting && this.settles) this.rest(state, scene)
  }

  private rest(state: number, scene: Scene): void {
    const { forms, calls } = this.cast
    const isOver =
      scene.calls.every((id) => calls.at(id).orphan) &&
      scene.slots.every(
        ({ form }) => form > 0 && forms.at(form).stored.snapshot.status !== 'active',
      )
    if (isOver || this.settles!.mayRest(this.judge.viewOf(scene))) return this.resting.push(state)
    const { name } = this.settles!
    const where = scene.slots
      .filter(({ form }) => form > 0)
      .map(({ form }) => forms.at(form))
      .map(({ agent, stored }) => `${agent} in ${JSON.stringify(stored.snapshot.value)}`)
    const reason = `nothing can happen any more, with ${where.join(' and ')}`
    this.note({ property: name, reason }, state, undefined)
  }

  /** Tells of every move of a scene, where it leads and what occurs. */
  visit(
    scene: Scene,
    each: (
      next: Scene,
      move: () => Move,
      isInternal: boolean,
      ordinal: number,
      breaches: readonly Breach[],
      occurrences: readonly Occurrence<Outside>[],
    ) => void,
  ): void {
    let ordinal = -1
    visitMoves(this.cast, this.outcomes, scene, (draft, move, isInternal) => {
      ordinal++
      if (draft.isOverfull) {
        this.isOverfull = true
        return
      }
      const { monitors, breaches } = this.judge.follow(scene.monitors, draft.occurrences)
      const { occurrences } = draft
      each({ ...draft.scene(), monitors }, move, isInternal, ordinal, breaches, occurrences)
    })
  }

  private add(scene: Scene, parent: number, move: number): { state: number; isNew: boolean } {
    const code = encodeScene(scene)
    const added = this.seen.add(code, parent, move)
    if (!added.isNew) return added
    this.queue.push(code.length)
    for (const number of code) this.queue.push(number)
    for (const breach of this.judge.judge(scene)) this.note(breach, added.state, undefined)
    return added
  }

  private nextScene(): Scene {
    const { queue } = this
    const length = queue.at(this.queueAt)
    const begin = this.queueAt + 1
    const scene = decodeScene(queue.slice(begin, begin + length), this.bounded)
    this.queueAt = begin + length
    if (this.queueAt > dropEvery) {
      queue.drop(this.queueAt)
      this.queueAt = 0
    }
    return scene
  }

  /** The first breach of a property is one on a shortest path. */
  private note(breach: Breach, state: number, move: number | undefined): void {
    if (this.broken.has(breach.property)) return
    this.broken.add(breach.property)
    this.found.push({ ...breach, state, move })
  }
}

export interface SearchParts {
  counts: {
    transitions: number
    depth: number
    expanded: number
    isOverfull: boolean
    levelEnd: number
    bordering: number
    found: Found[]
    broken: string[]
  }
  queue: Int32Array
  edges: Int32Array[]
  seen: Int32Array[]
}
