import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const projectRoot = fileURLToPath(new URL('../../', import.meta.url))
const condition = '--conditions=@ashlar/source'

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
  /** The last line of standard output as JSON. */
  json: () => Record<string, unknown>
}

/** A command that runs: its output so far, and waits on what it prints. */
export class Running {
  stdout = ''
  stderr = ''
  readonly child: ChildProcess
  private readonly watchers = new Set<() => void>()
  private readonly closed: Promise<unknown>

  constructor(child: ChildProcess) {
    this.child = child
    this.closed = once(child, 'close')
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      for (const look of this.watchers) look()
    })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      for (const look of this.watchers) look()
    })
    child.on('exit', () => {
      for (const look of this.watchers) look()
    })
  }

  /** Resolves when the output matches. Rejects when the command ends without it. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    const found = Promise.withResolvers<RegExpExecArray>()
    const look = (): void => {
      const match = pattern.exec(this.stdout + this.stderr)
      if (match) found.resolve(match)
      else if (this.child.exitCode !== null) {
        found.reject(new Error(`it ended without ${pattern}: ${this.stdout}${this.stderr}`))
      }
    }
    this.watchers.add(look)
    look()
    try {
      return await found.promise
    } finally {
      this.watchers.delete(look)
    }
  }

  /** Lines on its standard input, which stays open. */
  type(...lines: string[]): void {
    for (const line of lines) this.child.stdin!.write(`${line}\n`)
  }

  /** Ends its standard input, as Ctrl-D does. */
  hangUp(): void {
    this.child.stdin!.end()
  }

  async finished(): Promise<Finished> {
    await this.closed
    const { stdout, stderr, child } = this
    const json = (): Record<string, unknown> =>
      JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Record<string, unknown>
    return { code: child.exitCode, stdout, stderr, json }
  }
}

/** A folder of its own for the store and a free port: commands of one place share a broker. */
export interface Place {
  readonly folder: string
  ashlar(...args: string[]): Running
  /** A command whose standard input is open. */
  listening(...args: string[]): Running
  script(file: string, ...args: string[]): Running
  /** Another program than Node, with its standard input open. */
  program(name: string, ...args: string[]): Running
  env(extra: Record<string, string>): Place
  dispose(): Promise<void>
}

export async function openPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'ashlar-cli-'))
  return placeIn(folder, {})
}

function placeIn(folder: string, extra: Record<string, string>): Place {
  const start = (program: string, args: string[], stdin: 'ignore' | 'pipe'): Running => {
    const { NATS_URL: _external, ...inherited } = process.env
    const env = { ...inherited, ASHLAR_STORE_DIR: folder, ASHLAR_BROKER_PORT: '0', ...extra }
    const child = spawn(program, args, { cwd: projectRoot, env, stdio: [stdin, 'pipe', 'pipe'] })
    return new Running(child)
  }
  const run = (file: string, args: string[], stdin: 'ignore' | 'pipe' = 'ignore'): Running =>
    start(process.execPath, [condition, file, ...args], stdin)
  return {
    folder,
    ashlar: (...args) => run('bin/ashlar.js', args),
    listening: (...args) => run('bin/ashlar.js', args, 'pipe'),
    script: (file, ...args) => run(file, args),
    program: (name, ...args) => start(name, args, 'pipe'),
    env: (more) => placeIn(folder, { ...extra, ...more }),
    dispose: () => rm(folder, { recursive: true, force: true }),
  }
}
