import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { DataFileError } from '../domain/load.ts'

export const help = `Usage: npm run adversary -- --data DIR [options]

Replays recorded decisions of a model at two desks: one that executes what the model picks, and the
one whose statechart owns the policy. Every write is judged by a checker of its own.

  --data DIR          folder with the tau-bench airline data, tasks.json and reference-outcomes.json
  --runs FILE...      recorded conversations (default: every file in DIR/runs)
  --writes FILE       every committed write as a line of JSON
  --report FILE       the report as a page (default: .ashlar/adversary.html)
  --hostile N         also N seeded conversations with hostile deciders (default: 0)
  --seed N            seed of the hostile ones (default: 1)
  --no-gold           leave the ground truth of the tasks out
  --concurrency N     conversations at the same time (default: 8)
  --timeout SECONDS   longest time for one conversation (default: 120)
  --json              print the summary as one JSON object on the last line
  --help

Exit codes: 0 no forbidden write and none refused that was legitimate; 1 there was one, or a run was
stuck; 2 bad input; 130 interrupted.
`

export interface Options {
  data: string
  runs: string[]
  writes?: string
  report: string
  hostile: number
  seed: number
  withGold: boolean
  concurrency: number
  timeoutMs: number
  json: boolean
}

/** Undefined: help was asked for. @throws DataFileError naming the option */
export async function readOptions(args: readonly string[]): Promise<Options | undefined> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    allowNegative: true,
    options: {
      data: { type: 'string' },
      runs: { type: 'string', multiple: true },
      writes: { type: 'string' },
      report: { type: 'string', default: '.ashlar/adversary.html' },
      hostile: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      gold: { type: 'boolean', default: true },
      concurrency: { type: 'string', default: '8' },
      timeout: { type: 'string', default: '120' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  if (positionals.length > 0 && !values.runs) {
    throw new DataFileError(`${positionals.join(' ')}: not understood. See --help.`)
  }
  if (!values.data) {
    const what = 'expected the folder of the tau-bench airline data'
    throw new DataFileError(`--data: ${what}. Give, for example, --data ../tau-airline.`)
  }
  const data = resolve(values.data)
  // `--runs one two` gives the second as a positional.
  const named = [...(values.runs ?? []), ...positionals].map((file) => resolve(file))
  return {
    data,
    runs: named.length > 0 ? named : await allRuns(join(data, 'runs')),
    ...(values.writes === undefined ? {} : { writes: resolve(values.writes) }),
    report: resolve(values.report),
    hostile: whole('--hostile', values.hostile, 0),
    seed: whole('--seed', values.seed, 0),
    withGold: values.gold,
    concurrency: whole('--concurrency', values.concurrency, 1),
    timeoutMs: whole('--timeout', values.timeout, 1) * 1000,
    json: values.json,
  }
}

async function allRuns(folder: string): Promise<string[]> {
  const names = existsSync(folder) ? await readdir(folder) : []
  const files = names.filter((name) => name.endsWith('.json')).toSorted()
  if (files.length > 0) return files.map((name) => join(folder, name))
  throw new DataFileError(`${folder}: holds no recorded runs. Name some with --runs FILE...`)
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= least) return value
  throw new DataFileError(
    `${name}: expected a whole number from ${least}, got ${text}. Correct it.`,
  )
}
