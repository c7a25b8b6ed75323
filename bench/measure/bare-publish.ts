import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node'
import { connect, createInbox } from '@nats-io/transport-node'
import { jetstreamManager, StorageType } from '@nats-io/jetstream'
import { runClosedLoop } from './closed-loop.ts'

const bodyBytes = 512
/** Enough that no subject is written by two lanes. */
const subjectsPerLane = 64

/**
 * The broker alone: 512-byte messages to a stream of its own, each with the expected last sequence
 * of its subject and awaited, from one pipelined client. Nothing of the runtime takes part.
 */
export interface BarePublish {
  /** Acknowledged publishes per second. */
  measure(concurrency: number, windowMs: number): Promise<number>
  close(): Promise<void>
}

interface Ack {
  seq?: number
  error?: { description: string }
}

export async function openBarePublish(url: string): Promise<BarePublish> {
  const connection = await connect({ servers: url, noAsyncTraces: true })
  const manager = await jetstreamManager(connection, { checkAPI: false })
  const awaited = awaitedPublish(connection)
  let blocks = 0
  return {
    async measure(concurrency, windowMs) {
      // A stream per block, so that one block's store does not weigh on the next.
      const name = `BARE${++blocks}`
      await manager.streams.add({ name, subjects: [`${name}.>`], storage: StorageType.File })
      try {
        const last = new Map<string, number>()
        const body = new Uint8Array(bodyBytes).fill(120)
        const turns = new Uint32Array(concurrency)
        const window = await runClosedLoop({
          concurrency,
          warmUpMs: Math.min(150, windowMs / 2),
          windowMs,
          work: async (lane) => {
            const subject = `${name}.${lane}.${turns[lane]!++ % subjectsPerLane}`
            last.set(subject, await awaited(subject, body, last.get(subject) ?? 0))
          },
        })
        return (window.count / window.elapsedMs) * 1000
      } finally {
        await manager.streams.delete(name)
      }
    },
    close: () => connection.close(),
  }
}

/** Publishes over one subscription for all acks and resolves with the stored sequence. */
function awaitedPublish(connection: NatsConnection) {
  const inbox = createInbox()
  const pending = new Map<string, { resolve(seq: number): void; reject(error: Error): void }>()
  let tokens = 0
  connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      const token = message.subject.slice(inbox.length + 1)
      const waiter = pending.get(token)
      pending.delete(token)
      const ack = error ? {} : message.json<Ack>()
      if (ack.seq !== undefined && !ack.error) return waiter?.resolve(ack.seq)
      waiter?.reject(new Error(`a bare publish failed: ${ack.error?.description ?? 'no answer'}`))
    },
  })
  return (subject: string, body: Uint8Array, expected: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const token = (++tokens).toString(36)
      pending.set(token, { resolve, reject })
      const head = `NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: ${expected}\r\n\r\n`
      const headers = encoded(Buffer.from(head))
      connection.publish(subject, body, { reply: `${inbox}.${token}`, headers })
    })
}

/** The client only encodes the headers that it is given; its own class would cost more. */
function encoded(bytes: Uint8Array): MsgHdrs {
  return { encode: () => bytes } as unknown as MsgHdrs
}
