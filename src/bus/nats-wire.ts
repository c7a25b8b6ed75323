import { errors, headers as newHeaders } from '@nats-io/transport-node'
import type { Msg } from '@nats-io/transport-node'
import { toErrorValue, UnavailableError } from '../contracts/error.ts'
import { fromBytes, toBytes } from '../contracts/json.ts'
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
      // While disconnected the client would buffer the notice and drop it on reconnecting.
      if (link.status() === 'connected') connection.publish(subjects.topic(topic), body)
    },
    async listen(topic, onNotice) {
      const subscription = connection.subscribe(subjects.topicFilter(topic), {
        callback: (error, message) => {
          if (!error) onNotice(message.data, subjects.topicWords(message.subject))
        },
      })
      await settled(link)
      return stopping(subscription)
    },
    async ask(service, body, timeoutMs) {
      const answer = await connection
        .request(subjects.question(service), body, { timeout: timeoutMs })
        .catch((error: unknown) => {
          throw unanswered(service, error)
        })
      if (answer.headers?.has(errorHeader)) throw answerError(service, fromBytes(answer.data))
      return answer.data
    },
    async serve(service, answer) {
      const reply = async (message: Msg): Promise<void> => {
        try {
          message.respond(await answer(message.data))
        } catch (error) {
          const headers = newHeaders()
          headers.set(errorHeader, '1')
          message.respond(toBytes(toErrorValue(error)), { headers })
        }
      }
      const subscription = connection.subscribe(subjects.question(service), {
        queue: 'ashlar',
        callback: (error, message) => {
          if (!error) void reply(message)
        },
      })
      await settled(link)
      return stopping(subscription)
    },
  }
}

/** After the round trip the server knows the subscription. */
async function settled(link: NatsLink): Promise<void> {
  if (link.status() === 'connected') await link.connection.flush().catch(() => {})
}

function stopping(subscription: { unsubscribe(): void }): { stop(): Promise<void> } {
  return {
    stop() {
      subscription.unsubscribe()
      return Promise.resolve()
    },
  }
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
