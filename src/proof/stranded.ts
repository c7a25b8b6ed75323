import type { AnyStateNode } from 'xstate'
import type { AgentDefinition } from '../actors/definition.ts'
import { hasBegun, isKept, lastGoodState } from '../actors/failure.ts'
import { InputError } from '../contracts/error.ts'
import type { StoredState } from '../contracts/state.ts'
import type { InstanceProblem } from './instance-problem.ts'
import { ChartView, outsideDescriptors, takenBy } from './strand-chart.ts'
import { pathOf } from './strand-configuration.ts'
import type { Placed } from './strand-children.ts'
import { childProblems } from './strand-children.ts'
import { ProbeInputs } from './strand-inputs.ts'
import { firstContexts, keptProblems } from './strand-kept.ts'
import { alwaysDue, probeProblems } from './strand-probes.ts'
import { timerProblems } from './strand-timers.ts'
import { namedTimers, pendingChildren, Ways } from './strand-ways.ts'

/**
 * What would become of one stored instance if it went on under another definition of its machine:
 * nothing to say for one of the very same definition, and for one that has ended. A failed agent is
 * judged by the state to which `ashlar resume` would set it back.
 * @param before the definition that it runs, where it is known: what that one has wrong as well is
 * left out, and events that it took and the next one does not are said
 * @throws InputError when the state is of another machine
 */
export function judgeInstance(
  next: AgentDefinition,
  stored: StoredState,
  before?: AgentDefinition,
): InstanceProblem[] {
  return new VersionJudge(next, before).judge(stored)
}

/** Judges many instances, so that charts are read and examples are made once. */
export class VersionJudge {
  private readonly next: Side
  private readonly before: Side | undefined

  constructor(next: AgentDefinition, before?: AgentDefinition) {
    this.next = new Side(next)
    this.before = before && new Side(before)
  }

  /**
   * @param isAssumed the state was made up from its chart: its context says nothing
   * @throws InputError when the state is of another machine
   */
  judge(stored: StoredState, isAssumed = false): InstanceProblem[] {
    checkMachine(this.next.chart.definition, stored)
    const isFailed = isKept(stored) && hasBegun(stored)
    const state = isFailed ? lastGoodState(stored) : stored
    if (state.snapshot.status !== 'active') return []
    const version = versionProblem(this.next.chart.definition, state)
    if (!version) return []
    const { nodes, misfits } = this.next.chart.configuration(state.snapshot.value)
    if (misfits.length > 0) {
      const todo = 'keep the state until its instances have left it'
      const found = misfits.map(({ kind, path, says }) => ({
        kind,
        strands: true,
        path,
        about: '',
        message: `${says} in this chart; ${todo}`,
      }))
      return [version, ...found]
    }
    const known = new Set(this.structure(this.before, state, isAssumed).map(keyOf))
    const found = this.structure(this.next, state, isAssumed)
    const fresh = found.filter((one) => !known.has(keyOf(one)))
    return [version, ...fresh, ...this.probes(state, nodes, isAssumed)]
  }

  /** What is wrong of children, timers and what is kept, without running anything. */
  private structure(
    side: Side | undefined,
    stored: StoredState,
    isAssumed: boolean,
  ): InstanceProblem[] {
    if (!side) return []
    const { chart } = side
    const { nodes, misfits } = chart.configuration(stored.snapshot.value)
    if (misfits.length > 0) return []
    const placed = place(chart, stored, nodes)
    const found = [
      ...childProblems(placed),
      ...timerProblems(placed, side === this.next ? this.before?.chart : undefined),
      ...keptProblems(placed, isAssumed ? [] : side.begins),
      ...(isAssumed ? [] : alwaysDue(placed)),
    ]
    // What strands by itself says already that nothing else leads on.
    return found.some(({ strands }) => strands) ? found : [...found, ...noWayOut(placed)]
  }

