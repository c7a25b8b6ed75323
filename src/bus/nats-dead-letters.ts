import { createHash } from 'node:crypto'
import * as z from 'zod'
import { UnavailableError } from '../contracts/error.ts'
import { fromBytes, toBytes } from '../contracts/json.ts'
import type { DeadLetter, DeadLetters, KeptLetter } from './dead-letters.ts'
import { fitLetter } from './letter-size.ts'
import type { NatsLink } from './nats-link.ts'
import type { Publisher } from './nats-publisher.ts'
import { deleteStored, storedMessages } from './nats-stored.ts'
import type { Subjects } from './subjects.ts'

const letterSchema: z.ZodType<DeadLetter> = z.object({
  target: z.string(),
  messageId: z.string(),
  reason: z.string(),
  atMs: z.number(),
  body: z.string(),
  encoding: z.enum(['utf-8', 'base64']),
  form: z.enum(['event', 'bytes']).exactOptional(),
  cut: z.boolean().exactOptional(),
})

/** Dead letters as JSON in a stream of their own, kept for `limits.deadLetterMaxAgeMs`. */
export function natsDeadLetters(parts: {
  link: NatsLink
  publisher: Publisher
  subjects: Subjects
}): DeadLetters {
  const { link, publisher, subjects } = parts
  return {
    async put(letter) {
      const kind = letter.target.split(' ', 1)[0] ?? ''
      const identity = `${letter.target}\0${letter.messageId}`
      const outcome = await publisher.publishSurely(
        subjects.dead(kind),
        toBytes(fitLetter(letter)),
        { 'Nats-Msg-Id': createHash('sha256').update(identity).digest('hex') },
      )
      if (outcome.kind === 'stored') return
      throw new UnavailableError(`dead letter was refused: ${outcome.code} ${outcome.reason}`)
    },
    async *list() {
      for await (const stored of storedMessages(link, subjects.deadStream, subjects.deadAll)) {
        const letter = read(stored)
        if (letter) yield letter
      }
    },
    get: (id) =>
      link.reach('dead letters', async () => {
        const stored = await link.manager.streams.getMessage(subjects.deadStream, { seq: id })
        return stored ? read(stored) : undefined
      }),
    drop: (id) => link.reach('dead letters', () => deleteStored(link, subjects.deadStream, id)),
  }
}

function read({ data, seq }: { data: Uint8Array; seq: number }): KeptLetter | undefined {
  const letter = letterSchema.safeParse(fromBytes(data))
  return letter.success ? { ...letter.data, id: seq } : undefined
}
