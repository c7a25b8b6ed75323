import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import { encodeEnvelope } from '../contracts/envelope.ts'
import type { ErrorValue } from '../contracts/error.ts'
import { isRetryable, LimitError, toErrorValue } from '../contracts/error.ts'
import { fromBytes } from '../contracts/json.ts'
import type { Work } from '../contracts/work.ts'
import { decodeWork } from '../contracts/work.ts'
import type { Bus } from '../bus/bus.ts'
import { bytesLetter } from '../bus/dead-letters.ts'
import type { Running } from '../bus/mailbox.ts'
import type { WorkItem, WorkVerdict } from '../bus/work-queue.ts'
import { actorLimits, retryDelayMs } from './limits.ts'
import type { Logger } from './logger.ts'
import type { CancelNotice } from './notice.ts'
import { callKey, topics } from './notice.ts'
import type { Call, Completion, Performer } from './performer.ts'
import { completionEvent, workersDied } from './performer.ts'

export interface WorkHostOptions {
  bus: Bus
  clock: Clock
  log: Logger
  performer: Performer
}

/**
 * Serves one tool or decision from its queue. A call is finished when its outcome is in the
 * mailbox of the agent that asked; until then it is delivered again to somebody (I5).
 */
export class WorkHost {
  private readonly options: WorkHostOptions
  private readonly calls = new Map<string, { abort: AbortController; answered: Promise<void> }>()
  private readonly running: Running[] = []
  private readonly ended = new AbortController()

  constructor(options: WorkHostOptions) {
    this.options = options
  }

  async start(): Promise<void> {
    const { bus, performer } = this.options
    const { kind, name, concurrency, ackWaitMs } = performer
    if (kind === 'memory') return
    bus.onStatus((status) => {
      if (status !== 'closed') return
      const reason = new Error('the bus is closed')
      this.ended.abort(reason)
      // Who waits for a store on this bus would wait for ever.
      for (const { abort } of this.calls.values()) abort.abort(reason)
    })
    this.running.push(
      await bus.wire.listen(topics.cancel(kind, name), (body) => {
        const reason = new Error('the caller has left the state that made the call')
        this.calls.get(keyIn(body) ?? '')?.abort.abort(reason)
      }),
    )
    const queue = { kind, name }
    const handle = (item: WorkItem): Promise<WorkVerdict> => this.handle(item)
    this.running.push(await bus.work.consume(queue, { concurrency, ackWaitMs }, handle))
  }

  /** Takes no new calls and waits for those under way. */
  async stop(): Promise<void> {
    for (const running of this.running.splice(0)) await running.stop()
  }

  private async handle(item: WorkItem): Promise<WorkVerdict> {
    const { bus, log, clock, performer } = this.options
    const target = `${performer.kind} ${performer.name}`
    let work: Work
    try {
      work = decodeWork(item.body)
    } catch (thrown) {
      const { message: reason } = toErrorValue(thrown)
      log.warn({ target, reason }, 'unreadable call goes to the dead letters')
      await bus.deadLetters.put(bytesLetter(target, item.id, reason, clock.now(), item.body))
      return { kind: 'dead' }
    }
    if (item.attempt > actorLimits.workAttemptsMax && !this.calls.has(callKey(work.reply))) {
      return this.giveUp(item, work)
    }
    await this.answer(work)
    return { kind: 'done' }
  }

  /** Poison: whoever takes the call dies of it, so the next one must not (I5). */
  private async giveUp(item: WorkItem, work: Work): Promise<WorkVerdict> {
    const { bus, log, clock, performer } = this.options
    const target = `${performer.kind} ${performer.name}`
    const { workAttemptsMax } = actorLimits
    const reason = `poison: ${workersDied('it', workAttemptsMax)}`
    log.error({ target, call: work.id, agent: work.reply.to }, 'a poisonous call is given up')
    await bus.deadLetters.put(bytesLetter(target, item.id, reason, clock.now(), item.body))
    await this.replySurely(work, await performer.giveUp(callOf(work), workAttemptsMax))
    return { kind: 'dead' }
  }

  /**
   * Until the outcome is in the caller's mailbox. An outage is waited out here: a call that came
   * back for it would look as if its worker had died.
   */
  private async replySurely(work: Work, completion: Completion): Promise<void> {
    const { clock, performer } = this.options
    let outcome = completion
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.reply(work, outcome)
      } catch (thrown) {
        if (thrown instanceof LimitError) {
          // No mailbox takes the result (I9); to make the call again would not make it smaller.
          outcome = { error: tooLarge(performer, thrown) }
          continue
        }
        if (!isRetryable(thrown) || this.ended.signal.aborted) throw thrown
        await pause(clock, retryDelayMs(attempt), this.ended.signal)
      }
    }
  }

  /** Makes a call and tells its outcome. A re-delivery of one that runs here joins it. */
  private async answer(work: Work): Promise<void> {
    const key = callKey(work.reply)
    const running = this.calls.get(key)
    if (running) return running.answered
    const abort = new AbortController()
    const perform = async (): Promise<void> => {
      const completion = await this.options.performer.perform(callOf(work), abort.signal)
      await this.replySurely(work, completion)
    }
    const answered = perform()
    this.calls.set(key, { abort, answered })
    await answered.finally(() => this.calls.delete(key))
  }

  private async reply(work: Work, completion: Completion): Promise<void> {
    const { bus, clock, performer } = this.options
    const { to } = work.reply
    const body = completionEvent(work.reply, completion)
    const id = `${work.id}:reply`
    const envelope = encodeEnvelope({
      v: 1,
      id,
      to,
      from: { name: `${performer.kind}:${performer.name}` },
      sentAtMs: clock.now(),
      ...(work.trace ? { trace: work.trace } : {}),
      body,
    })
    await bus.mailbox.post(to, envelope, id)
  }
}

function callOf({ id, input, offered = [], budgets = [], reply }: Work): Call {
  return { id, agent: reply.to, input, offered, budgets }
}

function tooLarge({ kind, name }: Performer, thrown: LimitError): ErrorValue {
  const message = `the result of ${name} is too large: ${thrown.message}`
  const failure = kind === 'tool' ? 'ToolFailure' : 'DecisionFailure'
  return { name: failure, kind: 'failed', [kind]: name, message, cause: toErrorValue(thrown) }
}

/** The call that a cancel notice names; undefined when nobody can read it. */
function keyIn(body: Uint8Array): string | undefined {
  try {
    return callKey(fromBytes(body) as CancelNotice)
  } catch {
    return undefined
  }
}
