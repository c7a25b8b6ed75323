import type { Clock } from '../contracts/clock.ts'
import { encodeEnvelope } from '../contracts/envelope.ts'
import type { ErrorValue } from '../contracts/error.ts'
import { LimitError, toErrorValue } from '../contracts/error.ts'
import { fromBytes } from '../contracts/json.ts'
import type { Work } from '../contracts/work.ts'
import { decodeWork } from '../contracts/work.ts'
import type { Bus } from '../bus/bus.ts'
import type { Running } from '../bus/mailbox.ts'
import type { WorkItem, WorkVerdict } from '../bus/work-queue.ts'
import type { Logger } from './logger.ts'
import type { CancelNotice } from './notice.ts'
import { callKey, topics } from './notice.ts'
import type { Completion, Performer } from './performer.ts'
import { completionEvent } from './performer.ts'
import { deadLetter } from './slice.ts'

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
  private readonly calls = new Map<
    string,
    { abort: AbortController; completion: Promise<Completion> }
  >()
  private readonly running: Running[] = []

  constructor(options: WorkHostOptions) {
    this.options = options
  }

  async start(): Promise<void> {
    const { bus, performer } = this.options
    const { kind, name, concurrency, ackWaitMs } = performer
    if (kind === 'memory') return
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
      await bus.deadLetters.put(deadLetter(target, item.id, reason, clock.now(), item.body))
      return { kind: 'dead' }
    }
    const completion = await this.perform(work)
    try {
      await this.reply(work, completion)
    } catch (thrown) {
      if (!(thrown instanceof LimitError)) throw thrown
      // No mailbox takes the result (I9); to make the call again would not make it smaller.
      await this.reply(work, { error: tooLarge(performer, thrown) })
    }
    return { kind: 'done' }
  }

  /** A re-delivery of a call that runs here joins it instead of running it twice. */
  private perform(work: Work): Promise<Completion> {
    const key = callKey(work.reply)
    const running = this.calls.get(key)
    if (running) return running.completion
    const abort = new AbortController()
    const { id, input, offered = [], reply } = work
    const call = { id, agent: reply.to, input, offered }
    const completion = this.options.performer.perform(call, abort.signal)
    this.calls.set(key, { abort, completion })
    return completion.finally(() => this.calls.delete(key))
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
