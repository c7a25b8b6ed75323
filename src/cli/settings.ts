import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import * as z from 'zod'
import { limits } from '../bus/limits.ts'
import { firstIssue } from '../contracts/envelope.ts'
import { InputError } from '../contracts/error.ts'

/** A process that `ashlar up` keeps running. */
export interface ProcessSpec {
  name: string
  /** Path of a module whose default export is a service. */
  module: string
  instances: number
  options: Record<string, string>
  /** File to which every decision of the process is appended. */
  record?: string
  /** Default: that of the supervisor. */
  restarts?: RestartIntensity
}

/** How often a process may be restarted before its supervisor gives up on it. */
export interface RestartIntensity {
  most: number
  withinMs: number
}

/** Where the broker and the cell are, and what to run. */
export interface Settings {
  /** Address of an external NATS server or cluster; undefined: the embedded one. */
  natsUrl: string | undefined
  cell: string
  /** Copies of every stream and bucket that this process creates. */
  replicas: number
  /** Streams over which the state of the agents is spread, if this process creates the cell. */
  shards: number
  brokerPort: number
  brokerBinary: string | undefined
  storeDir: string
  /** `100ms` (class `process`) or `always` (class `power`). */
  syncInterval: string
  logLevel: string
  processes: ProcessSpec[]
  /** Paths of modules whose default export is a chat, by the name of the chat. */
  chats: Readonly<Record<string, string>>
  /** PATH, HOME and XDG_CACHE_HOME, for finding the broker's binary. */
  env: Readonly<Record<string, string | undefined>>
}

export interface SettingsOptions {
  config?: string
  port?: string
  cell?: string
}

const configName = 'ashlar.config.json'
const defaultPort = 4333

const configSchema = z.strictObject({
  cell: z.string().optional(),
  broker: z.strictObject({ port: z.int().optional(), storeDir: z.string().optional() }).optional(),
  processes: z
    .record(
      z.string(),
      z.strictObject({
        module: z.string(),
        instances: z.int().min(1).max(64).optional(),
        options: z.record(z.string(), z.string()).optional(),
        record: z.string().optional(),
        restarts: z.strictObject({ most: z.int().min(0), withinMs: z.int().min(1_000) }).optional(),
      }),
    )
    .optional(),
  chats: z.record(z.string(), z.string()).optional(),
})

/**
 * Reads the command line, the environment and the configuration file, in this order of precedence.
 * The only reader of `process.env`.
 * @throws InputError naming the setting
 */
export async function readSettings(options: SettingsOptions = {}): Promise<Settings> {
  const env = process.env
  const { config, folder } = await readConfig(options.config)
  const port = options.port ?? env.ASHLAR_BROKER_PORT ?? String(config.broker?.port ?? defaultPort)
  const cell = options.cell ?? env.ASHLAR_CELL ?? config.cell ?? 'main'
  if (!/^[a-z0-9-]{1,32}$/.test(cell)) {
    const todo = 'set ASHLAR_CELL or --cell'
    throw new InputError({ field: 'cell', expected: '1 to 32 of a-z, 0-9, -', got: cell, todo })
  }
  const natsUrl = env.NATS_URL === '' ? undefined : env.NATS_URL
  return {
    natsUrl,
    cell,
    replicas: readReplicas(env.ASHLAR_REPLICAS, natsUrl),
    shards: readShards(env.ASHLAR_SHARDS),
    brokerPort: readPort(port),
    brokerBinary: env.ASHLAR_NATS_SERVER,
    storeDir: env.ASHLAR_STORE_DIR ?? config.broker?.storeDir ?? '.ashlar',
    syncInterval: readSync(env.ASHLAR_SYNC),
    logLevel: env.ASHLAR_LOG ?? 'warn',
    processes: Object.entries(config.processes ?? {}).map(([name, spec]) => ({
      name,
      module: resolve(folder, spec.module),
      instances: spec.instances ?? 1,
      options: spec.options ?? {},
      ...(spec.record === undefined ? {} : { record: resolve(folder, spec.record) }),
      ...(spec.restarts ? { restarts: spec.restarts } : {}),
    })),
    chats: Object.fromEntries(
      Object.entries(config.chats ?? {}).map(([name, module]) => [name, resolve(folder, module)]),
    ),
    env,
  }
}

/** The configured processes with the options that the command line sets. @throws InputError */
export function processesWith(
  { processes }: Pick<Settings, 'processes'>,
  pairs: readonly string[],
): ProcessSpec[] {
  const sets = parseAssignments(pairs)
  return processes.map((spec) => ({ ...spec, options: { ...spec.options, ...sets } }))
}

/** Parses repeated `name=value` arguments. @throws InputError */
export function parseAssignments(pairs: readonly string[]): Record<string, string> {
  const parsed: Record<string, string> = {}
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at < 1) {
      const todo = 'write it as, for example, --set data=./data'
      throw new InputError({ field: '--set', expected: 'name=value', got: pair, todo })
    }
    parsed[pair.slice(0, at)] = pair.slice(at + 1)
  }
  return parsed
}

async function readConfig(
  given: string | undefined,
): Promise<{ config: z.infer<typeof configSchema>; folder: string }> {
  const file = resolve(given ?? configName)
  const folder = dirname(file)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    if (given === undefined) return { config: {}, folder }
    const todo = 'check the path given with --config'
    throw new InputError({ field: '--config', expected: 'a readable file', got: file, todo })
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'not JSON'
    throw new InputError({ field: file, expected: 'JSON', todo: `correct it: ${problem}` })
  }
  const parsed = configSchema.safeParse(json)
  if (parsed.success) return { config: parsed.data, folder }
  const todo = `correct it: ${firstIssue(parsed.error)}`
  throw new InputError({ field: file, expected: 'a valid configuration', todo })
}

function readPort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new InputError({
    field: 'ASHLAR_BROKER_PORT (--port)',
    expected: 'a port from 0 (any free one) to 65535',
    got: text,
    todo: 'choose a free port',
  })
}

function readReplicas(text: string | undefined, natsUrl: string | undefined): number {
  const replicas = Number(text || 1)
  const field = 'ASHLAR_REPLICAS'
  if (![1, 3, 5].includes(replicas)) {
    const todo = 'choose how many servers of the cluster keep a copy'
    throw new InputError({ field, expected: '1, 3 or 5', got: text, todo })
  }
  if (replicas === 1 || natsUrl !== undefined) return replicas
  throw new InputError({
    field,
    expected: '1 with the embedded broker, which is a single server',
    got: text,
    todo: 'set NATS_URL to a cluster, or unset it',
  })
}

function readShards(text: string | undefined): number {
  const shards = Number(text || limits.shards)
  if (Number.isInteger(shards) && shards >= 1 && shards <= limits.partitions) return shards
  throw new InputError({
    field: 'ASHLAR_SHARDS',
    expected: `an integer from 1 to ${limits.partitions}`,
    got: text,
    todo: `unset it for the default of ${limits.shards}`,
  })
}

function readSync(text: string | undefined): string {
  if (text === undefined || text === 'process') return '100ms'
  if (text === 'power') return 'always'
  throw new InputError({
    field: 'ASHLAR_SYNC',
    expected: '`process` (survives kill -9 of everything) or `power` (survives power loss)',
    got: text,
    todo: 'choose a durability class',
  })
}
