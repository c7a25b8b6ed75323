import type { CallName, Ending, Move } from './move.ts'
import type { RealCall } from './trace-call.ts'
import { completionOf } from './trace-call.ts'
import { DivergedError } from './trace-play.ts'
import type { TraceRun } from './trace-run.ts'
import type { TraceWalk, WalkedMove } from './trace-walk.ts'
import { same } from './trace-walk.ts'
import type { TraceWorker } from './trace-worker.ts'
import { advance, begun, holding, runsIn, taken, workerAt } from './trace-workers.ts'

type MoveOf<Kind extends Move['do']> = Extract<Move, { do: Kind }>

/** Makes the moves of a trace that are about one call, on its real process. */
export class TraceCallMoves<State> {
  private readonly run: TraceRun<State>
  private readonly walk: TraceWalk<State>

  constructor(run: TraceRun<State>, walk: TraceWalk<State>) {
    this.run = run
    this.walk = walk
  }

  async make(walked: WalkedMove<State>, move: Move & CallName): Promise<void> {
    const call = this.find(walked, move)
    switch (move.do) {
      case 'decide':
        return this.decide(walked, call, { kind: 'chosen', option: move.option })
      case 'abstain':
        return this.decide(walked, call, { kind: 'abstained', reason: messageIn(move) }, move)
      case 'execute':
        await this.execute(walked, call, move)
        if (move.isTaken) await this.answer(call)
        return
      case 'refuse':
        await this.refuse(walked, call)
        if (move.isTaken) await this.answer(call)
        return
      case 'call':
        return this.step(walked, call, move)
      case 'answer':
        return this.answer(call)
      case 'crash':
        return this.crash(walked, call, move)
      case 'redeliver': {
        const count = runsIn(walked)
        await begun(this.run, call, count)
        await this.run.redeliver(call)
        return taken(this.run, call, count + 1)
      }
      case 'late':
        return this.late(walked, call)
    }
  }

  /** The agent's present call of that name, or the one that it no longer waits for. */
  private find({ call: ofModel }: WalkedMove<State>, move: CallName): RealCall {
    const { agents } = this.run
    const agent = agents.realName(move.agent)
    const named = agents.calls.filter(
      (call) =>
        call.agent === agent && call.childId === move.childId && call.target === move.target,
    )
    const isOrphan = ofModel?.orphan ?? false
    const fits = named.filter((call) => agents.isOrphan(call) === isOrphan)
    // Of several that nobody waits for, one that a process still has.
    const found = fits.find((call) => holding(call).length > 0) ?? fits.at(-1)
    if (found) return found
    throw new DivergedError(`${agent} has no call of ${move.target} under way`)
  }

  private async decide(
    walked: WalkedMove<State>,
    call: RealCall,
    answer: object,
    { error }: Partial<MoveOf<'abstain'>> = {},
  ): Promise<void> {
    const { run } = this
    // Where nothing is offered, or the input breaks its schema, nobody is asked.
    const [first] = await begun(run, call, 1)
    if (!error || !first!.isAnswered) {
      const worker = await workerAt(run, call, walked, 'decide')
      await advance(run, worker, 'decides', () => worker.open(answer))
      if (!worker.isAnswered) {
        throw new DivergedError(`the contract of ${call.target} allows no such choice`)
      }
    }
    await this.answer(call, error?.['isExhausted'] === true)
  }

  private async execute(
    walked: WalkedMove<State>,
    call: RealCall,
    { ending }: MoveOf<'execute'>,
  ): Promise<void> {
    if (!call.queue) return this.executeInPlace(walked, call, ending)
    const { run } = this
    const worker = await workerAt(run, call, walked, 'execute')
    const output = this.affect(walked, call)
    await advance(run, worker, 'ends', () => end(worker, call, ending, output))
  }

  private async executeInPlace(
    walked: WalkedMove<State>,
    call: RealCall,
    ending: Ending,
  ): Promise<void> {
    const output = this.affect(walked, call)
    if (call.kind === 'memory' && ending.kind === 'answers') {
      const real = await this.run.remember(call)
      // Where the model's answer is another one, the run has to go the way of the model.
      const answered = same(real, output) ? real : output
      call.completion = completionOf(call, ending, answered)
      return
    }
    call.completion = completionOf(call, ending, output)
  }

  /** The real outside takes note as the model's does. */
  private affect(walked: WalkedMove<State>, call: RealCall): unknown {
    const { agents, outside } = this.run
    const caller = { state: agents.stateOf(call.agent), isOrphan: agents.isOrphan(call) }
    return outside.execute(call, this.walk.choiceOf(walked), caller)
  }

  private async refuse(walked: WalkedMove<State>, call: RealCall): Promise<void> {
    const { run } = this
    await taken(run, call, runsIn(walked))
    const worker = holding(call)[0]!
    if (worker.hasBegun) {
      throw new DivergedError(`${call.target} has begun, so that nothing refuses it any more`)
    }
    await advance(run, worker, 'is refused', () => worker.begin(true))
    if (worker.isAnswered) return
    throw new DivergedError(`${call.target} was not refused`)
  }

  private async step(
    walked: WalkedMove<State>,
    call: RealCall,
    { step }: MoveOf<'call'>,
  ): Promise<void> {
    const { run } = this
    if (step === 'is given up') return
    if (step.startsWith('timer ')) {
      const worker = await workerAt(run, call, walked, 'a timer')
      return advance(run, worker, step, () => worker.fire())
    }
    if (step === 'outcome is recorded') {
      const worker = await workerAt(run, call, walked, 'recordOutcome')
      await advance(run, worker, 'records the outcome', () => worker.open())
      return advance(run, worker, step, () => worker.open())
    }
    const [about, kind] = step.split(': ')
    if (about === 'reconciled') return this.reconcile(walked, call, kind!)
    return this.intent(walked, call, step.replace('intent is ', ''))
  }

