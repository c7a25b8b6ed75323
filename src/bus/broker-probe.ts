import { connect, createServer } from 'node:net'
import * as z from 'zod'

/** Who listens on a port: nobody, a NATS server, or something else. */
export type Listener =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'nats'; readonly serverName: string; readonly hasJetStream: boolean }
  | { readonly kind: 'other'; readonly greeting: string }

const infoSchema = z.object({ server_name: z.string(), jetstream: z.boolean().optional() })
const greetingTimeoutMs = 1_000
const longestGreeting = 16 * 1024

/** Connects and reads the INFO line with which every NATS server greets. */
export function probePort(port: number): Promise<Listener> {
  return new Promise((resolve) => {
    let greeting = ''
    let isConnected = false
    const socket = connect({ host: '127.0.0.1', port })
    const finish = (listener: Listener): void => {
      socket.destroy()
      resolve(listener)
    }
    socket.setEncoding('utf8')
    socket.setTimeout(greetingTimeoutMs, () => finish({ kind: 'other', greeting }))
    socket.on('connect', () => (isConnected = true))
    socket.on('data', (text: string) => {
      greeting += text
      if (greeting.includes('\n') || greeting.length > longestGreeting) finish(listenerOf(greeting))
    })
    socket.on('error', () => finish({ kind: 'nobody' }))
    socket.on('close', () => {
      resolve(isConnected ? { kind: 'other', greeting } : { kind: 'nobody' })
    })
  })
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

function listenerOf(greeting: string): Listener {
  const line = greeting.split('\n', 1)[0] ?? ''
  try {
    if (line.startsWith('INFO ')) {
      const info = infoSchema.parse(JSON.parse(line.slice(5)))
      return { kind: 'nats', serverName: info.server_name, hasJetStream: info.jetstream ?? false }
    }
  } catch {
    // Not the greeting of a NATS server.
  }
  return { kind: 'other', greeting: line }
}
