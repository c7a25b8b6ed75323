import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Clock } from '../contracts/clock.ts'
import { InputError, isRetryable } from '../contracts/error.ts'
import { resolveBrokerBinary } from './broker-binary.ts'
import { withLock } from './broker-lock.ts'
import { freePort, probePort } from './broker-probe.ts'
import { superviseServer } from './broker-supervisor.ts'
import { limits } from './limits.ts'

const portsTriedMax = 3

/** What happens to a server that nobody asked to stop. */
export type BrokerEvent =
  | { readonly kind: 'died'; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: 'restarted'; readonly pid: number }
  | { readonly kind: 'failed'; readonly reason: string }

export interface BrokerOptions {
  /** Holds the data, the log `nats-server.log` and the configuration. Created when missing. */
  readonly storeDir: string
  /** 0: a free one, or that of the server that already runs on this folder. */
  readonly port: number
  readonly binary?: string
  /** How often files are synced to disk. Default `100ms`; `always` survives power loss. */
  readonly syncInterval?: string
  /** PATH, HOME and XDG_CACHE_HOME, to find or install the binary. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly report: (line: string) => void
  readonly onEvent: (event: BrokerEvent) => void
  readonly clock: Clock
}

/** A nats-server that runs as a supervised child process, or one that was there already. */
export interface Broker {
  readonly url: string
  /** It was started by another process on the same folder, which also stops it. */
  readonly reused: boolean
  /** Undefined while it is down and for a reused server that did not record it. */
  readonly pid: number | undefined
  /** Ends the server when it is ours. Stopping twice is harmless. */
  stop(): Promise<void>
  /** Sends a signal to the server when it is ours; it is restarted when it dies of it. */
  kill(signal: NodeJS.Signals): void
}

/**
 * Starts a nats-server on 127.0.0.1, or reuses the one that already runs on the same folder.
 * @throws InputError when the port is taken by something else or the binary is unusable;
 *   UnavailableError when no binary is found or the server does not start.
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const storeDir = resolve(options.storeDir)
  const serverName = `ashlar-${createHash('sha256').update(storeDir).digest('hex').slice(0, 16)}`
  await mkdir(storeDir, { recursive: true })
  return withLock(join(storeDir, 'broker.lock'), options.clock, async () => {
    const running = await findRunning(storeDir, serverName, options.port)
    if (running) return reusedBroker(running)
    const binary = await resolveBrokerBinary(options)
    const configFile = join(storeDir, 'nats-server.conf')
    const startOn = async (port: number): Promise<Broker> => {
      await writeFile(configFile, configOf(options, { storeDir, serverName, port }))
      return superviseServer({
        binary,
        configFile,
        serverName,
        port,
        logFile: join(storeDir, 'nats-server.log'),
        onEvent: options.onEvent,
        clock: options.clock,
        onStarted: (pid) => writeFile(join(storeDir, 'broker.json'), JSON.stringify({ port, pid })),
      })
    }
    return options.port === 0 ? startOnAny(startOn) : startOn(options.port)
  })
}

/** A free port may be taken by somebody else before the server is up: then others are tried. */
async function startOnAny(startOn: (port: number) => Promise<Broker>): Promise<Broker> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOn(await freePort())
    } catch (thrown) {
      if (attempt === portsTriedMax || !isRetryable(thrown)) throw thrown
    }
  }
}

interface Recorded {
  readonly port: number
  readonly pid: number | undefined
}

async function findRunning(
  storeDir: string,
  serverName: string,
  port: number,
): Promise<Recorded | undefined> {
  const recorded = await readRecord(join(storeDir, 'broker.json'))
  if (recorded) {
    const listener = await probePort(recorded.port)
    if (listener.kind === 'nats' && listener.serverName === serverName) return recorded
  }
  if (port === 0) return undefined
  const listener = await probePort(port)
  if (listener.kind === 'nobody') return undefined
  if (listener.kind === 'nats' && listener.serverName === serverName) {
    return { port, pid: undefined }
  }
  const who =
    listener.kind === 'nats'
      ? `the NATS server ${listener.serverName}`
      : `something that greets with ${JSON.stringify(listener.greeting.slice(0, 60))}`
  throw new InputError({
    field: 'ASHLAR_BROKER_PORT',
    expected: `a free port, but ${who} listens on 127.0.0.1`,
    got: port,
    todo: 'choose another port (`--port`, 0 for any), or set NATS_URL to use that server',
  })
}

async function readRecord(file: string): Promise<Recorded | undefined> {
  try {
    const { port, pid } = JSON.parse(await readFile(file, 'utf8')) as Partial<Recorded>
    return typeof port === 'number' ? { port, pid } : undefined
  } catch {
    return undefined
  }
}

function reusedBroker(running: Recorded): Broker {
  return {
    url: `nats://127.0.0.1:${running.port}`,
    reused: true,
    pid: running.pid,
    stop: () => Promise.resolve(),
    kill() {},
  }
}

function configOf(
  options: BrokerOptions,
  server: { storeDir: string; serverName: string; port: number },
): string {
  return [
    '# Written by Ashlar at every start.',
    `server_name: ${JSON.stringify(server.serverName)}`,
    `listen: "127.0.0.1:${server.port}"`,
    `max_payload: ${limits.brokerPayloadMaxBytes}`,
    'jetstream {',
    `  store_dir: ${JSON.stringify(server.storeDir)}`,
    `  sync_interval: ${JSON.stringify(options.syncInterval ?? '100ms')}`,
    '}',
    `log_file: ${JSON.stringify(join(server.storeDir, 'nats-server.log'))}`,
    'logfile_size_limit: 10485760',
    'logfile_max_num: 3',
    '',
  ].join('\n')
}
