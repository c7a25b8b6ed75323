import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { CampaignResult } from './campaign.ts'
import { runCampaign } from './campaign.ts'
import type { DeskData } from './desk.ts'
import { loadDesk } from './desk.ts'
import type { Outcome, Run } from './run-seed.ts'
import { plan, play, shorten, story } from './run-seed.ts'

const help = `Usage: npm run simulate -- [options]

Runs the production runtime on the local twin under seeded interleavings and faults: crashes between
any two awaits, suspended and leaving processes, broker outages, clock jumps, lost, late, doubled and
reordered messages. Afterwards the journals are checked against the invariants I1 to I9. A seed that
breaks one replays exactly and is shrunk to the choices that matter.

  --schedules N    how many seeds (default 1000)
  --seed S         the first seed (default 1)
  --workers N      threads (default: as many as there are processors)
  --shrink-runs N  runs spent on making the first failing seed small (default 1000; 0: none)
  --write FILE     write the shrunk run to this file
  --replay FILE    play a file that --write made, and print what happens
  --json           print the result as one JSON object on the last line

Exit codes: 0 no violation; 1 a seed broke an invariant; 2 bad input.
`

const flags = {
  schedules: { type: 'string', default: '1000' },
  seed: { type: 'string', default: '1' },
  workers: { type: 'string', default: String(availableParallelism()) },
  'shrink-runs': { type: 'string', default: '1000' },
  write: { type: 'string' },
  replay: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

type Values = ReturnType<typeof parseArgs<{ options: typeof flags }>>['values']

const say = (line: string): void => void process.stderr.write(`${line}\n`)

try {
  process.exitCode = await main()
} catch (thrown) {
  say(`simulate: ${(thrown as Error).message}`)
  process.exitCode = 2
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: flags })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const desk = await loadDesk()
  if (values.replay !== undefined) return replay(values.replay, desk)
  const schedules = whole(values, 'schedules', 1)
  const seed = whole(values, 'seed', 0)
  const shrinkRuns = whole(values, 'shrink-runs', 0)
  let told = 0
  const result = await runCampaign({
    schedules,
    seed,
    workers: Math.min(whole(values, 'workers', 1), Math.ceil(schedules / 25)),
    onProgress(soFar) {
      if (soFar.schedules - told < 500 && soFar.schedules < schedules) return
      told = soFar.schedules
      say(`${told}/${schedules} schedules, ${describe(soFar)}`)
    },
  })
  const [first] = result.broken
  if (first) await explain(first.seed, result, desk, { shrinkRuns, file: values.write })
  report(result, first?.seed ?? seed, values.json)
  return first ? 1 : 0
}

function whole(
  values: Values,
  name: 'schedules' | 'seed' | 'workers' | 'shrink-runs',
  least: number,
): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(
    `--${name}: expected a whole number from ${least} on, got ${values[name]}; correct it`,
  )
}

function describe({ turns, strikes, broken }: CampaignResult): string {
  const { crash, suspend, leave, outage, leap, skew } = strikes
  return (
    `${turns} turns, ${crash} crashes, ${suspend} suspensions, ${leave} hosts left and rejoined, ` +
    `${outage} outages, ${leap + skew} clock jumps; ${broken.length} broken`
  )
}

function report(result: CampaignResult, seed: number, isJson: boolean): void {
  const { schedules, turns, strikes, broken } = result
  if (isJson) {
    const line = { schedules, violations: broken.length, seed, turns, strikes }
    process.stdout.write(`${JSON.stringify(line)}\n`)
    return
  }
  process.stdout.write(`${schedules} schedules, ${describe(result)}\n`)
  const verdict = broken.length === 0 ? 'no invariant was broken' : 'invariants were broken'
  process.stdout.write(`${verdict}\n`)
}

/** Says what the failing seeds broke, and makes the first of them small. */
async function explain(
  seed: number,
  { broken }: CampaignResult,
  desk: DeskData,
  { shrinkRuns, file }: { shrinkRuns: number; file: string | undefined },
): Promise<void> {
  for (const one of broken.slice(0, 10)) {
    say(`seed ${one.seed}: ${one.found.slice(0, 3).join('; ')}`)
  }
  say(`replay the first: npm run simulate -- --schedules 1 --seed ${seed}`)
  if (shrinkRuns === 0) return
  const outcome = await play(plan(seed), desk)
  say(`making seed ${seed} small: ${outcome.result.choices.length} choices ...`)
  const small = await shorten(outcome, desk, shrinkRuns)
  tell(small)
  if (file === undefined) return
  await writeFile(file, JSON.stringify(scripted(small), null, 2))
  say(`written; play it: npm run simulate -- --replay ${file}`)
}

/** The run as a file holds it. */
function scripted({ run, result }: Outcome): Run {
  return { seed: run.seed, weather: run.weather, script: result.choices }
}

function tell(outcome: Outcome): void {
  const { run, result, found } = outcome
  const lines = story(outcome)
  say(`${run.weather.couriers} courier(s), ${run.weather.rounds} round(s); these choices break it:`)
  for (const { key, value } of result.choices) say(`  ${key} = ${value}`)
  say(`what happens, ${lines.length} turns:`)
  for (const line of lines.slice(0, 400)) say(`    ${line}`)
  if (lines.length > 400) say(`    ... and ${lines.length - 400} more`)
  for (const line of found.slice(0, 10)) say(`  ${line}`)
}

async function replay(file: string, desk: DeskData): Promise<number> {
  const run = JSON.parse(await readFile(file, 'utf8')) as Run
  const outcome = await play(run, desk)
  tell(outcome)
  return outcome.found.length > 0 ? 1 : 0
}
