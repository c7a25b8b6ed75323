import type { ErrorValue } from '../contracts/error.ts'
import type { ToolOutcome } from '../contracts/tool.ts'
import { toolFailure } from '../contracts/tool.ts'
import type { Call, Run } from './call.ts'
import { CallTurn } from './call-turn.ts'
import type { Draft } from './draft.ts'
import type { Ending, Move } from './move.ts'

const outcomeUnknown: Ending = { kind: 'hangs', tookEffect: false }

/** The moves of a call whose deliveries run through the tool-call statechart. */
export class RunMoves<Outside = unknown> extends CallTurn<Outside> {
  visit(): void {
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
    const label = (ending: Ending) => (): Move => {
      return { do: 'execute', attempt, ending, isTaken: false, ...this.name }
    }
    for (const outcome of outcomes.of(call, scene.outside)) {
      const { ending } = outcome
      const [draft, after] = [this.effect(outcome), this.after(outcome)]
      this.finish(draft, after, index, run, endOf(ending), label(ending))
      if (!outcome.tookEffect) continue
      const lost: Ending = { kind: 'hangs', tookEffect: true }
      this.finish(this.effect(outcome), after, index, run, endOf(lost), label(lost))
      if (mayCrash) {
        this.die(this.effect(outcome), after, index, 'after it took effect', ending)
      }
    }
    for (const ending of plainFailures) {
      this.finish(this.draft(), call, index, run, endOf(ending), label(ending))
    }
    if (mayCrash && call.effect === 'once') {
      this.die(this.draft(), call, index, 'before it took effect', outcomeUnknown)
    }
    if (scene.delays === 0) return
    const late = this.draft()
    late.delays--
    const zombie = { ...call, zombies: call.zombies + 1 }
    this.finish(late, zombie, index, run, endOf(outcomeUnknown), label(outcomeUnknown), false)
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
    // It looks again and again; what it finds changes when the earlier delivery is over.
    if (isWaiting && call.runs.some(({ owns }, at) => at !== index && owns)) return
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

function endOf(ending: Ending): RunEnd {
  if (ending.kind === 'answers') return { kind: 'done', output: ending.output }
  if (ending.kind !== 'fails') return { kind: 'timer' }
  const { message, isTerminal } = ending
  const disposition = isTerminal ? ('terminal' as const) : ('retryable' as const)
  return { kind: 'error', error: { name: 'Error', message, disposition } }
}
