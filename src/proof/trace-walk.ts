import { hashJson } from '../contracts/json.ts'
import type { StoredState } from '../contracts/state.ts'
import type { Call, Run } from './call.ts'
import type { Move } from './move.ts'
import type { Occurrence } from './occurrence.ts'
import { differenceOf } from './path-difference.ts'
import type { Scene } from './scene.ts'
import { encodeScene } from './scene.ts'
import { Search } from './search.ts'
import type { Trace } from './trace.ts'
import type { CallModel, Execution, World } from './world.ts'

/** A move on the checker's model. */
export interface WalkedMove<Outside> {
  readonly move: Move
  readonly before: Scene
  readonly after: Scene
  readonly occurrences: readonly Occurrence<Outside>[]
  /** The call that it is about, as it was before. */
  readonly call: Call | undefined
  /** Which of the deliveries of the call, when that can be told. */
  readonly run: WalkedRun | undefined
}

/** A delivery of a call. */
export interface WalkedRun {
  readonly attempt: number
  readonly owns: boolean
}

/** Which of the executions that a model names a move stands for. */
export type ModelChoice =
  | { readonly kind: 'nothing' }
  /** The answer that the outside system keeps under the idempotency key. */
  | { readonly kind: 'kept' }
  | { readonly kind: 'modelled'; readonly index: number }
  /** Of a call that nobody has modelled: an example. */
  | { readonly kind: 'given'; readonly output: unknown }

/** Scenes that are looked at for a way out. */
const trapMost = 20_000

interface Node<Outside> {
  readonly scene: Scene
  readonly from: Node<Outside> | undefined
  readonly walked: Omit<WalkedMove<Outside>, 'call' | 'run'> | undefined
  readonly breaks: boolean
}

/** Walks a trace on the model. Moves that look alike may lead to different scenes: all are followed. */
export class TraceWalk<Outside> {
  readonly search: Search<Outside>
  private readonly world: World<Outside>
  private readonly property: string

  constructor(world: World<Outside>, trace: Trace) {
    this.world = { ...world, bounds: { ...world.bounds, ...trace.bounds } }
    this.search = new Search(this.world)
    this.property = trace.property
  }

  opening(): { scene: Scene; occurrences: readonly Occurrence<Outside>[] } {
    return this.search.opening()
  }

  /** As far as the world allows; fewer than the given ones when it does not allow the next. */
  walk(moves: readonly Move[], from: Scene = this.opening().scene): WalkedMove<Outside>[] {
    let nodes: Node<Outside>[] = [
      { scene: from, from: undefined, walked: undefined, breaks: false },
    ]
    for (const move of moves) {
      const next = this.follow(nodes, move)
      if (next.length === 0) break
      nodes = next
    }
    return this.pathTo(nodes.find(({ breaks }) => breaks) ?? nodes[0]!)
  }

  /** Whether something can happen in a scene without anybody outside and without a fault. */
  isResting(scene: Scene): boolean {
    let isResting = true
    this.search.visit(scene, (_next, _move, isInternal) => {
      if (isInternal) isResting = false
    })
    return isResting
  }

  /**
   * Whether no way leads from a scene to one where the composition rests as it may, without anybody
   * outside and without a fault. What lies beyond so many scenes is taken to be like what was seen.
   */
  isTrapped(scene: Scene): boolean {
    const seen = new Map([[encodeScene(scene).join(), scene]])
    for (const at of seen.values()) {
      const next: Scene[] = []
      this.search.visit(at, (after, _move, isInternal) => {
        if (isInternal) next.push(after)
      })
      if (next.length === 0 && this.mayRest(at)) return false
      if (seen.size > trapMost) return true
      for (const after of next) seen.set(encodeScene(after).join(), after)
    }
    return true
  }

  private mayRest(scene: Scene): boolean {
    const view = this.search.viewOf(scene)
    const isOver = [...view.agents.values()].every(({ snapshot }) => snapshot.status !== 'active')
    if (isOver && view.calls.length === 0) return true
    return this.world.properties.some((one) => one.kind === 'settles' && one.mayRest(view))
  }

  /** State of an agent, in the model's terms. */
  stateOf(scene: Scene, agent: string): StoredState | undefined {
    return this.search.viewOf(scene).agents.get(agent)
  }

  /** Which of the model's executions the move stands for. */
  choiceOf({ move, before, call, occurrences }: WalkedMove<Outside>): ModelChoice {
    const executed = occurrences.find(({ kind }) => kind === 'executed')
    const ending = 'ending' in move ? move.ending : undefined
    if (!call || (!executed && ending?.kind === 'hangs')) return { kind: 'nothing' }
    const { cast } = this.search
    const keepsKey = call.effect === 'idempotent' && !this.world.tools?.[call.target]?.ignoresKey
    if (call.answer > 0 && keepsKey && ending?.kind === 'answers') return { kind: 'kept' }
    const model = modelOf(this.world, call)
    if (!model) {
      const output = executed?.kind === 'executed' ? executed.output : outputOf(move)
      return ending?.kind === 'fails' ? { kind: 'nothing' } : { kind: 'given', output }
    }
    const earlier = cast.values.at(call.answer) as { output: unknown } | undefined
    const executions = model({
      outside: cast.outside.at(before.outside),
      input: cast.values.at(call.input) as never,
      agent: cast.players.at(call.owner).agent,
      earlier,
    })
    const index = executions.findIndex((execution) => {
      if (executed?.kind === 'executed') return this.leadsTo(execution, executed)
      if (ending?.kind === 'answers') {
        return 'output' in execution && same(execution.output, ending.output)
      }
      if (ending?.kind !== 'fails' || 'output' in execution) return false
      return (execution.error.message ?? noMessage) === ending.message
    })
    return index < 0 ? { kind: 'nothing' } : { kind: 'modelled', index }
  }

