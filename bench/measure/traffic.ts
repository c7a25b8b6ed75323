import { connect } from '@nats-io/transport-node'
import type { Msg } from '@nats-io/transport-node'

/** Messages and bytes that went over the broker, by what they are. */
export type Traffic = Record<string, { messages: number; bytes: number }>

/** Spaces of a cell's subjects, `ash.<cell>.<letter>.…`. */
const spaces: Record<string, string> = {
  m: 'mail',
  j: 'journal',
  t: 'timers',
  w: 'work',
  d: 'deadLetters',
  n: 'notices',
  q: 'questions',
}
const storedSpaces = ['mail', 'journal', 'timers', 'work', 'deadLetters', 'keyValue']
/** What the broker's file store adds to subject, headers and body of a message. */
const storedOverheadBytes = 30
const storedHeaderBytes = 4

/**
 * Watches everything that is published on a broker. It loads the broker, so it runs beside work
 * that is only counted and not timed.
 */
export async function watchTraffic(url: string): Promise<{ stop(): Promise<Traffic> }> {
  const connection = await connect({ servers: url, noAsyncTraces: true })
  const traffic: Traffic = {}
  connection.subscribe('>', {
    callback: (_error, message) => {
      const entry = (traffic[kindOf(message.subject)] ??= { messages: 0, bytes: 0 })
      entry.messages++
      entry.bytes += storedBytes(message)
    },
  })
  await connection.flush()
  return {
    async stop() {
      await connection.flush()
      await connection.close()
      return traffic
    },
  }
}

/** What of the traffic a stream stored. */
export function storedOf(traffic: Traffic): { messages: number; bytes: number } {
  const stored = { messages: 0, bytes: 0 }
  for (const space of storedSpaces) {
    stored.messages += traffic[space]?.messages ?? 0
    stored.bytes += traffic[space]?.bytes ?? 0
  }
  return stored
}

function kindOf(subject: string): string {
  if (subject.startsWith('ash.')) return spaces[subject.split('.')[2] ?? ''] ?? 'other'
  if (subject.startsWith('$KV.')) return 'keyValue'
  if (subject.startsWith('$JS.ACK.')) return 'acks'
  if (subject.startsWith('$JS.API.CONSUMER.MSG.NEXT.')) return 'pulls'
  if (subject.startsWith('$JS.')) return 'api'
  return subject.startsWith('_INBOX.') ? 'answers' : 'other'
}

function storedBytes(message: Msg): number {
  const headers = message.headers as unknown as { encode(): Uint8Array } | undefined
  const head = headers ? headers.encode().length + storedHeaderBytes : 0
  return storedOverheadBytes + message.subject.length + head + message.data.length
}
