import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

export const help = `Usage: npm run chaos -- [options]

Runs the airline desk as real processes on a real nats-server, kills and stops them all under load,
and judges from the journals, the airline's store and a record of executions what came of it.

  --runs N          desk runs to start (default 100)
  --data DIR        folder with users.json, reservations.json, flights.json and runs/*.json
                    (default: the example's synthetic data)
  --kills K         how many processes are killed at least (default: one per 10 runs, 4 or more)
  --seed S          decides who is struck, how, and when in the sequence (default 1); the wall
                    clock is not the seed's, so a repetition is alike but not the same
  --concurrency C   conversations at the same time (default 32)
  --instances I     processes of each kind (default 2)
  --cluster         three nats-servers with three replicas of everything
  --keep            keep the folder with the store, the logs and the executions, as is done when
                    something was found
  --verbose         tell about every fault
  --json            print the result as one JSON object on the last line
  --help

Exit codes: 0 nothing was lost, duplicated or violated; 1 something was; 2 bad input; 130 interrupted.
`

export interface Options {
  runs: number
  data: string
  runFiles: string[]
  kills: number
  seed: number
  concurrency: number
  instances: number
  cluster: boolean
  keep: boolean
  verbose: boolean
  json: boolean
}

/** What was typed cannot be used; the message says what to correct. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const synthetic = fileURLToPath(new URL('../../examples/airline-desk/data', import.meta.url))

/** Reads the arguments; undefined: help was asked for. @throws UsageError */
export async function readOptions(args: readonly string[]): Promise<Options | undefined> {
  const values = parse(args)
  if (values.help) return undefined
  const runs = count('--runs', values.runs ?? '100', 1)
  const data = values.data === undefined ? synthetic : resolve(values.data)
  return {
    runs,
    data,
    runFiles: await conversationFiles(data),
    kills: count('--kills', values.kills ?? String(Math.max(4, Math.ceil(runs / 10))), 0),
    seed: count('--seed', values.seed ?? '1', 0),
    concurrency: count('--concurrency', values.concurrency ?? '32', 1),
    instances: count('--instances', values.instances ?? '2', 2),
    cluster: values.cluster === true,
    keep: values.keep === true,
    verbose: values.verbose === true,
    json: values.json === true,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        runs: { type: 'string' },
        data: { type: 'string' },
        kills: { type: 'string' },
        seed: { type: 'string' },
        concurrency: { type: 'string' },
        instances: { type: 'string' },
        cluster: { type: 'boolean' },
        keep: { type: 'boolean' },
        verbose: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (thrown) {
    throw new UsageError((thrown as Error).message, { cause: thrown })
  }
}

function count(name: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new UsageError(`${name}: expected a whole number of at least ${least}, got ${text}`)
}

/** The recorded conversations of a data folder: `runs/*.json`, else the scripted ones. */
async function conversationFiles(data: string): Promise<string[]> {
  const folder = join(data, 'runs')
  const names = await readdir(folder).catch(() => [])
  const recorded = names.filter((name) => name.endsWith('.json')).toSorted()
  if (recorded.length > 0) return recorded.map((name) => join(folder, name))
  return [join(data, 'conversations.json')]
}
