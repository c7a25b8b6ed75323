import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Launched } from 'ashlar'
import { AshlarError, parseAddress } from 'ashlar'
import type { AirlineData } from '../domain/database.ts'
import type { Run } from '../domain/load.ts'
import { DataFileError, loadAirlineData, loadRuns } from '../domain/load.ts'
import type { AuditedPlay } from './audit.ts'
import { audit } from './audit.ts'
import { attribute, solved, verdictOn } from './attribution.ts'
import type { Reference } from './gold.ts'
import { goldRun, loadReference } from './gold.ts'
import { runHostile } from './hostile/campaign.ts'
import type { Options } from './options.ts'
import { help, readOptions } from './options.ts'
import type { DeskKind, Played } from './play.ts'
import { play } from './play.ts'
import { reportPage } from './report-page.ts'
import { showSummary } from './show.ts'
import type { Failure, Summary } from './summary.ts'
import { summarize } from './summary.ts'

const interrupt = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interrupt.abort(new AshlarError('interrupted', 'interrupted')))
}

try {
  const options = await readOptions(process.argv.slice(2))
  if (options) process.exitCode = await run(options)
  else process.stdout.write(help)
} catch (thrown) {
  process.exitCode = fail(thrown)
}

async function run(options: Options): Promise<number> {
  const say = (line: string): void => void (options.json || process.stdout.write(`${line}\n`))
  const base = await loadAirlineData(options.data)
  const reference = await loadReference(options.data)
  const runs = distinct((await Promise.all(options.runs.map(loadRuns))).flat())
  const wanted: { run: Run; desk: DeskKind }[] = runs.flatMap((one) => [
    { run: one, desk: 'baseline' },
    { run: one, desk: 'desk' },
  ])
  if (options.withGold) {
    wanted.push(...reference.tasks.map((task) => ({ run: goldRun(task), desk: 'desk' as const })))
  }
  say(`${runs.length} recorded conversations, ${wanted.length} in all; about a minute\n`)
  const audited: AuditedPlay[] = []
  const failures: Failure[] = []
  const { data, concurrency, timeoutMs } = options
  const report = (line: string): void => void process.stderr.write(`${line}\n`)
  await play(
    wanted,
    { data, concurrency, timeoutMs, signal: interrupt.signal, report },
    async (system, played) => {
      const one = audit(base, played)
      audited.push(one)
      const failure = failureOf(one, base, reference)
      if (failure) failures.push(failure)
      await note(system, played, failure)
    },
  )
  const { hostile: count, seed } = options
  const summary = {
    ...summarize(audited, base, reference, failures.toSorted(byRun)),
    ...(count > 0 ? { hostile: await runHostile(base, { count, seed, report }) } : {}),
  }
  await writeFiles(options, audited, summary)
  for (const line of showSummary(summary)) say(line)
  say(`report: ${options.report}`)
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`)
  return isClean(summary) ? 0 : 1
}

/** Two recordings of one name could not be told apart. */
function distinct(runs: readonly Run[]): Run[] {
  const seen = new Set<string>()
  for (const { task_id, trial } of runs) {
    const name = `task ${task_id}, trial ${trial}`
    if (seen.has(name)) {
      throw new DataFileError(`--runs: ${name} is there twice. Leave one of the files out.`)
    }
    seen.add(name)
  }
  return [...runs]
}

/** A run that the benchmark judged failed, at the desk, and why. */
function failureOf(one: AuditedPlay, base: AirlineData, reference: Reference): Failure | undefined {
  const { run: recorded, desk, agent } = one
  if (desk !== 'desk' || recorded.reward === undefined || recorded.reward >= 1) return undefined
  const expected = reference.changed.get(recorded.task_id) ?? {}
  return {
    taskId: recorded.task_id,
    trial: recorded.trial,
    agent,
    attribution: attribute(one, base, expected),
  }
}

/** What is known of a run afterwards is kept with it, for `ashlar explain`. */
async function note(
  { runtime }: Launched,
  { agent, run: { reward } }: Played,
  failure: Failure | undefined,
): Promise<void> {
  const address = parseAddress(agent)
  if (failure) return runtime.verdicts.add(address, verdictOn(failure.attribution))
  if (reward !== undefined && reward >= 1) await runtime.verdicts.add(address, solved(true))
}

function byRun(a: Failure, b: Failure): number {
  return a.trial - b.trial || a.taskId - b.taskId
}

async function writeFiles(
  options: Options,
  audited: readonly AuditedPlay[],
  summary: Summary,
): Promise<void> {
  const command = `npm run adversary -- ${process.argv.slice(2).join(' ')}`
  await mkdir(dirname(options.report), { recursive: true })
  await writeFile(options.report, reportPage(summary, { at: new Date().toISOString(), command }))
  if (options.writes === undefined) return
  const lines = audited
    .filter(({ run: { trial } }) => trial >= 0)
    // Conversations run side by side; a log to audit is the same each time.
    .toSorted(
      (a, b) =>
        a.run.trial - b.run.trial || a.run.task_id - b.run.task_id || a.desk.localeCompare(b.desk),
    )
    .flatMap(({ run: { task_id, trial }, desk, audited: attempts }) =>
      attempts.flatMap(({ act, confirmed, result }) =>
        result === 'committed' ? [JSON.stringify({ task_id, trial, desk, ...act, confirmed })] : [],
      ),
    )
  await writeFile(options.writes, lines.map((line) => `${line}\n`).join(''))
}

function isClean({ desk, gold, hostile }: Summary): boolean {
  const isGoldRight = gold.refused === 0 && gold.stateEqual === gold.tasks
  const harm = (hostile?.forbidden ?? 0) + (hostile?.stuck ?? 0)
  return desk.forbidden + desk.legitimateRefused + desk.stuck + harm === 0 && isGoldRight
}

function fail(thrown: unknown): number {
  if (interrupt.signal.aborted) return 130
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  process.stderr.write(`adversary: ${message}\n`)
  const isUsage =
    thrown instanceof DataFileError || (thrown as { code?: string }).code?.startsWith('ERR_PARSE')
  const isBadInput = thrown instanceof AshlarError && thrown.code === 'bad-input'
  return isUsage || isBadInput ? 2 : 1
}
