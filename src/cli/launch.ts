import type { Logger } from '../actors/logger.ts'
import { systemClock } from '../contracts/clock.ts'
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
  pids(): Record<string, number>
  /** Drains and stops the processes, then the broker if it is ours. */
  stop(): Promise<void>
  /** At once, without draining. What was committed is kept. */
  kill(): void
}

/**
 * Starts the broker and the given service processes and waits until all of them serve.
 * @throws AshlarError of the first process that fails before it is ready
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
  try {
    await supervisor.start(options.processes)
  } catch (thrown) {
    await stop()
    throw thrown
  }
  let stopping: Promise<void> | undefined
  return {
    url: cell.url,
    embedded: cell.embedded,
    runtime: cell.runtime,
    pids: () => supervisor.pids(),
    stop: () => (stopping ??= stop()),
    kill: () => supervisor.kill(),
  }
}