  private leadsTo(
    execution: Execution<Outside>,
    { output, before, after }: Extract<Occurrence<Outside>, { kind: 'executed' }>,
  ): boolean {
    const outside = execution.outside
    const led = outside === undefined ? before : (this.world.abstractOutside?.(outside) ?? outside)
    const answered = 'output' in execution ? execution.output : undefined
    return same(led, after) && same(answered, output)
  }

  private follow(nodes: readonly Node<Outside>[], move: Move): Node<Outside>[] {
    const wanted = textOf(move)
    const next = new Map<string, Node<Outside>>()
    for (const node of nodes) {
      const before = node.scene
      this.search.visit(before, (after, made, _isInternal, _ordinal, breaches, occurrences) => {
        if (!isLike(made(), move, wanted)) return
        const breaks = breaches.some(({ property }) => property === this.property)
        const key = `${encodeScene(after).join()} ${breaks}`
        if (next.has(key)) return
        const walked = { move, before, after, occurrences }
        next.set(key, { scene: after, from: node, walked, breaks })
      })
    }
    return [...next.values()]
  }

  private pathTo(last: Node<Outside>): WalkedMove<Outside>[] {
    const path: WalkedMove<Outside>[] = []
    for (let at: Node<Outside> | undefined = last; at?.walked; at = at.from) {
      const call = this.callOf(at.walked)
      path.unshift({ ...at.walked, call, run: call && this.runOf(at.walked, call) })
    }
    return path
  }

  /** Of the deliveries of the call the one that the move changes. */
  private runOf(
    { before, after }: Omit<WalkedMove<Outside>, 'call' | 'run'>,
    { owner, childId, runs }: Call,
  ): WalkedRun | undefined {
    const { cast } = this.search
    const known = new Set(before.calls)
    const next = after.calls
      .filter((id) => !known.has(id))
      .map((id) => cast.calls.at(id))
      .find((call) => call.owner === owner && call.childId === childId)
    const left = next ? next.runs.map(keyOfRun) : []
    const changed = runs.filter((run) => {
      const at = left.indexOf(keyOfRun(run))
      if (at >= 0) left.splice(at, 1)
      return at < 0
    })[0]
    const contextOf = ({ form }: Run) => cast.forms.at(form).stored.snapshot.context
    // One that has only begun and is followed by another that has.
    const moved = changed ?? runs.find((run) => contextOf(run)['lastError'] === null && !run.owns)
    return moved && { attempt: contextOf(moved)['attempt'] as number, owns: moved.owns }
  }

  /** Of the calls of that name the one that the move changes. */
  private callOf({
    move,
    before,
    after,
  }: Omit<WalkedMove<Outside>, 'call' | 'run'>): Call | undefined {
    if (!('childId' in move)) return undefined
    const { cast } = this.search
    const left = [...after.calls]
    const changed = before.calls.filter((id) => {
      const at = left.indexOf(id)
      if (at >= 0) left.splice(at, 1)
      return at < 0
    })
    return [...changed, ...before.calls]
      .map((id) => cast.calls.at(id))
      .find(({ owner, childId, target }) => {
        const { agent } = cast.players.at(owner)
        return agent === move.agent && childId === move.childId && target === move.target
      })
  }
}

/** What a model's error says that says nothing. */
const noMessage = 'it failed'

/** What stands for a call; undefined when nobody has modelled it. */
export function modelOf<Outside>(
  { tools, memory, promises }: World<Outside>,
  { kind, target, src }: { kind: string; target: string; src: string },
): CallModel<Outside> | undefined {
  if (kind === 'tool') return tools?.[target]?.execute
  return kind === 'memory' ? memory?.[target as 'recall'] : promises?.[src]
}

/** Equal as JSON, in whatever order their members are. */
export function same(one: unknown, other: unknown): boolean {
  return differenceOf(one, other, '') === undefined
}

function outputOf(move: Move): unknown {
  return 'ending' in move && move.ending?.kind === 'answers' ? move.ending.output : undefined
}

function keyOfRun({ form, owns, sees }: Run): string {
  return `${form} ${owns} ${sees}`
}

function isLike(made: Move, move: Move, wanted: string): boolean {
  return made.do === move.do && textOf(made) === wanted
}

function textOf(move: Move): string {
  return hashJson(JSON.parse(JSON.stringify(move)))
}
