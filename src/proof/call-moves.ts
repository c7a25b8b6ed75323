import type { ErrorValue } from '../contracts/error.ts'
import type { ToolOutcome } from '../contracts/tool.ts'
import { toolFailure } from '../contracts/tool.ts'
import type { Call, Run } from './call.ts'
import { hasRuns } from './call.ts'
import type { Cast } from './cast.ts'
import { Draft } from './draft.ts'
import type { CallName, Ending, Move } from './move.ts'
import type { Outcome, Outcomes } from './outcomes.ts'
import type { Scene } from './scene.ts'

/** Is told of every move that a scene allows, in a fixed order. */
export interface Sink<Outside> {
  /** @param isInternal it needs nobody outside and no fault */
  (draft: Draft<Outside>, move: () => Move, isInternal: boolean): void
}

const outcomeUnknown: Ending = { kind: 'hangs', tookEffect: false }

/** The moves of one call under way. */
export class CallMoves<Outside = unknown> {
  private readonly cast: Cast<Outside>
  private readonly outcomes: Outcomes<Outside>
  private readonly scene: Scene
  private readonly id: number
  private readonly call: Call
  private readonly sink: Sink<Outside>

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

  visit(): void {
    const { call } = this
    if (call.kind === 'decision') return this.decide()
    if (call.reply > 0) this.answer()
    if (hasRuns(call)) return this.visitRuns()
    if (call.reply === 0) this.perform()
  }

  private get name(): CallName {
    const { owner, childId, target } = this.call
    return { agent: this.cast.players.at(owner).agent, childId, target }
  }

