import type { Call } from './call.ts'
import { hasRuns } from './call.ts'
import { CallTurn } from './call-turn.ts'
import type { Draft } from './draft.ts'
import type { Ending, Move } from './move.ts'
import { RunMoves } from './run-moves.ts'

/** The moves of one call under way. */
export class CallMoves<Outside = unknown> extends CallTurn<Outside> {
  visit(): void {
    const { call, cast, outcomes, scene, id, sink } = this
    if (call.kind === 'decision') return this.decide()
    if (call.reply > 0) this.answer()
    if (hasRuns(call)) return new RunMoves(cast, outcomes, scene, id, sink).visit()
    if (call.reply === 0) this.perform()
  }

  private decide(): void {
    const { id, call, scene, outcomes } = this
    for (const choice of outcomes.choices(id, scene.outside)) {
      const draft = this.draft()
      draft.replaceCall(id, undefined)
      draft.fold(call.owner, choice.event)
      const move = (): Move =>
        'option' in choice
          ? { do: 'decide', option: choice.option, ...this.name }
          : { do: 'abstain', error: choice.error, ...this.name }
      this.sink(draft, move, true)
    }
  }

  private answer(): void {
    const { call } = this
    const draft = this.draft()
    // What else comes of it is stale.
    draft.replaceCall(this.id, hasRuns(call) ? { ...call, reply: 0, orphan: true } : undefined)
    draft.fold(call.owner, call.reply)
    this.sink(draft, () => ({ do: 'answer', ...this.name }), true)
    // Its worker dies after the answer was posted: the queue hands the call out once more.
    if (this.scene.crashes > 0 && hasRuns(call) && call.queued && call.runs.length === 0) {
      this.again('crash')
    }
  }

  /** A call that may be repeated freely, or that runs in the agent's own process. */
  private perform(): void {
    const { call, scene, outcomes } = this
    const isRefused = call.kind === 'tool' && !this.isValid()
    if (call.kind === 'tool' && !call.orphan) this.refuse()
    if (isRefused) return
    for (const outcome of outcomes.of(call, scene.outside)) {
      const { ending } = outcome
      this.tell(this.effect(outcome), this.after(outcome), ending)
      if (call.effect === 'read' || !outcome.tookEffect || scene.crashes === 0) continue
      const crashed = this.effect(outcome)
      crashed.crashes--
      // The next owner of the agent starts it again.
      crashed.replaceCall(this.id, call.orphan ? undefined : this.after(outcome))
      const where = 'in the process of its agent, after it took effect'
      this.sink(crashed, () => ({ do: 'crash', where, ending, ...this.name }), false)
    }
    if (call.orphan) {
      const gone = this.draft()
      gone.replaceCall(this.id, undefined)
      return this.sink(gone, () => ({ do: 'call', step: 'is given up', ...this.name }), true)
    }
    const message = 'it failed'
    this.tell(this.draft(), call, { kind: 'fails', message, isTerminal: true, tookEffect: false })
  }

  /** The answer of a call without runs is under way, or with it in the agent. */
  private tell(draft: Draft<Outside>, after: Call, ending: Ending): void {
    const { call } = this
    const isTaken = this.isAtomic
    const move = (): Move => ({ do: 'execute', attempt: 1, ending, isTaken, ...this.name })
    if (call.orphan) draft.replaceCall(this.id, undefined)
    else this.reply(draft, after, this.completionOf(ending))
    this.sink(draft, move, true)
  }

  private completionOf(ending: Ending): number {
    const { call, cast, outcomes } = this
    const at = { childId: call.childId, incarnation: 0 }
    if (ending.kind === 'answers') {
      return cast.eventOf({ kind: 'done', ...at, output: ending.output })
    }
    const message = ending.kind === 'fails' ? ending.message : 'no result in time'
    return cast.eventOf({ kind: 'error', ...at, error: outcomes.failure(call, message) })
  }

  private isValid(): boolean {
    const { contract } = this.outcomes.contractOf(this.call)
    return contract.input.safeParse(this.cast.values.at(this.call.input)).success
  }
}
