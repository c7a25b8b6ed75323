import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { CancelTimer, Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import { UnavailableError } from '../contracts/error.ts'
import { probePort } from './broker-probe.ts'
import type { Broker, BrokerEvent } from './embedded-broker.ts'

export interface ServerOptions {
  readonly binary: string
  readonly configFile: string
  readonly logFile: string
  readonly serverName: string
  readonly port: number
  readonly onEvent: (event: BrokerEvent) => void
  readonly onStarted: (pid: number) => Promise<void>
  readonly clock: Clock
}

/** A store of a million subjects takes about three seconds to open. */
const startTimeoutMs = 60_000
const probeEveryMs = 20
const killAfterMs = 5_000
const shortestBackoffMs = 100
const longestBackoffMs = 5_000
/** A server that lived this long starts its back-off anew. */
const stableAfterMs = 10_000

/**
 * Starts the server and starts it again whenever it dies, on the same port.
 * @throws UnavailableError when the first start fails, with the end of its log.
 */
export async function superviseServer(options: ServerOptions): Promise<Broker> {
  const { clock, onEvent } = options
  let child: ChildProcess | undefined
  let isStopping = false
  let failures = 0
  let cancelRestart: CancelTimer = () => {}
  let stopped: Promise<void> | undefined

  // An owner that forgets to stop must not leave its server behind.
  const onExit = (): void => void child?.kill('SIGTERM')
  process.once('exit', onExit)

  const start = async (): Promise<void> => {
    const started = await startServer(options, (spawned) => (child = spawned))
    const startedMs = clock.now()
    started.once('exit', (code, signal) => {
      child = undefined
      if (isStopping) return
      if (clock.now() - startedMs >= stableAfterMs) failures = 0
      onEvent({ kind: 'died', code, signal })
      restartLater()
    })
    if (started.exitCode !== null || started.signalCode !== null) restartLater()
  }
  const restartLater = (): void => {
    const waitMs = Math.min(longestBackoffMs, shortestBackoffMs * 2 ** failures++)
    cancelRestart = clock.at(clock.now() + waitMs, () => void restart())
  }
  const restart = async (): Promise<void> => {
    if (isStopping) return
    try {
      await start()
      onEvent({ kind: 'restarted', pid: child?.pid ?? 0 })
    } catch (error) {
      child = undefined
      if (isStopping) return
      onEvent({ kind: 'failed', reason: (error as Error).message })
      restartLater()
    }
  }
  try {
    await start()
  } catch (error) {
    process.off('exit', onExit)
    throw error
  }
  return {
    url: `nats://127.0.0.1:${options.port}`,
    reused: false,
    get pid() {
      return child?.pid
    },
    kill: (signal) => void child?.kill(signal),
    stop() {
      isStopping = true
      cancelRestart()
      stopped ??= end(child, clock).finally(() => process.off('exit', onExit))
      return stopped
    },
  }
}

async function startServer(
  options: ServerOptions,
  onSpawned: (child: ChildProcess) => void,
): Promise<ChildProcess> {
  // A group of its own: Ctrl-C in the terminal must not end it before its host has finished.
  const child = spawn(options.binary, ['--config', options.configFile], {
    stdio: 'ignore',
    detached: true,
  })
  child.unref()
  onSpawned(child)
  let problem: string | undefined
  child.once('error', (error) => (problem = error.message))
  child.once('exit', (code, signal) => (problem ??= `it ended with ${signal ?? code}`))
  const giveUpMs = options.clock.now() + startTimeoutMs
  for (;;) {
    if (problem !== undefined) throw await notStarted(options, problem)
    const listener = await probePort(options.port)
    if (listener.kind === 'nats' && listener.serverName === options.serverName) break
    if (options.clock.now() >= giveUpMs) {
      child.kill('SIGKILL')
      throw await notStarted(options, `it is not ready after ${startTimeoutMs} ms`)
    }
    await pause(options.clock, probeEveryMs)
  }
  await options.onStarted(child.pid ?? 0)
  return child
}

async function notStarted(options: ServerOptions, problem: string): Promise<UnavailableError> {
  const log = await readFile(options.logFile, 'utf8').catch(() => '')
  const lastLines = log.trimEnd().split('\n').slice(-3).join(' | ')
  return new UnavailableError(
    `nats-server (${options.binary}) did not start on port ${options.port}: ${problem}; ` +
      `the end of ${options.logFile}: ${lastLines || 'empty'}`,
  )
}

async function end(child: ChildProcess | undefined, clock: Clock): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  await new Promise<void>((resolve) => {
    const cancelKill = clock.at(clock.now() + killAfterMs, () => child.kill('SIGKILL'))
    child.once('exit', () => {
      cancelKill()
      resolve()
    })
    child.ref()
    child.kill('SIGTERM')
  })
}