  private probes(
    stored: StoredState,
    nodes: readonly AnyStateNode[],
    isAssumed: boolean,
  ): InstanceProblem[] {
    const { next, before } = this
    const placed = place(next.chart, stored, nodes)
    const labels = new Set<string>()
    if (isAssumed) return before ? takenNoMore(placed, before.chart, labels) : []
    const probes = [next, ...(before ? [before] : [])].flatMap(({ inputs }) => {
      const fresh = inputs.of(stored).filter(({ label }) => !labels.has(label))
      for (const { label } of fresh) labels.add(label)
      return fresh
    })
    const problems = probeProblems(placed, probes, before?.chart.definition)
    return before ? [...problems, ...takenNoMore(placed, before.chart, labels)] : problems
  }
}

/** A definition as one side of the comparison. */
class Side {
  readonly chart: ChartView
  readonly inputs: ProbeInputs
  readonly begins: readonly Record<string, unknown>[]

  constructor(definition: AgentDefinition) {
    this.chart = new ChartView(definition)
    this.inputs = new ProbeInputs(definition)
    this.begins = firstContexts(definition)
  }
}

function place(chart: ChartView, stored: StoredState, active: readonly AnyStateNode[]): Placed {
  return { chart, stored, active, ways: new Ways(chart, stored, active) }
}

function keyOf({ kind, path, about }: InstanceProblem): string {
  return JSON.stringify([kind, path, about])
}

function checkMachine({ id }: AgentDefinition, { machine }: StoredState): void {
  if (machine.id === id) return
  const todo = 'judge it under a definition of its own machine'
  throw new InputError({ field: 'stored.machine.id', expected: id, got: machine.id, todo })
}

/** Undefined for the very same definition. */
function versionProblem(
  { id, version, hash }: AgentDefinition,
  { machine }: StoredState,
): InstanceProblem | undefined {
  if (machine.version === version && machine.hash === hash) return undefined
  const base = { strands: false, path: id, about: 'version' }
  if (machine.version === version) {
    const message =
      `the chart differs (${machine.hash}, now ${hash}) under the same version ${version}: a host ` +
      'would go on with it in old states without noticing; raise the version'
    return { ...base, kind: 'raise-version', message }
  }
  const message =
    `it runs version ${machine.version} and pauses, with its mail kept, where a host with version ` +
    `${version} owns it; let it end on hosts with version ${machine.version} before those take over`
  return { ...base, kind: 'other-version', message }
}

function noWayOut({ active, ways, stored }: Placed): InstanceProblem[] {
  const { outlook } = ways
  if (outlook === 'moves') return []
  const waits = pendingChildren(stored).map(([id]) => id)
  const timers = namedTimers(stored).map(({ name }) => name)
  const has = [...waits, ...timers]
  const what =
    has.length > 0
      ? `nothing takes what it waits for (${has.join(', ')})`
      : 'it waits for no child and no timer'
  const only =
    outlook === 'stuck'
      ? 'and no event from outside moves it'
      : `and only ${ways.undeclared.join(', ')} moves it, which outsiders may not send`
  return [
    {
      kind: 'no-way-out',
      strands: outlook === 'stuck',
      path: pathOf(active.at(-1)!),
      about: '',
      message: `${what}, ${only}; give the state an event, a timer or a child that leads out of it`,
    },
  ]
}

/** Events without examples: whether the active states have a transition for them, guards aside. */
function takenNoMore(
  { chart, active, stored }: Placed,
  before: ChartView,
  probed: ReadonlySet<string>,
): InstanceProblem[] {
  const { nodes, misfits } = before.configuration(stored.snapshot.value)
  if (misfits.length > 0) return []
  const gone = outsideDescriptors(nodes).filter(
    (type) => !probed.has(type) && takenBy(active, type).length === 0,
  )
  return gone.map((type) => ({
    kind: 'event-untaken',
    strands: false,
    path: pathOf(active.at(-1)!),
    about: type,
    message: `${type} was taken in this state and is not any more${
      chart.isTakenAnywhere(type) ? '' : ', nor in any other'
    }: what comes lies among the dead letters; keep a transition for it, if only \`{}\``,
  }))
}
