import { createInbox } from '@nats-io/transport-node'
import type { Msg, MsgHdrs } from '@nats-io/transport-node'
import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import { InputError, UnavailableError } from '../contracts/error.ts'
import { limits } from './limits.ts'
import { messageOf } from './nats-link.ts'
import type { NatsLink } from './nats-link.ts'
import { pendingAnswers } from './pending-answers.ts'

/**
 * What the broker made of a publish. `unknown`: it may have been stored, or not. `unheard`: no
 * server took it, as while a cluster elects a leader; it was not stored.
 */
export type Published =
  | { readonly kind: 'stored'; readonly seq: number; readonly duplicate: boolean }
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'unheard'; readonly reason: string }

export type Headers = Readonly<Record<string, string>>

/**
 * Publishes to streams, any number in flight over one ack subscription: two to three times the
 * rate of a request per message.
 */
export interface Publisher {
  /** Publishes once. */
  publish(subject: string, body: Uint8Array, headers: Headers): Promise<Published>
  /**
   * Publishes again and again until the outcome is known, for messages that are safe to repeat.
   * @throws UnavailableError when it is not known after twice `limits.appendTimeoutMs`.
   */
  publishSurely(
    subject: string,
    body: Uint8Array,
    headers: Headers,
  ): Promise<Extract<Published, { kind: 'stored' | 'refused' }>>
  /** Waits for the answers that are still owed, then ends. */
  stop(): Promise<void>
}

/** Error codes of JetStream that the adapters tell apart. */
export const refusals = {
  wrongLastSequence: 10071,
  /** The server cannot decide the compare-and-set now; nothing was stored. */
  undecidable: 10164,
  storeFull: 10077,
} as const

const repeatAfterMs = 50

/** A publisher over one connection; its time-outs run on `clock`. */
export function createPublisher(link: NatsLink, clock: Clock): Publisher {
  const { connection } = link
  const inbox = createInbox()
  const pending = pendingAnswers<Published>(clock, limits.appendTimeoutMs, {
    kind: 'unknown',
    reason: `no answer within ${limits.appendTimeoutMs} ms`,
  })
  let lastToken = 0
  const subscription = connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error) return pending.failAll({ kind: 'unknown', reason: messageOf(error) })
      pending.answer(message.subject.slice(inbox.length + 1), outcomeOf(message))
    },
  })
  const offStatus = link.onStatus((status) => {
    if (status !== 'connected') {
      pending.failAll({ kind: 'unknown', reason: 'the connection was lost' })
    }
  })

  const publish = (subject: string, body: Uint8Array, headers: Headers): Promise<Published> => {
    // While disconnected the client would buffer the message and drop it on reconnecting.
    if (link.status() !== 'connected') {
      return Promise.resolve({ kind: 'unknown', reason: 'there is no connection' })
    }
    return new Promise((settle) => {
      const token = (++lastToken).toString(36)
      const options = { reply: `${inbox}.${token}`, headers: encodable(headers) }
      const refused = (reason: unknown): void =>
        pending.answer(token, { kind: 'unknown', reason: messageOf(reason) })
      link.send({ subject, body, options, refused })
      pending.add(token, settle)
    })
  }
  return {
    publish,
    async publishSurely(subject, body, headers) {
      const giveUpMs = clock.now() + 2 * limits.appendTimeoutMs
      for (;;) {
        const outcome = await publish(subject, body, headers)
        if (outcome.kind === 'stored' || outcome.kind === 'refused') return outcome
        if (clock.now() >= giveUpMs || link.status() === 'closed') {
          throw new UnavailableError(`it is not known whether it was stored: ${outcome.reason}`)
        }
        await pause(clock, repeatAfterMs)
      }
    },
    async stop() {
      await pending.untilEmpty()
      offStatus()
      subscription.unsubscribe()
    },
  }
}

function outcomeOf(message: Msg): Published {
  if (message.headers?.code === 503) return { kind: 'unheard', reason: 'no stream answered' }
  try {
    const ack = message.json<{
      seq?: number
      duplicate?: boolean
      error?: { err_code: number; description: string }
    }>()
    if (ack.error) {
      return { kind: 'refused', code: ack.error.err_code, reason: ack.error.description }
    }
    return { kind: 'stored', seq: ack.seq ?? 0, duplicate: ack.duplicate === true }
  } catch (error) {
    return { kind: 'unknown', reason: messageOf(error) }
  }
}

/**
 * The client only calls `encode()` on the headers it is given, so its header class, which
 * canonicalises every name on every set, is left out of the hot path.
 */
function encodable(headers: Headers): MsgHdrs {
  let text = 'NATS/1.0\r\n'
  for (const [name, value] of Object.entries(headers)) {
    if (/[\r\n]/.test(value)) {
      throw new InputError({
        field: `header ${name}`,
        expected: 'one line',
        got: value,
        todo: 'remove the line break',
      })
    }
    text += `${name}: ${value}\r\n`
  }
  const bytes = Buffer.from(`${text}\r\n`)
  return { encode: () => bytes } as unknown as MsgHdrs
}
