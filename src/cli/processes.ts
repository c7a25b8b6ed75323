import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../contracts/clock.ts'
import { pause } from '../contracts/clock.ts'
import type { Disposition } from '../contracts/error.ts'
import { AshlarError, isRetryable, toErrorValue } from '../contracts/error.ts'
import type { ProcessSpec, RestartIntensity } from './settings.ts'

/** What a child tells the supervisor over its IPC channel. */
export type ChildMessage =
  | { kind: 'ready'; host: string }
  | { kind: 'failed'; code: string; message: string; disposition: Disposition }

export type ProcessEvent =
  | { kind: 'ready'; name: string; pid: number; host: string }
  | { kind: 'died'; name: string; pid: number; how: string; restartInMs: number }
  /** It died too often and stays down; the other processes go on. */
  | { kind: 'gave-up'; name: string; restarts: number; how: string; message: string }

/** A line for people. */
export function describeProcessEvent(event: ProcessEvent): string {
  switch (event.kind) {
    case 'ready':
      return `process ${event.name} is up (pid ${event.pid})`
    case 'died':
      return (
        `process ${event.name} (pid ${event.pid}) died: ${event.how}; ` +
        `again in ${event.restartInMs} ms`
      )
    case 'gave-up':
      return event.message
  }
}

export interface SupervisorOptions {
  clock: Clock
  /** The whole environment of every child. */
  env: Readonly<Record<string, string | undefined>>
  onEvent: (event: ProcessEvent) => void
  /** For processes that have none of their own. Default: 10 restarts within 60 s. */
  restarts?: RestartIntensity
}

/**
 * The waits grow to five seconds, so that ten restarts take half a minute: a process that still
 * dies has more than bad luck. Waiting for a broker is no restart.
 */
const defaultRestarts: RestartIntensity = { most: 10, withinMs: 60_000 }

/** First and longest wait before a child that died is started again. */
const restartFirstMs = 200
const restartMaxMs = 5_000
/** A child that served this long is well: when it dies after that, the waits begin anew. */
const steadyMs = 60_000
/** A child that does not end in this time after SIGTERM is killed. */
const graceMs = 15_000

const entry = fileURLToPath(new URL('../../bin/ashlar.js', import.meta.url))

/** Keeps service processes running: one supervised child per instance. */
export class ProcessSupervisor {
  private readonly options: SupervisorOptions
  private readonly children = new Map<string, ChildProcess>()
  /** When each process was restarted, within its window. */
  private readonly restarts = new Map<string, number[]>()
  private readonly stopSignal = new AbortController()

  constructor(options: SupervisorOptions) {
    this.options = options
  }

  /** Starts every instance. @throws AshlarError when one of them fails before it is ready */
  async start(specs: readonly ProcessSpec[]): Promise<void> {
    const starts = specs.flatMap((spec) =>
      Array.from({ length: spec.instances }, (_, index) => {
        const name = spec.instances === 1 ? spec.name : `${spec.name}.${index + 1}`
        return this.launch(name, spec, 0)
      }),
    )
    const results = await Promise.allSettled(starts)
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
  }

  pids(): Record<string, number> {
    return Object.fromEntries([...this.children].map(([name, child]) => [name, child.pid ?? 0]))
  }

  /** SIGTERM, then SIGKILL for those that do not end. Stopping twice is harmless. */
  async stop(): Promise<void> {
    this.stopSignal.abort(new Error('stopping'))
    await Promise.all([...this.children.values()].map((child) => this.end(child)))
  }

  /** For an impatient second Ctrl-C. */
  kill(): void {
    this.stopSignal.abort(new Error('killed'))
    for (const child of this.children.values()) child.kill('SIGKILL')
  }