  private async intent(walked: WalkedMove<State>, call: RealCall, kind: string): Promise<void> {
    const { run } = this
    const worker = await workerAt(run, call, walked, 'recordIntent')
    const others = holding(call).filter((one) => one !== worker)
    // Of an owner that is dead one asks what became of its execution when its time is over.
    const isLate = kind === 'open' && !others.some(({ owns }) => owns)
    worker.tellTime(isLate ? 'late' : 'inTime')
    await advance(run, worker, 'records its intent', () => worker.open())
    const entry = worker.gate?.value as { kind?: unknown } | undefined
    if (entry?.kind !== kind) {
      throw new DivergedError(`the ledger says ${String(entry?.kind)} of ${call.target}`)
    }
    worker.owns ||= kind === 'new'
    await advance(run, worker, `intent is ${kind}`, () => worker.open())
  }

  private async reconcile(walked: WalkedMove<State>, call: RealCall, kind: string): Promise<void> {
    const { run } = this
    const worker = await workerAt(run, call, walked, 'reconcile')
    // Where another delivery took the intent over, the ledger says so: nothing had happened yet.
    const said = kind === 'happened' || kind === 'unknown' ? kind : 'didNotHappen'
    const found = kind === 'happened' ? { kind: said, output: call.kept?.output } : { kind: said }
    if (kind === 'didNotHappen') for (const one of call.workers) one.owns = one === worker
    worker.tellTime('inTime')
    await advance(run, worker, `is reconciled: ${kind}`, () => worker.open(found))
  }

  /** The agent takes what is under way to it from the call. */
  private async answer(call: RealCall, isExhausted = false): Promise<void> {
    const { run } = this
    if (!call.queue) return run.endInPlace(call)
    const { kind, target, childId, incarnation, agent } = call
    const reply = run.agents.unpost(({ from, body }) => {
      if (from.name !== `${kind}:${target}`) return false
      if (body.kind !== 'done' && body.kind !== 'error') return false
      return body.childId === childId && body.incarnation === incarnation
    })
    if (!reply) throw new DivergedError(`no answer of ${target} is under way to ${agent}`)
    const { body } = reply
    // No budget is kept here: that one is used up is what the trace says.
    const isMarked = isExhausted && body.kind === 'error'
    const told = isMarked ? { ...body, error: { ...body.error, isExhausted } } : body
    await run.hand({ ...reply, body: told })
    for (const worker of call.workers) if (worker.isAnswered) worker.acknowledge()
  }

  private async crash(
    walked: WalkedMove<State>,
    call: RealCall,
    { where }: MoveOf<'crash'>,
  ): Promise<void> {
    const { run } = this
    if (!call.queue) {
      this.affect(walked, call)
      return run.restartHost(call)
    }
    const worker = await this.dying(walked, call, where)
    if (where === 'after it took effect') this.affect(walked, call)
    await run.kill(worker)
  }

  /** The process that dies, at the place where it does. */
  private async dying(
    walked: WalkedMove<State>,
    call: RealCall,
    where: string,
  ): Promise<TraceWorker> {
    const { run } = this
    const at = (step: Parameters<typeof workerAt>[3]): Promise<TraceWorker> =>
      workerAt(run, call, walked, step)
    switch (where) {
      case 'after its answer was posted, before the call was taken off the queue':
        return this.answered(walked, call)
      case 'after its intent was recorded':
      case 'after its outcome was recorded': {
        const step = where === 'after its intent was recorded' ? 'recordIntent' : 'recordOutcome'
        const worker = await at(step)
        worker.tellTime('inTime')
        await advance(run, worker, where, () => worker.open())
        return worker
      }
      case 'before its outcome was recorded':
        return at('recordOutcome')
      case 'while it was reconciled':
        return at('reconcile')
      case 'while it waited':
        return at('a timer')
      default:
        return at('execute')
    }
  }

  /** A process that has posted the answer; the model leaves out that a second one finds it. */
  private async answered(walked: WalkedMove<State>, call: RealCall): Promise<TraceWorker> {
    const answered = call.workers.findLast(({ isDead, isAnswered }) => !isDead && isAnswered)
    if (answered) return answered
    const worker = await workerAt(this.run, call, walked, 'execute')
    await advance(this.run, worker, 'answers again', () => worker.open(call.kept?.output))
    return worker
  }

  /** An execution that was given up, or of a call that nobody waits for any more, takes effect. */
  private async late(walked: WalkedMove<State>, call: RealCall): Promise<void> {
    const { run } = this
    if (call.workers.some(({ attempt }) => attempt > 0)) {
      this.affect(walked, call)
      return
    }
    const worker = await workerAt(run, call, walked, 'execute')
    const output = this.affect(walked, call)
    await advance(run, worker, 'ends', () => worker.open(output))
  }
}

/** How an execution ends, to the statechart of its call. */
function end(worker: TraceWorker, { effect }: RealCall, ending: Ending, output: unknown): void {
  if (ending.kind === 'answers') return worker.open(output)
  if (ending.kind === 'hangs') return worker.fire()
  // The model knows no second attempt of a read: it fails for good.
  const disposition = ending.isTerminal || effect === 'read' ? 'terminal' : 'retryable'
  worker.fail(Object.assign(new Error(ending.message), { disposition }))
}

function messageIn({ error }: MoveOf<'abstain'>): string {
  return String(error['message'])
}
