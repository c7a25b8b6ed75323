import type { AnyStateMachine } from 'xstate'
import type { AgentDefinition } from '../actors/definition.ts'
import type { CancelTimer } from '../contracts/clock.ts'
import { systemClock } from '../contracts/clock.ts'
import { checkNumber } from '../contracts/declaration.ts'
import { InputError } from '../contracts/error.ts'
import type { Clause } from '../proof/clause.ts'
import { clause, expectThat } from '../proof/clause.ts'
import type { CoverageKind } from '../proof/path-coverage.ts'
import { coverageKinds, coverageTable, percentOf } from '../proof/path-coverage.ts'
import type { PathGround } from '../proof/path-ground.ts'
import type { PathOptions } from '../proof/path-options.ts'
import { PathPlayer } from '../proof/path-player.ts'
import { runOnStep } from '../proof/path-step.ts'
import type { MachinePath, MachinePaths } from '../proof/paths.ts'
import { agentOf, pathsOf } from '../proof/paths.ts'
import type { TestFrame } from './contract-tests.ts'
import { defineClauses } from './contract-tests.ts'
import { natsGround, twinGround } from './path-grounds.ts'

/** Where a path is run: the pure step, the local twin of the broker, a NATS server. */
export type PathPlace = 'step' | 'twin' | 'nats'

export interface MachineTestOptions extends PathOptions {
  /** Default: `step` and `twin`. */
  readonly on?: readonly PathPlace[]
  /** Percents that the paths must go through at the least; what falls short fails the last test. */
  readonly coverage?: Partial<Readonly<Record<CoverageKind, number>>>
  /**
   * For `nats`: the server, `nats://host:4222`. In a cell of its own, which is left there. Default:
   * one is started for these tests and removed after them.
   */
  readonly broker?: string
}

/** The derived tests of a machine. */
export interface MachineContract {
  readonly found: MachinePaths
  /** One per path, then the one about coverage. */
  readonly clauses: readonly Clause[]
}

/** Which ground a place is; tests of these tests bring worse ones. */
export type OpenGround = (place: 'twin' | 'nats') => Promise<PathGround>

/**
 * Defines one test per path through a machine or an agent, such as `turnstile: COIN -> PUSH`, and a
 * last one that prints how much of the machine the paths go through. Each path runs on the pure step
 * and on the production host over the local twin of the broker, and on NATS if asked to; state,
 * context and effects of every move are compared. Nothing of the user's is executed but the chart:
 * tools, deciders, child agents, promises and side effects are stood in for at their contracts.
 * @throws InputError naming the option, or in vitest without globals and without `test`;
 * RegistrationError when it is no machine that can run durably
 */
export function testMachine(
  machine: AnyStateMachine | AgentDefinition,
  { test, ...options }: MachineTestOptions & TestFrame = {},
): void {
  const { found, clauses } = machineContract(machine, options, (text) =>
    process.stdout.write(`${text}\n`),
  )
  defineClauses(found.machine, clauses, test)
}

/** @throws InputError, RegistrationError */
export function machineContract(
  machine: AnyStateMachine | AgentDefinition,
  options: MachineTestOptions,
  print: (text: string) => void,
  openGround?: OpenGround,
): MachineContract {
  const { on = ['step', 'twin'], coverage = {}, broker, ...pathOptions } = options
  checkPlaces(on)
  for (const kind of Object.keys(coverage)) checkKind(kind)
  for (const kind of coverageKinds) checkNumber(`coverage.${kind}`, coverage[kind] ?? 0, 0)
  const definition = agentOf(machine)
  const found = pathsOf(definition, pathOptions)
  const open: OpenGround =
    openGround ?? (async (place) => (place === 'twin' ? twinGround() : natsGround(broker)))
  const stages = (['twin', 'nats'] as const)
    .filter((place) => on.includes(place))
    .map(
      (place) => new Stage(async () => new PathPlayer(definition, await open(place), found.paths)),
    )
  const paths = found.paths.map((path, index) =>
    clause(`path-${index + 1}`, path.name, async () => {
      if (on.includes('step')) runOnStep(definition, path)
      for (const stage of stages) await stage.play(path)
    }),
  )
  const last = clause('coverage', 'coverage', async () => {
    for (const stage of stages) await stage.close()
    print(coverageText(found))
    checkCoverage(found, coverage)
  })
  return { found, clauses: [...paths, last] }
}

/** Of each kind so many are listed. */
const listedMost = 20

/** The table, and what the paths do not go through. */
export function coverageText({ machine, suite, paths, coverage, notes }: MachinePaths): string {
  const missed = coverageKinds.flatMap((kind) => {
    const names = coverage[kind].missed
    const lines = names.slice(0, listedMost).map((name) => `${kind.slice(0, -1)} ${name}`)
    if (names.length > listedMost) lines.push(`${names.length - listedMost} more ${kind}`)
    return lines.map((line) => `  not covered: ${line}`)
  })
  return [
    `${machine}: ${paths.length} path(s), suite ${suite}`,
    ...coverageTable(coverage).map((line) => `  ${line}`),
    ...missed,
    ...notes.map((note) => `  note: ${note}`),
  ].join('\n')
}

function checkCoverage(
  { coverage, thrown }: MachinePaths,
  least: NonNullable<MachineTestOptions['coverage']>,
): void {
  expectThat(thrown.length === 0, () => `what contracts allow, it does not take: ${thrown[0]}`)
  for (const kind of coverageKinds) {
    const wanted = least[kind]
    if (wanted === undefined) continue
    const { missed } = coverage[kind]
    const percent = percentOf(coverage[kind])
    const text = `${percent} % of the ${kind} are covered, less than ${wanted} %; missed: `
    expectThat(percent >= wanted, text + missed.join('; '))
  }
}

/** So long, in ms, a stage that nobody uses is kept: the last test may have been left out. */
const idleMs = 1_000

/** One player for all paths of a machine, one path at a time. */
class Stage {
  private readonly open: () => Promise<PathPlayer>
  private player: Promise<PathPlayer> | undefined
  private before: Promise<unknown> = Promise.resolve()
  private readonly clock = systemClock()
  private cancelIdle: CancelTimer = () => undefined

  constructor(open: () => Promise<PathPlayer>) {
    this.open = open
  }

  play(path: MachinePath): Promise<void> {
    const playing = this.before.then(async () => {
      this.cancelIdle()
      this.player ??= this.open()
      const player = await this.player
      await player.play(path)
    })
    this.before = playing
      .catch(() => undefined)
      .then(() => {
        this.cancelIdle = this.clock.at(this.clock.now() + idleMs, () => void this.close())
      })
    return playing
  }

  close(): Promise<void> {
    const closing = this.before.then(async () => {
      this.cancelIdle()
      // One that could not be opened has failed the paths already.
      const player = await this.player?.catch(() => undefined)
      this.player = undefined
      await player?.close()
    })
    this.before = closing.catch(() => undefined)
    return closing
  }
}

const places: readonly unknown[] = ['step', 'twin', 'nats'] satisfies PathPlace[]

function checkPlaces(on: readonly unknown[]): void {
  const wrong = on.find((place) => !places.includes(place))
  if (wrong === undefined && on.length > 0) return
  throw new InputError({
    field: 'on',
    expected: `some of ${places.join(', ')}`,
    got: wrong,
    todo: 'name where the paths are to run',
  })
}

function checkKind(kind: string): void {
  if (coverageKinds.includes(kind as CoverageKind)) return
  const expected = `some of ${coverageKinds.join(', ')}`
  throw new InputError({ field: 'coverage', expected, got: kind, todo: 'correct the name' })
}
