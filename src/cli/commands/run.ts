import { createWriteStream } from 'node:fs'
import type { WriteStream } from 'node:fs'
import { once } from 'node:events'
import type { Command } from 'commander'
import { AshlarError, InputError, toErrorValue } from '../../contracts/error.ts'
import type { Decided } from '../../contracts/decision.ts'
import { recordingLine } from '../../decision/evaluate.ts'
import { loadService } from '../load-service.ts'
import { createLogger } from '../log.ts'
import { openCell } from '../open-cell.ts'
import { createOutput, exitCodes } from '../output.ts'
import type { ChildMessage } from '../processes.ts'
import { parseAssignments, readSettings } from '../settings.ts'
import { stopSignal } from '../stop-signals.ts'
import type { SharedOptions } from './shared-options.ts'
import { collect, command } from './shared-options.ts'

interface RunOptions extends SharedOptions {
  set: string[]
  record?: string
}

/** `ashlar run <module>`: serves one module in this process. */
export function runCommand(): Command {
  return command('run', 'serve the agents, tools and decisions of one module in this process')
    .argument('<module>', 'path of a module whose default export is a service')
    .option('--set <name=value>', 'option for the module; may be repeated', collect, [])
    .option('--record <file>', 'append every decision to a file, for `ashlar eval`')
    .action(run)
}

async function run(module: string, options: RunOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const settings = await readSettings(options)
  const log = createLogger(settings.logLevel, { module })
  const ended = supervisorGone()
  const signals = stopSignal(() => process.exit(exitCodes.interrupted))
  try {
    const service = await loadService(module)
    const recording = options.record === undefined ? undefined : await openRecording(options.record)
    const cell = await openCell(settings, { log, report: output.progress })
    try {
      const listeners = recording
        ? { onDecided: (decided: Decided) => void recording.write(recordingLine(decided)) }
        : {}
      const given = parseAssignments(options.set)
      const host = await cell.runtime.serve(service, given, listeners)
      tell({ kind: 'ready', host: host.name })
      if (!process.connected) output.line(`serving ${service.name} on ${cell.url}; Ctrl-C stops`)
      output.result({ host: host.name, url: cell.url })
      await Promise.race([signals.received, ended])
    } finally {
      // Also after a failure: an open connection would keep the process running.
      await cell.close()
      if (recording) await new Promise<void>((resolve) => recording.end(resolve))
    }
  } catch (thrown) {
    const { message, code = 'error' } = toErrorValue(thrown)
    const disposition = thrown instanceof AshlarError ? thrown.disposition : 'terminal'
    // The supervisor answers with SIGTERM, which must now end the process whatever else it began.
    signals.dispose()
    tell({ kind: 'failed', code: String(code), message, disposition })
    if (process.connected) process.exitCode = exitCodes.failed
    else throw thrown
  } finally {
    signals.dispose()
    if (process.connected) process.disconnect()
  }
}

/** @throws InputError */
async function openRecording(file: string): Promise<WriteStream> {
  const stream = createWriteStream(file, { flags: 'a' })
  try {
    await once(stream, 'open')
    return stream
  } catch (thrown) {
    const todo = `choose another file: ${toErrorValue(thrown).message}`
    throw new InputError({ field: '--record', expected: 'a file to append to', got: file, todo })
  }
}

function tell(message: ChildMessage): void {
  if (process.connected) process.send?.(message)
}

/** A supervisor that dies takes its channel with it: the process must not live on unattended. */
function supervisorGone(): Promise<void> {
  return new Promise((resolve) => process.once('disconnect', () => resolve()))
}
