import type { Command } from 'commander'
import { InputError } from '../../contracts/error.ts'
import { launch } from '../launch.ts'
import { createOutput, exitCodes } from '../output.ts'
import type { ProcessEvent } from '../processes.ts'
import { describeProcessEvent } from '../processes.ts'
import { processesWith, readSettings } from '../settings.ts'
import { stopSignal } from '../stop-signals.ts'
import type { SharedOptions } from './shared-options.ts'
import { collect, command } from './shared-options.ts'

interface UpOptions extends SharedOptions {
  set: string[]
}

/** `ashlar up`: the broker and every process of the configuration, supervised, until Ctrl-C. */
export function upCommand(): Command {
  return command('up', 'start the broker and the processes of ashlar.config.json, and keep them up')
    .option('--set <name=value>', 'option for every module; may be repeated', collect, [])
    .action(up)
}

async function up(options: UpOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const settings = await readSettings(options)
  if (settings.processes.length === 0) {
    throw new InputError({
      field: 'processes',
      expected: 'at least one process in ashlar.config.json',
      todo: 'add `"processes": {"desk": {"module": "./desk.ts"}}`, or serve one with `ashlar run`',
    })
  }
  const processes = processesWith(settings, options.set)
  let kill = (): void => process.exit(exitCodes.interrupted)
  const signals = stopSignal(() => kill())
  const allDown = Promise.withResolvers<string>()
  let running = processes.reduce((sum, { instances }) => sum + instances, 0)
  const onProcessEvent = (event: ProcessEvent): void => {
    output.progress(describeProcessEvent(event))
    if (event.kind !== 'gave-up') return
    process.exitCode = exitCodes.failed
    if (--running === 0) allDown.resolve('no process is left')
  }
  const system = await launch({ processes, settings, report: output.progress, onProcessEvent })
  kill = () => {
    system.kill()
    process.exit(exitCodes.interrupted)
  }
  const broker = system.embedded === undefined ? 'external' : `embedded, ${system.embedded}`
  output.line(`broker ${system.url} (${broker}), cell ${settings.cell}`)
  output.line(
    `${processes.length} kind(s) of process are up; Ctrl-C stops, \`ashlar ps\` lists agents`,
  )
  output.result({ url: system.url, cell: settings.cell, processes: system.pids() })
  const why = await Promise.race([signals.received, allDown.promise])
  output.progress(`stopping (${why}): finishing what is under way`)
  await system.stop()
  signals.dispose()
  output.progress('stopped; everything committed is kept')
}
