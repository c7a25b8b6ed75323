import { errors, headers as newHeaders } from '@nats-io/transport-node'
import type { Msg, Subscription } from '@nats-io/transport-node'
import { toErrorValue, UnavailableError } from '../contracts/error.ts'
import { fromBytes, toBytes } from '../contracts/json.ts'
import type { Running } from './mailbox.ts'
import { messageOf } from './nats-link.ts'
import type { NatsLink } from './nats-link.ts'
import type { Subjects } from './subjects.ts'
import type { Wire } from './wire.ts'
import { answerError } from './wire-error.ts'

const errorHeader = 'Ash-Error'

/** Core NATS publish and subscribe, and request-reply with one queue group per service. */
export function natsWire(link: NatsLink, subjects: Subjects): Wire {
  const { connection } = link
  return {
    announce(topic, body) {
      link.send({ subject: subjects.topic(topic), body })
    },
    async listen(topic, onNotice) {
      const subscription = connection.subscribe(subjects.topicFilter(topic), {
        callback: (error, message) => {
          if (error) return
          // A listener that throws must not throw into the parser of the connection.
          queueMicrotask(() => onNotice(message.data, subjects.topicWords(message.subject)))
        },
      })
      await settled(link)
      return {
        async stop() {
          subscription.unsubscribe()
        },
      }
    },
    async ask(service, body, timeoutMs) {
      const request = (): Promise<Msg> =>
        connection
          .request(subjects.question(service), body, { timeout: timeoutMs })
          .catch((error: unknown) => {
            throw unanswered(service, error)
          })
      const answer = await link.reach(service, request, timeoutMs)
      if (answer.headers?.has(errorHeader)) throw answerError(service, fromBytes(answer.data))
      return answer.data
    },
    async serve(service, answer) {
      const reply = async (message: Msg): Promise<void> => {
        const subject = message.reply
        if (!subject) return
        try {
          link.send({ subject, body: await answer(message.data) })
        } catch (error) {
          const headers = newHeaders()
          headers.set(errorHeader, '1')
          link.send({ subject, body: toBytes(toErrorValue(error)), options: { headers } })
        }
      }
      const subscription = connection.subscribe(subjects.question(service), {
        queue: 'ashlar',
        callback: (error, message) => {
          if (!error) void reply(message)
        },
      })
      await settled(link)
      return stopping(link, subscription)
    },
  }
}

/** After the round trip the server knows the subscription. */
async function settled(link: NatsLink): Promise<void> {
  if (link.status() === 'connected') await link.connection.flush().catch(() => {})
}

/**
 * Takes back the subscription and handles what the server had already sent: a question that was
 * routed here would otherwise find no answer.
 */
function stopping(link: NatsLink, subscription: Subscription): Running {
  let stopped: Promise<void> | undefined
  const drain = async (): Promise<void> => {
    if (link.status() === 'connected') await subscription.drain().catch(() => {})
    else subscription.unsubscribe()
  }
  return { stop: () => (stopped ??= drain()) }
}

function unanswered(service: string, cause: unknown): UnavailableError {
  const isAlone =
    cause instanceof errors.NoRespondersError ||
    (cause instanceof errors.RequestError && cause.isNoResponders())
  if (isAlone) {
    return new UnavailableError(`nobody serves ${service}`, { code: 'no-responder', cause })
  }
  return new UnavailableError(`${service} did not answer: ${messageOf(cause)}`, { cause })
}