  private draft(): Draft<Outside> {
    return new Draft(this.cast, this.scene)
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

  private get isAtomic(): boolean {
    const { call, cast, scene } = this
    return cast.hasAtomicReads && call.effect === 'read' && scene.calls.length === 1
  }

  private reply(draft: Draft<Outside>, after: Call, reply: number): void {
    draft.replaceCall(this.id, this.isAtomic ? undefined : { ...after, reply })
    if (this.isAtomic) draft.fold(this.call.owner, reply)
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

  private refuse(): void {
    const { call, cast } = this
    const { target, childId } = call
    const error = toolFailure(target, { kind: 'rejected', reason: 'its queue is full' })
    const draft = this.draft()
    const reply = cast.eventOf({ kind: 'error', childId, incarnation: 0, error })
    this.reply(draft, { ...call, runs: [], queued: false }, reply)
    this.sink(draft, () => ({ do: 'refuse', isTaken: this.isAtomic, ...this.name }), true)
  }

  private visitRuns(): void {
    const { call, scene } = this
    const isFresh = call.effects === 0 && call.ledger === 'none' && call.zombies === 0
    if (
      isFresh &&
      !call.orphan &&
      call.reply === 0 &&
      call.runs.length === 1 &&
      this.isUntried(call.runs[0]!)
    ) {
      this.refuse()
    }
    for (const [index, run] of call.runs.entries()) this.visitRun(run, index)
    if (call.zombies > 0) this.late()
    if (call.runs.length !== 1) return
    if (scene.duplicates > 0) this.again('redeliver')
  }

  /** Nothing of it has been executed: a call is admitted, or not, before that. */
  private isUntried({ form }: Run): boolean {
    const { attempt, lastError } = this.cast.forms.at(form).stored.snapshot.context
    return (attempt as number) <= 1 && lastError === null
  }

  private attemptOf({ form }: Run): number {
    return this.cast.forms.at(form).stored.snapshot.context['attempt'] as number
  }

  /** The work item comes to a second worker. */
  private again(why: 'redeliver' | 'crash'): void {
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

  private late(): void {
    const { call, scene, outcomes } = this
    for (const outcome of outcomes.of(call, scene.outside)) {
      if (!outcome.tookEffect) continue
      const draft = this.effect(outcome)
      draft.replaceCall(this.id, { ...this.after(outcome), zombies: call.zombies - 1 })
      this.sink(draft, () => ({ do: 'late', ...this.name }), false)
    }
  }

  private visitRun(run: Run, index: number): void {
    const form = this.cast.forms.at(run.form)
    const pending = Object.entries(form.stored.children).find(([, child]) => !child.settled)?.[0]
    switch (pending) {
      case 'recordIntent':
        return this.recordIntent(run, index)
      case 'execute':
        return this.execute(run, index)
      case 'reconcile':
        return this.reconcile(run, index)
      case 'recordOutcome':
        return this.recordOutcome(run, index)
      default:
        return this.wait(run, index)
    }
  }

  /** What the ledger says to a run that is about to execute a `once` call. */
  private recordIntent(run: Run, index: number): void {
    const { call } = this
    const { ledger } = call
    const others = call.runs.filter((_, at) => at !== index)
    const isNew = ledger === 'none' || (ledger === 'open' && run.owns)
    const output = isNew
      ? { kind: 'new' }
      : ledger === 'open'
        ? { kind: 'open', waitMs: others.some(({ owns }) => owns) ? 1 : 0 }
        : { kind: 'settled', outcome: this.cast.values.at(ledger as number) }
    const next = isNew ? withIntentOf(call, index) : call
    const { owns } = next.runs[index]!
    this.done(next, index, { ...run, owns, sees: true }, output, `intent is ${output.kind}`)
    if (this.scene.crashes === 0 || !isNew) return
    this.die(this.draft(), next, index, 'after its intent was recorded')
  }

  private execute(run: Run, index: number): void {
    const { call, scene, outcomes } = this
    const attempt = this.attemptOf(run)
    const mayCrash = scene.crashes > 0
    for (const outcome of outcomes.of(call, scene.outside)) {
      const { ending } = outcome
      const label = (): Move => ({ do: 'execute', attempt, ending, isTaken: false, ...this.name })
      if (ending.kind === 'answers') {
        const draft = this.effect(outcome)
        this.finish(
          draft,
          this.after(outcome),
          index,
          run,
          { kind: 'done', output: ending.output },
          label,
        )
      } else {
        const draft = this.effect(outcome)
        this.finish(draft, this.after(outcome), index, run, failing(ending), label)
      }
      if (!outcome.tookEffect) continue
      const lost: Ending = { kind: 'hangs', tookEffect: true }
      const draft = this.effect(outcome)
      const execute = (): Move => ({
        do: 'execute',
        attempt,
        ending: lost,
        isTaken: false,
        ...this.name,
      })
      this.finish(draft, this.after(outcome), index, run, { kind: 'timer' }, execute)
      if (mayCrash) {
        this.die(this.effect(outcome), this.after(outcome), index, 'after it took effect', ending)
      }
    }
    for (const ending of plainFailures) {
      const label = (): Move => ({ do: 'execute', attempt, ending, isTaken: false, ...this.name })
      this.finish(this.draft(), call, index, run, failing(ending), label)
    }
    if (mayCrash && call.effect === 'once') {
      this.die(this.draft(), call, index, 'before it took effect', outcomeUnknown)
    }
    if (scene.delays === 0) return
    const late = this.draft()
    late.delays--
    const zombie = { ...call, zombies: call.zombies + 1 }
    const label = (): Move => ({
      do: 'execute',
      attempt,
      ending: outcomeUnknown,
      isTaken: false,
      ...this.name,
    })
    this.finish(late, zombie, index, run, { kind: 'timer' }, label, false)
  }

  /** What the tool learns about an earlier intent: the truth, or nothing. */
  private reconcile(run: Run, index: number): void {
    const { call } = this
    const happened = call.effects > 0
    const truth = happened
      ? {
          kind: 'happened',
          output: (this.cast.values.at(call.answer) as { output: unknown }).output,
        }
      : { kind: 'didNotHappen' }
    if (happened || run.sees) {
      const next = happened ? call : withIntentOf(call, index)
      this.done(next, index, next.runs[index]!, truth, `reconciled: ${truth.kind}`)
    } else {
      const step = 'reconciled: another delivery took the intent over'
      this.done(call, index, run, { kind: 'superseded' }, step)
    }
    this.done(call, index, run, { kind: 'unknown' }, 'reconciled: unknown')
    if (this.scene.crashes > 0) this.die(this.draft(), call, index, 'while it was reconciled')
  }

  private recordOutcome(run: Run, index: number): void {
    const { call, cast } = this
    const { outcome } = cast.forms.at(run.form).stored.snapshot.context as { outcome: ToolOutcome }
    const ledger = cast.values.of(outcome)
    // Whoever asks about an intent finds that it is no longer the one it saw.
    const runs = call.runs.map((one) => ({ ...one, sees: false }))
    this.done({ ...call, ledger, runs }, index, run, undefined, 'outcome is recorded')
    if (this.scene.crashes === 0) return
    this.die(this.draft(), call, index, 'before its outcome was recorded')
    this.die(this.draft(), { ...call, ledger, runs }, index, 'after its outcome was recorded')
  }

  /** Only a timer of the statechart is pending. */
  private wait(run: Run, index: number): void {
    const { call, cast } = this
    const form = cast.forms.at(run.form)
    const isWaiting = form.stored.snapshot.value === 'waitingForEarlier'
    const isBlocked = isWaiting && call.runs.some(({ owns }, at) => at !== index && owns)
    if (isBlocked) return
    for (const { timer } of form.due) {
      const label = (): Move => ({ do: 'call', step: `timer ${timer}`, ...this.name })
      this.finish(this.draft(), call, index, run, { kind: 'timer' }, label)
    }
    if (this.scene.crashes > 0 && this.attemptOf(run) > 1 && call.effect === 'once') {
      this.die(this.draft(), call, index, 'while it waited')
    }
  }

  private done(call: Call, index: number, run: Run, output: unknown, step: string): void {
    const label = (): Move => ({ do: 'call', step, ...this.name })
    this.finish(this.draft(), call, index, run, { kind: 'done', output }, label)
  }

  /** The worker dies; the queue hands the call to another, who begins anew. */
  private die(
    draft: Draft<Outside>,
    call: Call,
    index: number,
    where: string,
    ending?: Ending,
  ): void {
    draft.crashes--
    const run = draft.run(this.outcomes.contractOf(call), call)
    draft.replaceCall(this.id, { ...call, runs: call.runs.toSpliced(index, 1, run) })
    const move: Move = { do: 'crash', where, ...this.name, ...(ending ? { ending } : {}) }
    this.sink(draft, () => move, false)
  }

  /** Folds the end of what the run waits for, and tells the agent when the call has settled. */
  private finish(
    draft: Draft<Outside>,
    call: Call,
    index: number,
    run: Run,
    end: RunEnd,
    label: () => Move,
    isInternal = true,
  ): void {
    const { cast } = this
    const form = cast.forms.at(run.form)
    const childId = Object.entries(form.stored.children).find(([, child]) => !child.settled)?.[0]
    const at = { childId: childId ?? '', incarnation: 0 }
    const timerId = end.kind === 'timer' ? form.due[0]!.timer : ''
    const event = cast.eventOf(
      end.kind === 'done'
        ? { kind: 'done', ...at, output: end.output }
        : end.kind === 'timer'
          ? { kind: 'timer', timerId, incarnation: 0 }
          : { kind: 'error', ...at, error: end.error },
    )
    const folded = cast.forms.fold(run.form, event)
    const { snapshot } = cast.forms.at(folded.form).stored
    if (snapshot.status === 'active') {
      const runs = call.runs.toSpliced(index, 1, { ...run, form: folded.form })
      draft.replaceCall(this.id, { ...call, runs })
    } else {
      const runs = call.runs.toSpliced(index, 1)
      const tells = !call.orphan && call.reply === 0
      const reply = tells ? this.completion(snapshot.output as ToolOutcome) : call.reply
      draft.replaceCall(this.id, { ...call, runs, reply })
    }
    this.sink(draft, label, isInternal)
  }

  private completion(outcome: ToolOutcome): number {
    const { childId, target } = this.call
    const at = { childId, incarnation: 0 }
    return this.cast.eventOf(
      outcome.kind === 'done'
        ? { kind: 'done', ...at, output: outcome.output }
        : { kind: 'error', ...at, error: toolFailure(target, outcome) },
    )
  }

  /** A draft in which the execution has taken effect, if it did. */
  private effect(outcome: Outcome): Draft<Outside> {
    const { call } = this
    const draft = this.draft()
    if (outcome.tookEffect) {
      const output = outcome.ending.kind === 'answers' ? outcome.ending.output : undefined
      draft.executed(call, { output, count: call.effects + 1 }, outcome.outside)
    }
    return draft
  }

  private after(outcome: Outcome): Call {
    const { call } = this
    if (!outcome.tookEffect) return call
    return {
      ...call,
      effects: Math.min(2, call.effects + 1),
      answer: outcome.answer || call.answer,
    }
  }
}

/** The intent in the ledger becomes that of one run; it is not what the others found any more. */
function withIntentOf(call: Call, index: number): Call {
  const runs = call.runs.map((run, at) => ({ ...run, owns: at === index, sees: at === index }))
  return { ...call, ledger: 'open', runs }
}

type RunEnd =
  | { kind: 'done'; output: unknown }
  | { kind: 'error'; error: ErrorValue }
  | { kind: 'timer' }

/** What every system outside may do, whatever its model says. */
const plainFailures: readonly Ending[] = [
  { kind: 'hangs', tookEffect: false },
  { kind: 'fails', message: 'it is away', isTerminal: false, tookEffect: false },
  { kind: 'fails', message: 'it refuses', isTerminal: true, tookEffect: false },
]

function failing(ending: Ending): RunEnd {
  if (ending.kind !== 'fails') return { kind: 'timer' }
  const { message, isTerminal } = ending
  const disposition = isTerminal ? ('terminal' as const) : ('retryable' as const)
  return { kind: 'error', error: { name: 'Error', message, disposition } }
}
