import { jetstream, JetStreamApiError, jetstreamManager } from '@nats-io/jetstream'
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import { connect, errors } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import { AshlarError, InputError, UnavailableError } from '../contracts/error.ts'
import type { BusStatus } from './bus.ts'
import { limits } from './limits.ts'
import type { Outgoing } from './nats-outbox.ts'
import { createOutbox } from './nats-outbox.ts'

/** One connection to a NATS server with its JetStream clients and its status. */
export interface NatsLink {
  readonly connection: NatsConnection
  readonly stream: JetStreamClient
  readonly manager: JetStreamManager
  /** Publishes with what else this turn of the event loop has to say. Dropped without a connection. */
  send(message: Outgoing): void
  status(): BusStatus
  onStatus(listener: (status: BusStatus) => void): () => void
  /**
   * Runs a call to the broker: waits at most `waitMs` (default `limits.requestTimeoutMs`) for a lost
   * connection to come back first, and ends when it is lost meanwhile, where the library would only
   * time out. A call that no server takes, as while a cluster elects a leader, is made again within
   * the same time. What is not an AshlarError becomes an UnavailableError that names the call.
   * @throws UnavailableError
   */
  reach<T>(what: string, call: () => Promise<T>, waitMs?: number): Promise<T>
  close(): Promise<void>
}

const oldestServer = [2, 12] as const
const reconnectWaitMs = 100
const unheardWaitMs = 100
const connectTimeoutMs = 5_000
const pingIntervalMs = 20_000

/**
 * Connects and checks that the server is new enough and has JetStream.
 * @throws UnavailableError when no server answers; InputError when the server cannot be used.
 */
export async function connectLink(options: {
  servers: string
  name: string
  clock: Clock
}): Promise<NatsLink> {
  const targets = parseServers(options.servers)
  const connection = await connect({
    ...targets.login,
    servers: targets.hosts,
    name: options.name,
    noAsyncTraces: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: reconnectWaitMs,
    reconnectJitter: reconnectWaitMs,
    waitOnFirstConnect: false,
    timeout: connectTimeoutMs,
    pingInterval: pingIntervalMs,
  }).catch((cause: unknown) => {
    throw new UnavailableError(
      `no NATS server at ${targets.hosts.join(', ')} (${messageOf(cause)}); ` +
        'start one there, or set NATS_URL to a running nats-server 2.12 or later',
      { cause },
    )
  })
  try {
    checkServer(connection, targets.hosts)
  } catch (error) {
    await connection.close()
    throw error
  }
  return linkOver(connection, options.clock, {
    stream: jetstream(connection, { timeout: limits.requestTimeoutMs }),
    manager: await jetstreamManager(connection, {
      checkAPI: false,
      timeout: limits.requestTimeoutMs,
    }),
  })
}

