import type { AgentDefinition } from '../actors/definition.ts'
import { hasBegun, isKept } from '../actors/failure.ts'
import { describeValue } from '../contracts/state.ts'
import type { StoredState } from '../contracts/state.ts'
import type { InstanceProblem, ProblemKind } from './instance-problem.ts'
import { VersionJudge } from './stranded.ts'

/** A state of an agent, and where it was found: an address, or the way that leads there. */
export interface Instance {
  readonly where: string
  readonly state: StoredState
  /** It was made up from its chart; its context says nothing. */
  readonly isAssumed?: boolean
}

/** Instances of one version that have one problem in one state. */
export interface ProblemGroup {
  readonly machine: string
  readonly from: { readonly version: string; readonly hash: string }
  /** Null: whatever the state. */
  readonly state: string | null
  readonly kind: ProblemKind | 'machine-gone'
  readonly strands: boolean
  readonly path: string
  readonly about: string
  /** Of the first of them. */
  readonly message: string
  readonly count: number
  /** Names of the first ones. */
  readonly examples: readonly string[]
}

/** How many instances there are of each sort; every one is `ended`, `same`, or one of the others. */
export interface VersionSummary {
  readonly instances: number
  readonly ended: number
  /** Of the very definition that they were judged under. */
  readonly same: number
  /** Of another version or chart, and could go on as they are. */
  readonly fine: number
  /** Could go on, with something lost or changed. */
  readonly warned: number
  readonly stranded: number
}

export interface VersionReport {
  readonly summary: VersionSummary
  /** What strands first, then by how many it concerns. */
  readonly groups: readonly ProblemGroup[]
  /** Findings beyond the bound on groups, which are counted and not listed. */
  readonly more: number
}

export interface VersionCheckOptions {
  /** The new definitions. */
  readonly next: readonly AgentDefinition[]
  /** The old ones, where they are known. */
  readonly before?: readonly AgentDefinition[]
  /** Instances that are named per group. */
  readonly examples: number
  /** Called after every instance. */
  readonly onChecked?: (summary: VersionSummary) => void
}

/** However many instances there are: so many groups, with a few names in each. */
const groupsMax = 1_000

/** Judges instances as they come and keeps counts only. */
export async function checkVersions(
  instances: AsyncIterable<Instance> | Iterable<Instance>,
  { next, before = [], examples, onChecked }: VersionCheckOptions,
): Promise<VersionReport> {
  const judges = new Map(
    next.map((one) => [
      one.id,
      new VersionJudge(
        one,
        before.find(({ id }) => id === one.id),
      ),
    ]),
  )
  const tally = new Tally(examples)
  for await (const { where, state, isAssumed } of instances) {
    const judge = judges.get(state.machine.id)
    tally.add(where, state, judge ? judge.judge(state, isAssumed) : [machineGone(state)])
    onChecked?.(tally.summary)
  }
  return { summary: tally.summary, groups: tally.groups(), more: tally.more }
}

type Found = Omit<InstanceProblem, 'kind'> & { kind: ProblemGroup['kind'] }
type Counted = Omit<ProblemGroup, 'count' | 'examples'> & { count: number; examples: string[] }

class Tally {
  more = 0
  readonly summary = { instances: 0, ended: 0, same: 0, fine: 0, warned: 0, stranded: 0 }
  private readonly counted = new Map<string, Counted>()
  private readonly examples: number

  constructor(examples: number) {
    this.examples = examples
  }

  add(where: string, state: StoredState, problems: readonly Found[]): void {
    this.summary.instances++
    const isFailed = isKept(state) && hasBegun(state)
    if (state.snapshot.status !== 'active' && !isFailed) return void this.summary.ended++
    if (problems.length === 0) return void this.summary.same++
    const others = problems.filter(({ about }) => about !== 'version')
    if (others.length === 0) this.summary.fine++
    else if (others.some(({ strands }) => strands)) this.summary.stranded++
    else this.summary.warned++
    for (const problem of problems) this.count(where, state, problem)
  }

  groups(): ProblemGroup[] {
    return [...this.counted.values()].toSorted(
      (one, other) => Number(other.strands) - Number(one.strands) || other.count - one.count,
    )
  }

  private count(where: string, { machine, snapshot }: StoredState, problem: Found): void {
    const { id, version, hash } = machine
    const state = problem.about === 'version' ? null : describeValue(snapshot.value)
    const { kind, strands, path, about, message } = problem
    // Of messages with texts of the user's own in them the first one stands for all.
    const key = JSON.stringify([id, version, hash, state, kind, strands, path, about])
    const known = this.counted.get(key)
    if (known) {
      known.count++
      const { examples } = known
      if (examples.length < this.examples && !examples.includes(where)) examples.push(where)
    } else if (this.counted.size === groupsMax) this.more++
    else {
      const of = { machine: id, from: { version, hash }, state }
      const named = this.examples > 0 ? [where] : []
      this.counted.set(key, {
        ...of,
        kind,
        strands,
        path,
        about,
        message,
        count: 1,
        examples: named,
      })
    }
  }
}

function machineGone({ machine }: StoredState): Found {
  const { id, version } = machine
  return {
    kind: 'machine-gone',
    strands: true,
    path: id,
    about: 'machine',
    message:
      `the new module has no machine ${id}, so nobody serves its instances; keep serving ` +
      `${id}@${version} until they have ended`,
  }
}
