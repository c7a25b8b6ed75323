import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { AirlineData } from './database.ts'
import { Flight, Reservation, User } from './records.ts'
import { verbatim } from './verbatim.ts'

/** A data file that cannot be used; the message says which, why, and what to do. */
export class DataFileError extends Error {
  override readonly name = 'DataFileError'
}

const toolCall = z.object({
  id: z.string(),
  name: z.string(),
  arguments: z.record(z.string(), z.unknown()),
})

const runMessage = z.object({
  role: z.enum(['user', 'assistant', 'tool']),
  content: z.string().nullable(),
  tool_calls: z.array(toolCall).optional(),
  name: z.string().optional(),
  tool_call_id: z.string().optional(),
  reference_content: z.string().optional(),
})

const run = z.object({
  task_id: z.number().int(),
  trial: z.number().int(),
  messages: z.array(runMessage),
  reward: z.number().optional(),
  unguarded_changed: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  title: z.string().optional(),
  expect: z
    .object({
      outcome: z.enum(['ended', 'transferred']),
      refusals: z.array(z.string()),
      writes: z.array(z.string()),
    })
    .optional(),
})
/** A recorded or scripted conversation; a scripted one says what is expected of the desk. */
export type Run = z.infer<typeof run>

const DATA_ADVICE =
  'Point at a folder with users.json, reservations.json and flights.json in the format of the ' +
  'tau-bench airline data.'
const RUNS_ADVICE = 'Point at a JSON array of conversations, each with task_id, trial and messages.'

/** Reads and validates the three files of the airline's database in the folder `dir`. */
export async function loadAirlineData(dir: string): Promise<AirlineData> {
  const load = <T>(name: string, record: z.ZodType<T>): Promise<Record<string, T>> =>
    loadJson(join(dir, name), verbatim(z.record(z.string(), record)), DATA_ADVICE)
  return {
    users: await load('users.json', User),
    reservations: await load('reservations.json', Reservation),
    flights: await load('flights.json', Flight),
  }
}

/** Reads and validates a file of recorded or scripted conversations. */
export function loadRuns(file: string): Promise<Run[]> {
  return loadJson(file, verbatim(z.array(run)), RUNS_ADVICE)
}

async function loadJson<T>(file: string, schema: z.ZodType<T>, advice: string): Promise<T> {
  const fail = (problem: string, cause?: unknown): never => {
    throw new DataFileError(`${file}: ${problem}. ${advice}`, { cause })
  }
  const text = await readFile(file, 'utf8').catch((error: unknown) =>
    fail(readProblem(error), error),
  )
  const value = parse(text, fail)
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [first, ...others] = result.error.issues
  const place = first?.path.map(String).join('.') || 'top level'
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  return fail(`${place}: ${first?.message ?? 'is malformed'}${more}`)
}

function parse(text: string, fail: (problem: string, cause: unknown) => never): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return fail(`is not JSON (${error instanceof Error ? error.message : 'parse error'})`, error)
  }
}

function readProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT') return 'does not exist'
  if (code === 'EISDIR') return 'is a folder, expected a file'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user'
  return `cannot be read (${code || 'unknown error'})`
}
