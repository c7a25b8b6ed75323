import { createInbox } from '@nats-io/transport-node'
import type { Msg } from '@nats-io/transport-node'
import type { CancelTimer, Clock } from '../contracts/clock.ts'
import type { NatsLink } from './nats-link.ts'

/** Asks a pull consumer for exactly as many messages as there are free hands. */
export interface Puller {
  /** Call it when hands may have become free. */
  refill(): void
  stop(): void
}

const nanosPerMs = 1_000_000
const expiresMs = 30_000
/** How long after its expiry a request without an end counts as lost. */
const graceMs = 2_000
/**
 * While requests wait the broker beats this often. After more silent beats than these they count as
 * lost: a server of a cluster that died took them with it, without a word to the clients of others.
 */
const heartbeatMs = 1_000
const silentBeatsMax = 2
const retryAfterMs = 250
/** Status codes: no messages, expired. */
const ends: ReadonlySet<number> = new Set([404, 408])
/** The consumer or its server is gone, or moved: it is looked after, then asked again. */
const losses: ReadonlySet<number> = new Set([409, 503])

/** Requests for messages that the consumer has not fulfilled yet. */
class Requests {
  private readonly open = new Map<string, { left: number; lostAtMs: number }>()
  private lastToken = 0
  private silentBeats = 0

  get count(): number {
    return this.open.size
  }

  /** Messages that are still to come. */
  get left(): number {
    return [...this.open.values()].reduce((sum, { left }) => sum + left, 0)
  }

  add(batch: number, nowMs: number): string {
    const token = String(++this.lastToken)
    if (this.open.size === 0) this.silentBeats = 0
    this.open.set(token, { left: batch, lostAtMs: nowMs + expiresMs + graceMs })
    return token
  }

  /** True when the request still counts; then the broker has given a sign of life. */
  hear(token: string): boolean {
    const counts = this.open.has(token)
    if (counts) this.silentBeats = 0
    return counts
  }

  /** Which request a message belongs to is not said; the oldest is served first. */
  fulfil(): void {
    this.silentBeats = 0
    const [oldest] = this.open
    if (!oldest) return
    const [token, request] = oldest
    request.left--
    if (request.left === 0) this.open.delete(token)
  }

  end(token: string): void {
    this.open.delete(token)
  }

  /** Earlier requests no longer count; a late message of theirs is still worked on. */
  forget(): void {
    this.open.clear()
  }

  /** Counted beat by beat, so that a process that was stopped hears first what has arrived. */
  beat(nowMs: number): void {
    if (++this.silentBeats > silentBeatsMax) this.open.clear()
    for (const [token, { lostAtMs }] of this.open) {
      if (nowMs >= lostAtMs) this.open.delete(token)
    }
  }
}

/**
 * The library's `consume()` prefetches beyond what is being worked on, and messages that wait in
 * its buffer run out of their ack wait; hence this one.
 */
export function startPuller(
  link: NatsLink,
  clock: Clock,
  target: { stream: string; consumer: string },
  hands: { free(): number; take(message: Msg): void; lost(): void },
): Puller {
  const { connection } = link
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${target.stream}.${target.consumer}`
  const requests = new Requests()
  let isStopped = false
  let cancelTimer: CancelTimer = () => {}
  const inbox = createInbox()
  const after = (ms: number, run: () => void): void => {
    cancelTimer()
    cancelTimer = clock.at(clock.now() + ms, run)
  }

  const pull = (): void => {
    const free = hands.free()
    const batch = free - requests.left
    if (batch <= 0 || isStopped || link.status() !== 'connected') return
    // While most hands have been asked for, a request per message would be most of the traffic.
    if (requests.left > 0 && batch < free / 2) return
    const token = requests.add(batch, clock.now())
    const options = { reply: `${inbox}.${token}` }
    link.send({ subject, body: requestFor(batch), options })
    if (requests.count === 1) after(heartbeatMs, beat)
  }
  const beat = (): void => {
    requests.beat(clock.now())
    pull()
    if (requests.count > 0) after(heartbeatMs, beat)
  }
  const startOver = (): void => {
    requests.forget()
    pull()
  }
  const onStatusMessage = (message: Msg): void => {
    const token = message.subject.slice(inbox.length + 1)
    if (!requests.hear(token)) return
    const code = message.headers?.code ?? 0
    if (ends.has(code)) {
      requests.end(token)
      pull()
    } else if (losses.has(code)) {
      requests.forget()
      hands.lost()
      after(retryAfterMs, startOver)
    }
  }
  const subscription = connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error || isStopped) return
      if (message.subject.startsWith(`${inbox}.`)) return onStatusMessage(message)
      requests.fulfil()
      hands.take(message)
    },
  })
  const offStatus = link.onStatus((status) => {
    if (status === 'connected') startOver()
  })
  pull()
  return {
    refill: pull,
    stop() {
      isStopped = true
      offStatus()
      cancelTimer()
      subscription.unsubscribe()
    },
  }
}

function requestFor(batch: number): string {
  const [expires, idle_heartbeat] = [expiresMs * nanosPerMs, heartbeatMs * nanosPerMs]
  return JSON.stringify({ batch, expires, idle_heartbeat })
}
