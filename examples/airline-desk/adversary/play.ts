import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Launched } from 'ashlar'
import { formatAddress, launch } from 'ashlar'
import { playCustomer } from '../customer.ts'
import type { DeskRef } from '../customer.ts'
import { failedCall } from '../desk-context.ts'
import { deskAgent } from '../desk.ts'
import type { Changes } from '../domain/database.ts'
import type { Run } from '../domain/load.ts'
import { readRecording } from '../recording.ts'
import { AirlineStore } from '../store.ts'
import { baselineAgent } from './agents.ts'
import type { Attempt } from './attempts.ts'
import { attemptsOf } from './attempts.ts'

export type DeskKind = 'baseline' | 'desk'

/** One recorded conversation at one of the desks. */
export interface Played {
  run: Run
  desk: DeskKind
  /** Address of the agent, for `ashlar explain`. */
  agent: string
  outcome: 'ended' | 'transferred' | 'stuck'
  /** A call that failed and ended the conversation. */
  failure?: string
  attempts: Attempt[]
  /** What the conversation left in the database. */
  changes: Changes
}

export interface PlayOptions {
  data: string
  concurrency: number
  timeoutMs: number
  signal: AbortSignal
  /** Progress, one line at a time. */
  report(line: string): void
}

const here = fileURLToPath(new URL('.', import.meta.url))
const progressEvery = 25

/** Runs every conversation at its desk on a system of its own, and reads what came of it. */
export async function play(
  wanted: readonly { run: Run; desk: DeskKind }[],
  options: PlayOptions,
  onPlayed: (system: Launched, played: Played) => Promise<void>,
): Promise<Played[]> {
  const folder = await mkdtemp(join(tmpdir(), 'airline-adversary-'))
  const runs = join(folder, 'runs.json')
  await writeFile(runs, JSON.stringify(unique(wanted.map(({ run }) => run))))
  const shared = { data: resolve(options.data), runs }
  const modules = { desks: './agents.ts', tools: '../tools.ts', decisions: '../decisions.ts' }
  let system: Launched | undefined
  try {
    system = await launch({
      processes: Object.entries(modules).map(([name, file]) => ({
        name,
        module: resolve(here, file),
        instances: 1,
        options: { ...shared, ...(name === 'decisions' ? { decider: 'recorded' } : {}) },
      })),
      report: options.report,
      onProcessEvent: (event) => {
        if (event.kind !== 'ready') options.report(`process ${event.name}: ${event.kind}`)
      },
    })
    return await playAll(system, wanted, options, onPlayed)
  } finally {
    await system?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function playAll(
  system: Launched,
  wanted: readonly { run: Run; desk: DeskKind }[],
  options: PlayOptions,
  onPlayed: (system: Launched, played: Played) => Promise<void>,
): Promise<Played[]> {
  const all: Played[] = []
  const suffix = crypto.randomUUID().slice(0, 6)
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < wanted.length) {
      options.signal.throwIfAborted()
      const index = next++
      const played = await playOne(system, wanted[index]!, suffix, options)
      await onPlayed(system, played)
      all[index] = played
      const count = all.filter(Boolean).length
      if (count % progressEvery === 0) options.report(`${count} of ${wanted.length} conversations`)
    }
  }
  await Promise.all(Array.from({ length: options.concurrency }, lane))
  return all
}

async function playOne(
  { runtime }: Launched,
  { run, desk }: { run: Run; desk: DeskKind },
  suffix: string,
  { timeoutMs, signal, report }: PlayOptions,
): Promise<Played> {
  const { client, bus } = runtime
  const recording = readRecording(run)
  // A branch of its own: every conversation begins with the data as it was.
  const id = `${recording.name}-${desk}-${suffix}`
  const input = { branch: id, recording: recording.name }
  const agent = desk === 'desk' ? deskAgent : baselineAgent
  // To the customer both desks are alike.
  const ref = (await client.start(agent as typeof deskAgent, { id, input })) as unknown as DeskRef
  let outcome: Played['outcome'] = 'stuck'
  let handover: string | null = null
  try {
    const view = await playCustomer(ref, recording, { timeoutMs, signal })
    if (view.status === 'done') ({ outcome, handover } = view.output!)
  } catch (thrown) {
    signal.throwIfAborted()
    report(`${id}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
  const store = new AirlineStore({ users: {}, reservations: {}, flights: {} }, bus.keyValue)
  return {
    run,
    desk,
    agent: formatAddress(ref.address),
    outcome,
    ...(handover?.startsWith(failedCall) ? { failure: handover.slice(failedCall.length) } : {}),
    attempts: await attemptsOf(client.history(ref.address), recording),
    changes: await store.changes(id),
  }
}

/** Both desks replay the same recording. */
function unique(runs: readonly Run[]): Run[] {
  const byName = new Map(runs.map((run) => [`${run.task_id} ${run.trial}`, run]))
  return [...byName.values()]
}
