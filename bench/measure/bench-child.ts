import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ProcessMeasure, Role } from '../agents/process.ts'

const entry = fileURLToPath(new URL('../agents/process.ts', import.meta.url))
let profiles = 0

/** A service process of the benchmark. */
export interface BenchChild {
  readonly role: Role
  readonly pid: number
  measure(): Promise<ProcessMeasure>
  /** Drains it and waits for its end. Stopping twice is harmless. */
  stop(): Promise<void>
  /** kill -9, and waits for its end. */
  kill(): Promise<void>
}

/** How a service process is started. */
export interface ChildOptions {
  cell: string
  nodeFlags?: readonly string[]
  /** Of its service. */
  settings?: Readonly<Record<string, string>>
}

/**
 * Starts a service process and waits until it serves. With `BENCH_CPU_PROF=<folder>` in the
 * environment it writes a CPU profile there when it is stopped.
 */
export async function startChild(
  role: Role,
  url: string,
  { cell, nodeFlags = [], settings = {} }: ChildOptions,
): Promise<BenchChild> {
  const flags = [...process.execArgv, ...nodeFlags, ...profileFlags(role)]
  const options = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  const child = spawn(process.execPath, [...flags, entry, role, url, cell, ...options], {
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const first = await Promise.race([
    once(child, 'message').then(() => 'ready'),
    exited.then(() => 'ended'),
  ])
  if (first === 'ended') throw new Error(`the ${role} process ended before it was ready`)
  return {
    role,
    pid: child.pid!,
    measure: () => ask(child),
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function ask(child: ChildProcess): Promise<ProcessMeasure> {
  const answered = once(child, 'message')
  child.send('measure')
  const [measure] = (await answered) as [ProcessMeasure]
  return measure
}

function profileFlags(role: Role): string[] {
  const folder = process.env.BENCH_CPU_PROF
  if (!folder) return []
  const name = `${role}-${process.pid}-${++profiles}.cpuprofile`
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}`]
}
