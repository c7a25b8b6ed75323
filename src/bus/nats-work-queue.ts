import { AckPolicy } from '@nats-io/jetstream'
import type { Msg } from '@nats-io/transport-node'
import type { Clock } from '../contracts/clock.ts'
import { UnavailableError } from '../contracts/error.ts'
import { checkMessageSize } from './body-limit.ts'
import type { Running } from './mailbox.ts'
import type { NatsLink } from './nats-link.ts'
import { refusals } from './nats-publisher.ts'
import type { Publisher } from './nats-publisher.ts'
import { startPuller } from './nats-puller.ts'
import { codeOf, nanosPerMs } from './nats-streams.ts'
import { escapeToken, unescapeToken } from './subjects.ts'
import type { Subjects } from './subjects.ts'
import { verdictOf } from './work-verdict.ts'
import type { QueueName, WorkQueue, WorkVerdict } from './work-queue.ts'

const consumerExists = 10148
const maxAckPending = 10_000
const maxWaiting = 4_096

interface Parts {
  link: NatsLink
  publisher: Publisher
  subjects: Subjects
  clock: Clock
}

/** Queues as subjects of a work-queue stream, one durable pull consumer each. */
export function natsWorkQueue(parts: Parts): WorkQueue {
  const { publisher, subjects } = parts
  return {
    async submit(queue, body, id) {
      checkMessageSize(body, `${queue.kind} ${queue.name}`)
      const subject = subjects.queue(queue)
      const headers = { 'Nats-Msg-Id': `${subject}:${escapeToken(id)}` }
      const outcome = await publisher.publishSurely(subject, body, headers)
      if (outcome.kind === 'stored') return { kind: 'submitted', duplicate: outcome.duplicate }
      if (outcome.code === refusals.storeFull) return { kind: 'full' }
      throw new UnavailableError(
        `${queue.kind} ${queue.name} refused an item: ${outcome.code} ${outcome.reason}`,
      )
    },
    async consume(queue, options, handle) {
      await ensureConsumer(parts, queue, options.ackWaitMs)
      return startWorker(parts, queue, options, handle)
    },
  }
}

function startWorker(
  parts: Parts,
  queue: QueueName,
  options: { concurrency: number; ackWaitMs: number },
  handle: Parameters<WorkQueue['consume']>[2],
): Running {
  const { link, subjects, clock } = parts
  const running = new Set<Promise<void>>()
  const consumer = subjects.queueConsumer(queue)
  const work = async (message: Msg): Promise<void> => {
    const stopExtending = extendWhileRunning(link, clock, message, options.ackWaitMs / 2)
    const item = {
      id: idOf(message),
      body: message.data,
      attempt: attemptOf(message.reply ?? ''),
    }
    const verdict = await verdictOf(handle, item, options.ackWaitMs)
    stopExtending()
    settle(link, message, verdict)
  }
  const puller = startPuller(
    link,
    clock,
    { stream: subjects.workStream, consumer },
    {
      free: () => options.concurrency - running.size,
      take(message) {
        const done = work(message).finally(() => {
          running.delete(done)
          puller.refill()
        })
        running.add(done)
      },
      // Only a consumer that somebody deleted is missing; creating it again is idempotent.
      lost: () => void ensureConsumer(parts, queue, options.ackWaitMs).catch(() => {}),
    },
  )
  return {
    async stop() {
      puller.stop()
      await Promise.all(running)
    },
  }
}

/** A new cell on a busy cluster creates its consumers one by one, and a process asks for many. */
const ensureAttempts = 6

/** All workers of a queue share the durable consumer; the last one to start sets the ack wait. */
async function ensureConsumer(
  parts: Parts,
  queue: QueueName,
  ackWaitMs: number,
  attempt = 1,
): Promise<void> {
  try {
    await addConsumer(parts, queue, ackWaitMs)
  } catch (thrown) {
    const isSlow = thrown instanceof UnavailableError && attempt < ensureAttempts
    if (!isSlow || parts.link.status() !== 'connected') throw thrown
    await ensureConsumer(parts, queue, ackWaitMs, attempt + 1)
  }
}

async function addConsumer(parts: Parts, queue: QueueName, ackWaitMs: number): Promise<void> {
  const { link, subjects } = parts
  const name = subjects.queueConsumer(queue)
  const settings = { ack_wait: ackWaitMs * nanosPerMs }
  await link.reach(`${queue.kind} ${queue.name}`, async () => {
    const { consumers } = link.manager
    try {
      await consumers.add(subjects.workStream, {
        ...settings,
        durable_name: name,
        filter_subject: subjects.queue(queue),
        ack_policy: AckPolicy.Explicit,
        max_ack_pending: maxAckPending,
        max_waiting: maxWaiting,
      })
    } catch (error) {
      if (codeOf(error) !== consumerExists) throw error
      await consumers.update(subjects.workStream, name, settings)
    }
  })
}

function extendWhileRunning(
  link: NatsLink,
  clock: Clock,
  message: Msg,
  everyMs: number,
): () => void {
  const arm = (): (() => void) =>
    clock.at(clock.now() + everyMs, () => {
      tell(link, message, '+WPI')
      cancel = arm()
    })
  let cancel = arm()
  return () => cancel()
}

/** Nobody waits for it: where it is lost the item is delivered again, which at least once allows. */
function settle(link: NatsLink, message: Msg, verdict: WorkVerdict): void {
  if (verdict.kind === 'done') return tell(link, message, '+ACK')
  if (verdict.kind === 'dead') return tell(link, message, '+TERM')
  tell(link, message, `-NAK {"delay":${Math.round(verdict.afterMs) * nanosPerMs}}`)
}

function tell(link: NatsLink, message: Msg, what: string): void {
  if (message.reply) link.send({ subject: message.reply, body: what })
}

function idOf(message: Msg): string {
  const scoped = message.headers?.get('Nats-Msg-Id') ?? ''
  return unescapeToken(scoped.slice(scoped.indexOf(':') + 1))
}

/** `$JS.ACK.<stream>.<consumer>.<delivered>…`, or with domain and account before the stream. */
function attemptOf(reply: string): number {
  const tokens = reply.split('.')
  return Number(tokens[tokens.length > 9 ? 6 : 4] ?? 1)
}
