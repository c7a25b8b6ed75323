import { connect } from '@nats-io/transport-node'
import type { Msg } from '@nats-io/transport-node'

/** Messages and bytes that went over the broker, by what they are. */
export type Traffic = Record<string, { messages: number; bytes: number }>

/** Spaces of a cell's subjects, `ash.<cell>.<letter>.…` or `ash.<cell>.s<shard>.<letter>.…`. */
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
/** Status of what the broker tells consumers that have nothing to read. */
const idleHeartbeat = 100
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
      const entry = (traffic[kindOf(message)] ??= { messages: 0, bytes: 0 })
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

function kindOf({ subject, reply, headers }: Msg): string {
  const letter = /^ash\.[^.]+\.(?:s\d+\.)?([a-z])\./.exec(subject)?.[1]
  if (letter) {
    const space = spaces[letter] ?? 'other'
    // What a consumer hands over keeps its subject and comes with where to acknowledge it.
    return reply?.startsWith('$JS.ACK.') ? `${space}HandedOver` : space
  }
  if (subject.startsWith('$KV.')) return 'keyValue'
  if (subject.startsWith('$JS.ACK.')) return 'acks'
  if (subject.startsWith('$JS.API.CONSUMER.MSG.NEXT.')) return 'pulls'
  if (subject.startsWith('$JS.')) return 'api'
  if (headers?.code === idleHeartbeat) return 'heartbeats'
  return subject.startsWith('_INBOX.') ? 'answers' : 'other'
}

function storedBytes(message: Msg): number {
  const headers = message.headers as unknown as { encode(): Uint8Array } | undefined
  const head = headers ? headers.encode().length + storedHeaderBytes : 0
  return storedOverheadBytes + message.subject.length + head + message.data.length
}
