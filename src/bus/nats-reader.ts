import { DeliverPolicy } from '@nats-io/jetstream'
import type { Consumer, ConsumerMessages, JsMsg, OrderedConsumerOptions } from '@nats-io/jetstream'
import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import type { Running } from './mailbox.ts'
import type { NatsLink } from './nats-link.ts'

export interface ReadRequest {
  readonly stream: string
  readonly filter: string
  /** `all`: everything stored; `last`: the last message of every subject, then what follows. */
  readonly from: 'all' | 'last'
  readonly headersOnly?: boolean
}

export interface Reading extends Running {
  /** Settles when everything that was stored at the start has been handled, or on stop. */
  readonly caughtUp: Promise<void>
  /** Messages that match and that no handler has yet; 0 while there is no consumer. */
  pending(): Promise<number>
}

/** Prefetched, so a slow reader holds at most this many messages in memory. */
const prefetchMessages = 512
/**
 * The broker says this often that it has nothing to send. A server of a cluster that dies takes its
 * consumers with it, and only its own clients lose their connection: the others notice the silence,
 * after two beats.
 */
const heartbeatMs = 1_000
/** After this the broker forgets a consumer that nobody reads; a host that died leaves dozens. */
const forgottenAfterMs = 30_000
const retryAfterMs = 100
const handlerRetryAfterMs = 1_000

/**
 * Reads a stream in order and without acks. After a lost connection a new consumer starts behind
 * the last message that was handled, so none is lost, repeated or reordered. A handler that throws
 * gets the same message again after a second.
 */
export function startReading(
  link: NatsLink,
  clock: Clock,
  request: ReadRequest,
  onMessage: (message: JsMsg) => void | Promise<void>,
): Reading {
  const stopping = new AbortController()
  let lastSeq = 0
  let current: ConsumerMessages | undefined
  let consuming: Consumer | undefined
  let reportCaughtUp = (): void => {}
  const caughtUp = new Promise<void>((resolve) => (reportCaughtUp = resolve))

  const handle = async (message: JsMsg): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await onMessage(message)
        lastSeq = message.seq
        return
      } catch {
        await rest(clock, handlerRetryAfterMs, stopping.signal)
      }
    }
  }
  const readOnce = async (): Promise<void> => {
    const consumer = await link.reach(`reading ${request.filter}`, () =>
      link.stream.consumers.get(request.stream, startOf(request, lastSeq)),
    )
    const info = await consumer.info(true)
    current = await consumer.consume({
      max_messages: prefetchMessages,
      idle_heartbeat: heartbeatMs,
    })
    void stopWhenSilent(current)
    consuming = consumer
    if (stopping.signal.aborted) current.stop()
    if (info.num_pending === 0) reportCaughtUp()
    try {
      for await (const message of current) {
        if (stopping.signal.aborted) break
        if (message.seq > lastSeq) await handle(message)
        if (message.info.pending === 0) reportCaughtUp()
      }
    } finally {
      consuming = undefined
      current.stop()
      dropConsumer(link, consumer)
    }
  }
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted && link.status() !== 'closed') {
      if (link.status() === 'connected') await readOnce().catch(() => {})
      await rest(clock, retryAfterMs, stopping.signal)
    }
    reportCaughtUp()
  }
  // The library would find out only after a request times out; buffered messages still arrive.
  const offStatus = link.onStatus((status) => {
    if (status !== 'disconnected') current?.stop()
  })
  const ended = run()
  return {
    caughtUp,
    pending: async () => (await pendingOf(link, consuming)) + (current?.getPending() ?? 0),
    async stop() {
      stopping.abort()
      offStatus()
      current?.stop()
      await ended
    },
  }
}

/** The library would look for the consumer first; a new one reads on from where we are anyway. */
async function stopWhenSilent(messages: ConsumerMessages): Promise<void> {
  for await (const { type } of messages.status()) {
    if (type === 'heartbeats_missed') messages.stop()
  }
}

async function pendingOf(link: NatsLink, consumer: Consumer | undefined): Promise<number> {
  if (!consumer) return 0
  const { num_pending } = await link.reach('pending mail', () => consumer.info())
  return num_pending
}

function startOf(request: ReadRequest, lastSeq: number): Partial<OrderedConsumerOptions> {
  const shared = {
    filter_subjects: request.filter,
    inactive_threshold: forgottenAfterMs,
    ...(request.headersOnly ? { headers_only: true } : {}),
  }
  if (lastSeq > 0) {
    return { ...shared, deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: lastSeq + 1 }
  }
  const policy = request.from === 'all' ? DeliverPolicy.All : DeliverPolicy.LastPerSubject
  return { ...shared, deliver_policy: policy }
}

/** The broker forgets an idle consumer by itself; this only saves its memory earlier. */
function dropConsumer(link: NatsLink, consumer: Consumer): void {
  if (link.status() === 'connected') consumer.delete().catch(() => {})
}

async function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  await pause(clock, ms, signal).catch(() => {})
}
