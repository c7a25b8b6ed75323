import { fileURLToPath } from 'node:url'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Launched } from 'ashlar'
import { AshlarError, launch } from 'ashlar'
import { playCustomer } from './customer.ts'
import type { deskMachine } from './desk-machine.ts'
import { deskAgent } from './desk.ts'
import type { Run } from './domain/load.ts'
import { DataFileError, loadAirlineData, loadRuns } from './domain/load.ts'
import { readRecording } from './recording.ts'
import type { ConversationReport } from './report.ts'
import { describeReport, describeSummary, pathOf, reportOn, summarize } from './report.ts'

const help = `Usage: npm start -- [options]

The desk works through conversations: by default the scripted ones on the synthetic data, with
--data the recorded conversations of the public tau-bench airline data.

  --data DIR          folder with users.json, reservations.json, flights.json
  --runs FILE         recorded conversations (default with --data: DIR/runs/gpt-4o-trial-0.json)
  --decider KIND      who decides: recorded (default), model or rules; the customers say what they
                      said to the recorded one
  --concurrency N     conversations at the same time (default 8)
  --timeout SECONDS   longest time for one conversation (default 120)
  --record FILE       append every decision to a file, for \`ashlar eval\`
  --solved            only conversations that the benchmark judged solved, so that what is recorded
                      is good; those that nobody judged count as solved
  --json              print the summary as one JSON object on the last line
  --help

Exit codes: 0 every conversation came to its expected end; 1 not; 2 bad input; 130 interrupted.
`

interface Options {
  data: string
  runs: string
  decider: string
  concurrency: number
  timeoutMs: number
  record?: string
  solved: boolean
  json: boolean
}

const here = fileURLToPath(new URL('.', import.meta.url))
const interrupt = new AbortController()

try {
  const options = readOptions()
  if (options) process.exitCode = await run(options)
} catch (thrown) {
  process.exitCode = fail(thrown)
}

async function run(options: Options): Promise<number> {
  const begunMs = performance.now()
  const say = (line: string): void => void (options.json || process.stdout.write(`${line}\n`))
  // Read here as well, so that a bad file is one message and not one per process.
  await loadAirlineData(options.data)
  const runs = chosen(await loadRuns(options.runs), options)
  const modules = { desk: 'desk.ts', tools: 'tools.ts', decisions: 'decisions.ts' }
  const system = await launch({
    processes: Object.entries(modules).map(([name, file]) => ({
      name,
      module: resolve(here, file),
      instances: 1,
      options: {
        data: resolve(options.data),
        runs: resolve(options.runs),
        ...(name === 'decisions' ? { decider: options.decider } : {}),
      },
      ...(name === 'decisions' && options.record ? { record: resolve(options.record) } : {}),
    })),
    report: (line) => void process.stderr.write(`${line}\n`),
    onProcessEvent: (event) => {
      if (event.kind === 'gave-up') return void process.stderr.write(`${event.message}\n`)
      const how = event.kind === 'ready' ? 'is up' : `died (${event.how}); starting it again`
      process.stderr.write(`process ${event.name} (pid ${event.pid}) ${how}\n`)
    },
  })
  const onSignal = (): void => {
    if (interrupt.signal.aborted) {
      system.kill()
      process.exit(130)
    }
    process.stderr.write('stopping; press Ctrl-C again to stop at once\n')
    interrupt.abort(new AshlarError('interrupted', 'interrupted'))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  let reports: ConversationReport[]
  try {
    say(`broker ${system.url} (${system.embedded ?? 'external'}); ${runs.length} conversation(s)\n`)
    reports = await converse(system, runs, options, say)
  } finally {
    await system.stop()
  }
  const summary = summarize(reports, Math.round(performance.now() - begunMs))
  say('')
  for (const line of describeSummary(summary)) say(line)
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`)
  if (interrupt.signal.aborted) return 130
  const surprises = reports.some((report) => report.surprises.length > 0)
  return summary.stuck > 0 || surprises ? 1 : 0
}

/** @throws DataFileError when none is left */
function chosen(all: readonly Run[], { solved, runs: file }: Options): readonly Run[] {
  if (!solved) return all
  const runs = all.filter(({ reward }) => reward === undefined || reward === 1)
  if (runs.length > 0) return runs
  throw new DataFileError(
    `--solved: none of the ${all.length} conversations in ${file} is solved (reward 1). ` +
      'Leave the option out, or name another file with --runs.',
  )
}

/** Works through the conversations, some at a time, and tells about each when it is over. */
async function converse(
  system: Launched,
  runs: readonly Run[],
  options: Options,
  say: (line: string) => void,
): Promise<ConversationReport[]> {
  const reports: ConversationReport[] = []
  const waiting = [...runs]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      if (interrupt.signal.aborted) return
      const report = await conversation(system, next, options)
      if (interrupt.signal.aborted) return
      reports.push(report)
      say(`[${reports.length}/${runs.length}] ${describeReport(report).join('\n')}`)
    }
  }
  await Promise.all(Array.from({ length: options.concurrency }, worker))
  return reports
}

async function conversation(
  system: Launched,
  run: Run,
  options: Options,
): Promise<ConversationReport> {
  const { client } = system.runtime
  const recording = readRecording(run)
  // A branch of its own: every conversation begins with the data as it was.
  const id = `${recording.name}-${crypto.randomUUID().slice(0, 8)}`
  const input = { branch: id, recording: recording.name }
  const desk = await client.start<typeof deskMachine>(deskAgent, { id, input })
  const { timeoutMs } = options
  const view = await playCustomer(desk, recording, { timeoutMs, signal: interrupt.signal }).catch(
    async (thrown: unknown) => {
      if (!interrupt.signal.aborted) {
        const message = thrown instanceof Error ? thrown.message : String(thrown)
        process.stderr.write(`${id}: ${message}\n`)
      }
      return desk.read()
    },
  )
  // What is expected is written of the recorded choices.
  const { expect: _expect, ...unjudged } = run
  const judged = options.decider === 'recorded' ? run : unjudged
  return reportOn(id, judged, view, await pathOf(client.history(desk.address)))
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      runs: { type: 'string' },
      decider: { type: 'string', default: 'recorded' },
      concurrency: { type: 'string', default: '8' },
      timeout: { type: 'string', default: '120' },
      record: { type: 'string' },
      solved: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return undefined
  }
  const recorded = values.data ? resolve(values.data, 'runs/gpt-4o-trial-0.json') : undefined
  return {
    data: values.data ?? resolve(here, 'data'),
    runs: values.runs ?? recorded ?? resolve(here, 'data/conversations.json'),
    decider: values.decider,
    concurrency: positive('--concurrency', values.concurrency),
    timeoutMs: positive('--timeout', values.timeout) * 1000,
    ...(values.record === undefined ? {} : { record: values.record }),
    solved: values.solved,
    json: values.json,
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new DataFileError(`${name}: expected a positive whole number, got ${text}. Correct it.`)
}

function fail(thrown: unknown): number {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  process.stderr.write(`airline-desk: ${message}\n`)
  const usage =
    thrown instanceof DataFileError || (thrown as { code?: string }).code?.startsWith('ERR_PARSE')
  const badInput = thrown instanceof AshlarError && thrown.code === 'bad-input'
  return usage || badInput ? 2 : 1
}
