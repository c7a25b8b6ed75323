/**
 * A Restate server and a handler worker, each in a process of its own, the worker registered with
 * the server. Both listen on free ports of the loopback interface.
 */
import { fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { end, track } from './cleanup.ts'
import { describe } from './measure.ts'

const startLimitMs = 60_000

export interface Restate {
  ingressUrl: string
  /** Answers a SQL query over the server's invocations and states. */
  query(sql: string): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

export type Handlers = 'workflow' | 'services' | 'xstate'

export async function startRestate(handlers: Handlers, dir: string): Promise<Restate> {
  const [ingressPort, adminPort, nodePort] = await freePorts(3)
  const logFile = join(dir, 'restate.log')
  const server = startServer(dir, logFile, {
    RESTATE_INGRESS__BIND_PORT: String(ingressPort),
    RESTATE_ADMIN__BIND_PORT: String(adminPort),
    RESTATE_BIND_PORT: String(nodePort),
  })
  const admin = `http://127.0.0.1:${adminPort}`
  const ingressUrl = `http://127.0.0.1:${ingressPort}`
  const worker = startWorker(handlers, logFile)
  const close = async (): Promise<void> => {
    await Promise.all([end(worker), end(server)])
  }
  try {
    const workerPort = await portOf(worker)
    await answers(`${admin}/health`, server)
    await answers(`${ingressUrl}/restate/health`, server)
    await post(`${admin}/deployments`, { uri: `http://127.0.0.1:${workerPort}` })
  } catch (error) {
    await close()
    const tail = readFileSync(logFile, 'utf8').slice(-2000)
    throw new Error(`Restate does not start: ${describe(error)}; its log ends:\n${tail}`, {
      cause: error,
    })
  }
  const query: Restate['query'] = async (sql) => {
    const { rows } = (await post(`${admin}/query`, { query: sql })) as {
      rows: Record<string, unknown>[]
    }
    return rows
  }
  return { ingressUrl, query, close }
}

/** Starts the binary itself: the package's own starter would leave it behind when killed. */
function startServer(dir: string, logFile: string, ports: Record<string, string>): ChildProcess {
  const { resolve } = createRequire(import.meta.url)
  const platform = `${process.platform}-${process.arch}`
  const binary = resolve(`@restatedev/restate-server-${platform}/bin/restate-server`)
  const log = openSync(logFile, 'a')
  const args = ['--base-dir', join(dir, 'restate-data'), '--no-logo']
  const server = spawn(binary, args, {
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      ...ports,
      RESTATE_BIND_IP: '127.0.0.1',
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_NODE_NAME: 'peers',
      RESTATE_LOG_FILTER: 'warn',
      RESTATE_DISABLE_TELEMETRY: 'true',
    },
  })
  closeSync(log)
  return track(server)
}

function startWorker(handlers: Handlers, logFile: string): ChildProcess {
  const log = openSync(logFile, 'a')
  const worker = fork(join(import.meta.dirname, 'restate-worker.ts'), [handlers], {
    stdio: ['ignore', log, log, 'ipc'],
    // It logs a line at the start and at the end of each invocation otherwise.
    env: { ...process.env, RESTATE_LOGGING: 'ERROR' },
  })
  closeSync(log)
  return track(worker)
}

/** Ports held open together, so that they differ, and then given back. */
async function freePorts(count: number): Promise<number[]> {
  const listeners = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(listeners.map((listener) => once(listener, 'listening')))
  const ports = listeners.map((listener) => (listener.address() as AddressInfo).port)
  await Promise.all(listeners.map((listener) => once(listener.close(), 'close')))
  return ports
}

async function portOf(worker: ChildProcess): Promise<number> {
  const gone = once(worker, 'exit').then(() => {
    throw new Error('the worker ended before it was ready')
  })
  const [port] = (await Promise.race([once(worker, 'message'), gone])) as [number]
  gone.catch(() => undefined)
  return port
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  const deadlineMs = performance.now() + startLimitMs
  for (;;) {
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok) return
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}`)
    if (performance.now() > deadlineMs) throw new Error(`nothing answers at ${url}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function post(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`)
  return JSON.parse(text)
}
