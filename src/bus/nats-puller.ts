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
const codes = { idle: 100, noMessages: 404, expired: 408, conflict: 409, nobody: 503 } as const

/** A request for messages that the consumer has not fulfilled yet. */
interface Request {
  left: number
  readonly lostAtMs: number
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
  const requests = new Map<string, Request>()
  let lastToken = 0
  let silentBeats = 0
  let isStopped = false
  let cancelTimer: CancelTimer = () => {}
  const inbox = createInbox()

  const pull = (): void => {
    let batch = hands.free()
    for (const { left } of requests.values()) batch -= left
    if (batch <= 0 || isStopped || link.status() !== 'connected') return
    const token = String(++lastToken)
    requests.set(token, { left: batch, lostAtMs: clock.now() + expiresMs + graceMs })
    const request = JSON.stringify({
      batch,
      expires: expiresMs * nanosPerMs,
      idle_heartbeat: heartbeatMs * nanosPerMs,
    })
    connection.publish(subject, request, { reply: `${inbox}.${token}` })
    if (requests.size === 1) listen()
  }
  /** Earlier requests no longer count; a late message of theirs is still worked on. */
  const startOver = (): void => {
    requests.clear()
    pull()
  }
  /** Counted beat by beat, so that a process that was stopped hears first what has arrived. */
  const listen = (): void => {
    silentBeats = 0
    const beat = (): void => {
      silentBeats++
      if (silentBeats > silentBeatsMax) requests.clear()
      for (const [token, { lostAtMs }] of requests) {
        if (clock.now() >= lostAtMs) requests.delete(token)
      }
      pull()
      if (requests.size > 0) wait()
    }
    const wait = (): void => {
      cancelTimer()
      cancelTimer = clock.at(clock.now() + heartbeatMs, beat)
    }
    wait()
  }
  const onStatusMessage = (message: Msg): void => {
    const token = message.subject.slice(inbox.length + 1)
    const request = requests.get(token)
    if (!request) return
    const code = message.headers?.code ?? 0
    silentBeats = 0
    if (code === codes.idle) return
    if (code === codes.noMessages || code === codes.expired) {
      requests.delete(token)
      return pull()
    }
    if (code === codes.nobody || code === codes.conflict) {
      // The consumer or its server is gone, or moved: look after it, then ask again.
      requests.clear()
      hands.lost()
      cancelTimer()
      cancelTimer = clock.at(clock.now() + retryAfterMs, startOver)
    }
  }
  /** Which request a message belongs to is not said; the oldest is served first. */
  const fulfil = (): void => {
    silentBeats = 0
    const [oldest] = requests
    if (!oldest) return
    const [token, request] = oldest
    request.left--
    if (request.left === 0) requests.delete(token)
  }
  const subscription = connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error || isStopped) return
      if (message.subject.startsWith(`${inbox}.`)) return onStatusMessage(message)
      fulfil()
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
