import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deskMachine } from '../../examples/airline-desk/desk-machine.ts'
import type { AirlineData } from '../../examples/airline-desk/domain/database.ts'
import { loadAirlineData, loadRuns } from '../../examples/airline-desk/domain/load.ts'
import type { Run } from '../../examples/airline-desk/domain/load.ts'
import type { StepNotice } from '../../src/actors/notice.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import { fromBytes } from '../../src/contracts/json.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import type { Brokers } from './broker.ts'
import { startSingle } from './broker.ts'
import { Cell } from './cell.ts'
import { startCluster } from './cluster.ts'
import { Couriers } from './couriers.ts'
import { Load } from './load.ts'
import type { Options } from './options.ts'
import type { Strike } from './recovery.ts'
import { planFaults } from './schedule.ts'
import { Striker } from './striker.ts'
import type { Heard, Verdict } from './verdict.ts'
import { judge } from './verdict.ts'

/** Longest time that a customer thinks, so that conversations last while faults come and go. */
const thinkMaxMs = 3_000
/** A run that takes longer than this is given up by its customer and judged as it stands. */
const patienceMs = 120_000
const progressEvery = 100

export interface Result extends Verdict {
  strikes: readonly Strike[]
  seconds: number
  /** Runs that were going on when faults struck, fewest first. */
  folder: string
  /** The folder is still there. */
  isKept: boolean
}

interface Scene {
  folder: string
  brokers: Brokers
  cell: Cell
  base: AirlineData
  conversations: readonly Run[]
  executions: string
}

/** Runs one campaign from an empty store to the verdict. @throws AshlarError, DataFileError */
export async function campaign(
  options: Options,
  clock: Clock,
  tell: (line: string) => void,
): Promise<Result> {
  const begunMs = clock.now()
  const report = (line: string): void => {
    tell(`${((clock.now() - begunMs) / 1000).toFixed(1).padStart(6)} s  ${line}`)
  }
  const base = await loadAirlineData(options.data)
  const conversations = (await Promise.all(options.runFiles.map(loadRuns))).flat()
  const folder = await mkdtemp(join(tmpdir(), 'ashlar-chaos-'))
  const name = 'chaos'
  const start = options.cluster ? startCluster : startSingle
  const brokers = await start({ folder, cell: name, clock, report })
  let cell: Cell | undefined
  let isKept = options.keep
  try {
    const runs = join(folder, 'conversations.json')
    await writeFile(runs, JSON.stringify(conversations))
    const executions = join(folder, 'executions.jsonl')
    cell = await Cell.start({
      brokers,
      cell: name,
      clock,
      data: options.data,
      runs,
      executions,
      instances: options.instances,
      onEvent: (event) => {
        if (event.kind === 'ready' || !options.verbose) return
        report(`  ${JSON.stringify(event)}`)
      },
    })
    const scene = { folder, brokers, cell, base, conversations, executions }
    const verdict = await play(scene, options, clock, report)
    // What was found can be looked into only as long as the store and the logs are there.
    isKept ||= verdict.findings.length > 0
    return { ...verdict, seconds: Math.round((clock.now() - begunMs) / 1000), folder, isKept }
  } finally {
    await cell?.stop()
    await brokers.stop()
    if (!isKept) await rm(folder, { recursive: true, force: true })
  }
}

async function play(
  scene: Scene,
  options: Options,
  clock: Clock,
  report: (line: string) => void,
): Promise<Omit<Result, 'seconds' | 'folder' | 'isKept'>> {
  const { cell, brokers, base, conversations, executions } = scene
  const { seed, runs, kills, cluster, concurrency } = options
  const { client, bus } = cell.runtime
  const heard: Heard = new Map()
  await bus.wire.listen(['step', deskMachine.id, '>'], (body) => {
    const { address, step } = fromBytes(body) as StepNotice
    const steps = heard.get(address.id) ?? new Map<number, number>()
    if (!steps.has(step)) steps.set(step, clock.now())
    heard.set(address.id, steps)
  })
  const shared = { client, clock, conversations, patienceMs }
  report(`${conversations.length} conversation(s) without faults, as the reference`)
  const calm = new Load({
    ...shared,
    thinkMaxMs: 0,
    random: seededRandom(seed + 1),
    runs: conversations.length,
    concurrency,
    prefix: 'reference',
    onEnded: () => undefined,
  })
  await calm.run()

  let ended = 0
  const striking: { striker?: Striker } = {}
  const load: Load = new Load(
    {
      ...shared,
      thinkMaxMs,
      random: seededRandom(seed + 2),
      runs,
      concurrency,
      prefix: 'run',
      onEnded: () => {
        if (++ended % progressEvery !== 0 && ended !== runs) return
        const struck = striking.striker?.strikes.length ?? 0
        report(`${ended}/${runs} runs ended, ${struck}/${faults.length} faults`)
      },
    },
    0,
  )
  const faults = planFaults({ seed, runs, kills, cluster })
  const striker = new Striker({
    brokers,
    cell,
    clock,
    load,
    onStrike: (strike) => {
      if (options.verbose) report(`  ${describeStrike(strike)}`)
    },
  })
  striking.striker = striker
  report(`${runs} runs, ${kills} kills and ${faults.length - kills} pauses, seed ${seed}`)
  const couriers = new Couriers(runs)
  await Promise.all([load.run(), striker.run(faults, runs), couriers.run(client, load)])
  await brokers.healthy()
  report('all runs ended; reading the journals')
  const verdict = await judge({
    runtime: cell.runtime,
    base,
    reference: calm.played,
    played: load.played,
    couriers,
    executionsFile: executions,
    heard,
    strikes: striker.strikes,
  })
  return { ...verdict, strikes: striker.strikes }
}

function describeStrike({ fault, victims, running }: Strike): string {
  const how = fault.action === 'kill' ? 'kill -9' : `stopped for ${fault.pauseMs} ms`
  return `${how}: ${fault.kind} ${victims.join(', ')}; ${running} run(s) going on`
}
