import type { Logger } from '../actors/logger.ts'
import { isMachineServed } from '../actors/registry.ts'
import { systemClock } from '../contracts/clock.ts'
import { InputError } from '../contracts/error.ts'
import { createLogger } from './log.ts'
import type { OpenCell } from './open-cell.ts'
import { openCell } from './open-cell.ts'
import type { ProcessEvent } from './processes.ts'
import { ProcessSupervisor } from './processes.ts'
import type { Runtime } from './runtime.ts'
import type { ProcessSpec, Settings } from './settings.ts'
import { readSettings } from './settings.ts'

export interface LaunchOptions {
  processes: readonly ProcessSpec[]
  /** A machine. When running processes serve it already, no process is started. */
  unlessServed?: string
  /** Overrides what the environment and the configuration file say. */
  settings?: Partial<Settings>
  report?: (line: string) => void
  onProcessEvent?: (event: ProcessEvent) => void
  log?: Logger
}

/** A running system: broker, service processes, and this process's connection. */
export interface Launched {
  readonly url: string
  readonly embedded: OpenCell['embedded']
  readonly runtime: Runtime
  /** True when others serve the machine of `unlessServed`, and no process was started. */
  readonly wasServed: boolean
  pids(): Record<string, number>
  /** Drains and stops the processes, then the broker if it is ours. */
  stop(): Promise<void>
  /** At once, without draining. What was committed is kept. */
  kill(): void
}

/**
 * Starts the broker and the given service processes and waits until all of them serve.
 * @throws AshlarError of the first process that fails before it is ready; InputError when nobody
 * serves the machine of `unlessServed` and there are no processes to start
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const settings = { ...(await readSettings()), ...options.settings }
  const { report = () => undefined, onProcessEvent = () => undefined } = options
  const log = options.log ?? createLogger(settings.logLevel)
  const cell = await openCell(settings, { log, report })
  const supervisor = new ProcessSupervisor({
    clock: systemClock(),
    env: {
      ...settings.env,
      NATS_URL: cell.url,
      ASHLAR_CELL: settings.cell,
      ASHLAR_REPLICAS: String(settings.replicas),
      ASHLAR_SHARDS: String(settings.shards),
      ASHLAR_LOG: settings.logLevel,
    },
    onEvent: onProcessEvent,
  })
  const stop = async (): Promise<void> => {
    await supervisor.stop()
    await cell.close()
  }
  let wasServed = false
  try {
    wasServed = await isServed(cell.runtime, options)
    if (!wasServed) await supervisor.start(options.processes)
  } catch (thrown) {
    await stop()
    throw thrown
  }
  let stopping: Promise<void> | undefined
  return {
    url: cell.url,
    embedded: cell.embedded,
    runtime: cell.runtime,
    wasServed,
    pids: () => supervisor.pids(),
    stop: () => (stopping ??= stop()),
    kill: () => supervisor.kill(),
  }
}

/** @throws InputError when nobody does and nobody would */
async function isServed(
  { bus }: Runtime,
  { unlessServed: machine, processes }: LaunchOptions,
): Promise<boolean> {
  if (machine === undefined) return false
  if (await isMachineServed(bus.keyValue, systemClock(), machine)) return true
  if (processes.length > 0) return false
  throw new InputError({
    field: 'processes',
    expected: `a running process that serves ${machine}, or processes in ashlar.config.json`,
    todo: 'start one with `ashlar run`, or add `"processes": {"desk": {"module": "./desk.ts"}}`',
  })
}