  private async launch(name: string, spec: ProcessSpec, failures: number): Promise<void> {
    const record = spec.record === undefined ? [] : ['--record', spec.record]
    const sets = Object.entries(spec.options).flatMap(([key, value]) => [
      '--set',
      `${key}=${value}`,
    ])
    const child = spawn(
      process.execPath,
      [...process.execArgv, entry, 'run', spec.module, ...sets, ...record],
      {
        env: this.options.env,
        // Standard output belongs to the command that supervises; children report on standard error.
        stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
      },
    )
    this.children.set(name, child)
    const outcome = await this.firstWord(child)
    if (outcome.kind === 'failed') {
      // It may not end by itself: whatever its module began goes on.
      await this.end(child)
      this.children.delete(name)
      const { code, message, disposition } = outcome
      throw new AshlarError(code, `process ${name}: ${message}`, { disposition })
    }
    this.options.onEvent({ kind: 'ready', name, pid: child.pid ?? 0, host: outcome.host })
    const { clock } = this.options
    const readyAtMs = clock.now()
    child.once('exit', (code, signal) => {
      const before = clock.now() - readyAtMs >= steadyMs ? 0 : failures
      void this.restart(name, spec, before, child.pid ?? 0, signal ?? `exit code ${code}`)
    })
  }

  /** SIGTERM, then SIGKILL after a while. */
  private async end(child: ChildProcess): Promise<void> {
    const isRunning = child.pid !== undefined && child.exitCode === null
    if (!isRunning || child.signalCode !== null) return
    const { clock } = this.options
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const cancel = clock.at(clock.now() + graceMs, () => child.kill('SIGKILL'))
    await exited
    cancel()
  }

  private async firstWord(child: ChildProcess): Promise<ChildMessage> {
    const first = Promise.withResolvers<ChildMessage>()
    child.once('message', (message) => first.resolve(message as ChildMessage))
    const fail = (message: string): void =>
      first.resolve({ kind: 'failed', code: 'process', message, disposition: 'terminal' })
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code, signal) => fail(`ended before it was ready (${signal ?? code})`))
    return first.promise
  }

  private async restart(
    name: string,
    spec: ProcessSpec,
    failures: number,
    pid: number,
    how: string,
  ): Promise<void> {
    const { clock, onEvent } = this.options
    const { signal } = this.stopSignal
    let count = failures
    let last = { how, counts: true }
    while (!signal.aborted) {
      if (last.counts && this.isTooOften(name, spec)) return this.giveUp(name, spec, last.how)
      const restartInMs = Math.min(restartMaxMs, restartFirstMs * 2 ** count)
      onEvent({ kind: 'died', name, pid, how: last.how, restartInMs })
      await pause(clock, restartInMs, signal).catch(() => undefined)
      if (signal.aborted) return
      const failure = await this.launch(name, spec, count + 1).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      if (failure === undefined) return
      // A broker that is away is not the fault of this process.
      const isAway = isRetryable(failure)
      last = { how: toErrorValue(failure).message, counts: !isAway }
      count++
    }
  }

  private isTooOften(name: string, spec: ProcessSpec): boolean {
    const { most, withinMs } = this.intensityOf(spec)
    const nowMs = this.options.clock.now()
    const recent = (this.restarts.get(name) ?? []).filter((atMs) => atMs > nowMs - withinMs)
    this.restarts.set(name, [...recent, nowMs])
    return recent.length >= most
  }

  private giveUp(name: string, spec: ProcessSpec, how: string): void {
    const { most, withinMs } = this.intensityOf(spec)
    this.children.delete(name)
    const message =
      `process ${name} was restarted ${most} times within ${withinMs / 1_000} s and died again ` +
      `(${how}); it stays down, the others go on. Read what it logged, correct it, and start it ` +
      `with \`ashlar run ${spec.module}\` or all of them anew`
    this.options.onEvent({ kind: 'gave-up', name, restarts: most, how, message })
  }

  private intensityOf({ restarts }: ProcessSpec): RestartIntensity {
    return restarts ?? this.options.restarts ?? defaultRestarts
  }
}
