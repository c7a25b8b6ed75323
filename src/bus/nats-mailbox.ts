import { formatAddress } from '../contracts/address.ts'
import type { Clock } from '../contracts/clock.ts'
import { UnavailableError } from '../contracts/error.ts'
import { checkMessageSize } from './body-limit.ts'
import type { Mailbox } from './mailbox.ts'
import type { NatsLink } from './nats-link.ts'
import type { Publisher } from './nats-publisher.ts'
import { startReading } from './nats-reader.ts'
import { deleteStored } from './nats-stored.ts'
import { escapeToken } from './subjects.ts'
import type { Subjects } from './subjects.ts'

/** Mail as subjects of the state streams, read by ordered consumers and reclaimed by purges. */
export function natsMailbox(parts: {
  link: NatsLink
  publisher: Publisher
  subjects: Subjects
  clock: Clock
}): Mailbox {
  const { link, publisher, subjects, clock } = parts
  return {
    async post(to, body, messageId) {
      checkMessageSize(body, `mail to ${formatAddress(to)}`)
      const subject = subjects.mail(to)
      // The broker's window spans the whole stream, so the id is scoped to the mailbox.
      const headers = { 'Nats-Msg-Id': `${subject}:${escapeToken(messageId)}` }
      const outcome = await publisher.publishSurely(subject, body, headers)
      if (outcome.kind === 'stored') return { seq: outcome.seq, duplicate: outcome.duplicate }
      throw new UnavailableError(
        `mail to ${formatAddress(to)} was refused: ${outcome.code} ${outcome.reason}`,
      )
    },
    async read(slice, onMessage) {
      const request = {
        stream: subjects.sliceStream(slice),
        filter: subjects.mailSlice(slice),
        from: 'all' as const,
      }
      return startReading(link, clock, request, async (message) => {
        const address = subjects.mailAddress(message.subject)
        if (address) await onMessage({ seq: message.seq, address, body: message.data })
      })
    },
    remove: (slice, seq) =>
      link.reach(`mail of ${slice.type}.${slice.partition}`, () =>
        deleteStored(link, subjects.sliceStream(slice), seq),
      ),
    checkpoint: (slice, seq) =>
      link.reach(`checkpoint of ${slice.type}.${slice.partition}`, async () => {
        const filter = subjects.mailSlice(slice)
        await link.manager.streams.purge(subjects.sliceStream(slice), { filter, seq: seq + 1 })
      }),
  }
}
