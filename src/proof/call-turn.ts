import { toolFailure } from '../contracts/tool.ts'
import type { Call } from './call.ts'
import type { Cast } from './cast.ts'
import { Draft } from './draft.ts'
import type { CallName, Move } from './move.ts'
import type { Outcome, Outcomes } from './outcomes.ts'
import type { Scene } from './scene.ts'

/** Is told of every move that a scene allows, in a fixed order. */
export interface Sink<Outside> {
  /** @param isInternal it needs nobody outside and no fault */
  (draft: Draft<Outside>, move: () => Move, isInternal: boolean): void
}

/** One call of one scene, while its moves are looked at. */
export abstract class CallTurn<Outside = unknown> {
  protected readonly cast: Cast<Outside>
  protected readonly outcomes: Outcomes<Outside>
  protected readonly scene: Scene
  protected readonly id: number
  protected readonly call: Call
  protected readonly sink: Sink<Outside>

  constructor(
    cast: Cast<Outside>,
    outcomes: Outcomes<Outside>,
    scene: Scene,
    id: number,
    sink: Sink<Outside>,
  ) {
    this.cast = cast
    this.outcomes = outcomes
    this.scene = scene
    this.id = id
    this.call = cast.calls.at(id)
    this.sink = sink
  }

  protected get name(): CallName {
    const { owner, childId, target } = this.call
    return { agent: this.cast.players.at(owner).agent, childId, target }
  }

  protected draft(): Draft<Outside> {
    return new Draft(this.cast, this.scene)
  }

  /** Nobody gets it. */
  protected refuse(): void {
    const { call, cast } = this
    const { target, childId } = call
    const error = toolFailure(target, { kind: 'rejected', reason: 'its queue is full' })
    const draft = this.draft()
    const reply = cast.eventOf({ kind: 'error', childId, incarnation: 0, error })
    this.reply(draft, { ...call, runs: [], queued: false }, reply)
    this.sink(draft, () => ({ do: 'refuse', isTaken: this.isAtomic, ...this.name }), true)
  }

  /** The work item comes to a second worker. */
  protected again(why: 'redeliver' | 'crash'): void {
    const { call } = this
    const draft = this.draft()
    if (why === 'crash') draft.crashes--
    else draft.duplicates--
    const run = draft.run(this.outcomes.contractOf(call), call)
    draft.replaceCall(this.id, { ...call, runs: [...call.runs, run] })
    const where = 'after its answer was posted, before the call was taken off the queue'
    this.sink(
      draft,
      () =>
        why === 'crash' ? { do: 'crash', where, ...this.name } : { do: 'redeliver', ...this.name },
      false,
    )
  }

  protected get isAtomic(): boolean {
    const { call, cast, scene } = this
    return cast.hasAtomicReads && call.effect === 'read' && scene.calls.length === 1
  }

  /** Its answer is under way, or taken. */
  protected reply(draft: Draft<Outside>, after: Call, reply: number): void {
    draft.replaceCall(this.id, this.isAtomic ? undefined : { ...after, reply })
    if (this.isAtomic) draft.fold(this.call.owner, reply)
  }

  /** A draft in which the execution has taken effect, if it did. */
  protected effect(outcome: Outcome): Draft<Outside> {
    const { call } = this
    const draft = this.draft()
    if (outcome.tookEffect) {
      const output = outcome.ending.kind === 'answers' ? outcome.ending.output : undefined
      draft.executed(call, { output, count: call.effects + 1 }, outcome.outside)
    }
    return draft
  }

  /** What is known of the call then. */
  protected after(outcome: Outcome): Call {
    const { call } = this
    if (!outcome.tookEffect) return call
    return {
      ...call,
      effects: Math.min(2, call.effects + 1),
      answer: outcome.answer || call.answer,
    }
  }
}
