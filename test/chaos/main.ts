import { DataFileError } from '../../examples/airline-desk/domain/load.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import { holdProcess } from '../../src/bus/process-hold.ts'
import { toErrorValue } from '../../src/contracts/error.ts'
import { campaign } from './campaign.ts'
import { help, readOptions, UsageError } from './options.ts'
import { describe, describeDeaths, summarize } from './report.ts'

// Leaving runs what the broker and the processes have for this case.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => process.exit(130))

// The clock's timers do not keep a process alive, and servers that are down do not either.
const release = holdProcess()
try {
  process.exitCode = await main()
} catch (thrown) {
  process.stderr.write(`chaos: ${toErrorValue(thrown).message}\n`)
  process.exitCode = thrown instanceof UsageError || thrown instanceof DataFileError ? 2 : 1
} finally {
  release()
}

async function main(): Promise<number> {
  const options = await readOptions(process.argv.slice(2))
  if (!options) {
    process.stdout.write(help)
    return 0
  }
  const report = (line: string): void => void process.stderr.write(`${line}\n`)
  const result = await campaign(options, systemClock(), report)
  const summary = summarize(result, options)
  const lines = describe(result, summary)
  for (const line of lines) {
    if (options.json) report(line)
    else process.stdout.write(`${line}\n`)
  }
  if (options.verbose) for (const line of describeDeaths(result)) report(line)
  if (result.isKept) report(`kept: ${result.folder}`)
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`)
  return result.findings.length === 0 ? 0 : 1
}
