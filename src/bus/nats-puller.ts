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
/** How long after the expiry a request without an end counts as lost. */
const graceMs = 2_000
const retryAfterMs = 250

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
  let round = 0
  let requested = 0
  let isStopped = false
  let cancelTimer: CancelTimer = () => {}
  const inbox = createInbox()

  const pull = (): void => {
    const batch = hands.free() - requested
    if (batch <= 0 || isStopped || link.status() !== 'connected') return
    requested += batch
    const request = JSON.stringify({ batch, expires: expiresMs * nanosPerMs })
    connection.publish(subject, request, { reply: `${inbox}.${round}` })
    rearm(expiresMs + graceMs)
  }
  /** Requests of earlier rounds no longer count; a late message of theirs is still worked on. */
  const startOver = (): void => {
    round++
    requested = 0
    pull()
  }
  const rearm = (afterMs: number): void => {
    cancelTimer()
    cancelTimer = clock.at(clock.now() + afterMs, startOver)
  }
  const onStatusMessage = (message: Msg): void => {
    if (message.subject !== `${inbox}.${round}`) return
    const code = message.headers?.code ?? 0
    if (code === 404 || code === 408) {
      requested -= Number(message.headers?.get('Nats-Pending-Messages') || requested)
      return pull()
    }
    if (code === 503 || code === 409) {
      // The consumer or its server is gone, or moved: look after it, then ask again.
      requested = 0
      round++
      hands.lost()
      rearm(retryAfterMs)
    }
  }
  const subscription = connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error || isStopped) return
      if (message.subject.startsWith(`${inbox}.`)) return onStatusMessage(message)
      requested = Math.max(0, requested - 1)
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
