import { createLogger } from './log.ts'
import { openCell } from './open-cell.ts'
import type { Output } from './output.ts'
import type { Runtime } from './runtime.ts'
import type { SettingsOptions } from './settings.ts'
import { readSettings } from './settings.ts'

/** Runs one command against the configured cell and closes the connection afterwards. */
export async function withCell(
  options: SettingsOptions,
  output: Output,
  run: (runtime: Runtime) => Promise<void>,
): Promise<void> {
  const settings = await readSettings(options)
  const log = createLogger(settings.logLevel)
  const cell = await openCell(settings, { log, report: output.progress })
  try {
    await run(cell.runtime)
  } finally {
    await cell.close()
  }
}