/** The text of any thrown value. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

function linkOver(
  connection: NatsConnection,
  clock: Clock,
  clients: { stream: JetStreamClient; manager: JetStreamManager },
): NatsLink {
  let status: BusStatus = 'connected'
  const listeners = new Set<(status: BusStatus) => void>()
  const become = (next: BusStatus): void => {
    if (status === next || status === 'closed') return
    status = next
    for (const listener of listeners) listener(next)
  }
  void (async () => {
    for await (const event of connection.status()) {
      if (event.type === 'disconnect') become('disconnected')
      if (event.type === 'reconnect') become('connected')
    }
  })()
  void connection.closed().then(() => become('closed'))
  const outbox = createOutbox(connection, () => status === 'connected')
  return {
    connection,
    ...clients,
    send: (message) => outbox.send(message),
    status: () => status,
    onStatus(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async reach(what, call, waitMs = limits.requestTimeoutMs) {
      const giveUpMs = clock.now() + waitMs
      for (;;) {
        try {
          await connected(this, clock, giveUpMs)
          return await unlessLost(this, call)
        } catch (cause) {
          if (cause instanceof AshlarError) throw cause
          if (!isUnheard(cause) || status !== 'connected' || clock.now() >= giveUpMs) {
            const message = `${what}: the broker did not answer (${messageOf(cause)})`
            throw new UnavailableError(message, { cause })
          }
        }
        await pause(clock, unheardWaitMs)
      }
    },
    async close() {
      outbox.flush()
      if (status === 'connected') {
        // A broker that dies during the flush must not keep the process from closing.
        await Promise.race([connection.flush().catch(() => {}), untilLost(this)])
      }
      await connection.close()
      become('closed')
    },
  }
}

function untilLost(link: NatsLink): Promise<void> {
  return new Promise((resolve) => {
    const off = link.onStatus(() => {
      off()
      resolve()
    })
  })
}

/** Nobody listens where the call went, so nothing came of it. The library wraps it in its own. */
export function isUnheard(thrown: unknown): boolean {
  if (thrown instanceof errors.NoRespondersError) return true
  if (thrown instanceof errors.RequestError && thrown.isNoResponders()) return true
  // A server of the cluster that has just begun, or is away for the moment.
  if (thrown instanceof JetStreamApiError && /\bpeer offline\b/.test(thrown.message)) return true
  return thrown instanceof Error && thrown.cause !== undefined && isUnheard(thrown.cause)
}

/** Waits for a lost connection to come back. */
function connected(link: NatsLink, clock: Clock, untilMs: number): Promise<void> {
  if (link.status() === 'connected') return Promise.resolve()
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      off()
      cancel()
      if (link.status() === 'connected') resolve()
      else reject(new Error(link.status() === 'closed' ? 'the bus is closed' : 'no connection'))
    }
    const off = link.onStatus(finish)
    const deadlineMs = link.status() === 'closed' ? clock.now() : untilMs
    const cancel = clock.at(deadlineMs, finish)
  })
}

function unlessLost<T>(link: NatsLink, call: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const off = link.onStatus(() => reject(new Error('the connection was lost')))
    const calling = async (): Promise<T> => call()
    void calling().then(resolve, reject).finally(off)
  })
}

function checkServer(connection: NatsConnection, hosts: string[]): void {
  const version = connection.info?.version ?? '0'
  const [major = 0, minor = 0] = version.split('.').map((part) => parseInt(part, 10))
  const isOld = major < oldestServer[0] || (major === oldestServer[0] && minor < oldestServer[1])
  if (isOld) {
    throw new InputError({
      field: `NATS server ${hosts.join(', ')}`,
      expected: 'nats-server 2.12 or later',
      got: version,
      todo: 'upgrade it, or set NATS_URL to another server',
    })
  }
  if (connection.info?.jetstream) return
  throw new InputError({
    field: `NATS server ${hosts.join(', ')}`,
    expected: 'JetStream to be enabled',
    todo: 'start it with `nats-server --jetstream`, or set NATS_URL to another server',
  })
}

/** The client takes no credentials from addresses, so `nats://user:secret@host` is split here. */
function parseServers(servers: string): {
  hosts: string[]
  login: { user?: string; pass?: string; token?: string }
} {
  let login: { user?: string; pass?: string; token?: string } = {}
  const hosts = servers
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => {
      const found = /^(?<scheme>[a-z]+:\/\/)?(?<login>[^@]*)@(?<host>.*)$/.exec(text)?.groups
      if (!found) return text
      const [user = '', pass] = (found.login ?? '').split(':').map(decodeURIComponent)
      login = pass === undefined ? { token: user } : { user, pass }
      return `${found.scheme ?? ''}${found.host}`
    })
  if (hosts.length > 0) return { hosts, login }
  throw new InputError({
    field: 'NATS_URL',
    expected: 'one or more addresses separated by commas',
    got: servers,
    todo: 'set it to, for example, nats://127.0.0.1:4222',
  })
}
