import type { AnyStateNode } from 'xstate'
import type { StoredChild, StoredState, StoredTimer } from '../contracts/state.ts'
import type { ChartView, ChartTransition } from './strand-chart.ts'
import { isBelow, leaves, outsideDescriptors, takenBy } from './strand-chart.ts'
import { pathOf } from './strand-configuration.ts'

/** Whether something can still move a node: surely not, only by what nobody declares, or yes. */
export type Outlook = 'stuck' | 'perhaps' | 'moves'

/**
 * What can still happen to a stored instance under a chart: the ends of its children, its timers, and
 * events from outside. Guards are left aside, so it may move less than this says, never more.
 */
export class Ways {
  /** Events of the chart that are not declared for outsiders: another agent may send them. */
  readonly undeclared: readonly string[]
  private readonly sure: ChartTransition[]
  private readonly doubtful: ChartTransition[]

  constructor(chart: ChartView, stored: StoredState, active: readonly AnyStateNode[]) {
    const moving = (type: string): ChartTransition[] =>
      takenBy(active, type).filter((transition) => chart.moves(transition, active))
    const outside = outsideTypes(chart, stored, active)
    this.sure = [
      ...pendingChildren(stored).flatMap(([id, child]) => ends(chart, active, id, child, moving)),
      ...Object.values(stored.timers).flatMap(({ to, event }) => (to ? [] : moving(event.type))),
      ...outside.sure.flatMap(moving),
    ]
    this.doubtful = outside.doubtful.flatMap(moving)
    this.undeclared = outside.doubtful.filter((type) => moving(type).length > 0)
  }

  /** Of the whole instance. */
  get outlook(): Outlook {
    if (this.sure.length > 0) return 'moves'
    return this.doubtful.length > 0 ? 'perhaps' : 'stuck'
  }

  /** Of one active node: whether it can be left, or something in it can move. */
  outlookOf(node: AnyStateNode): Outlook {
    if (this.sure.some((transition) => isWayOutOf(transition, node))) return 'moves'
    return this.doubtful.some((transition) => isWayOutOf(transition, node)) ? 'perhaps' : 'stuck'
  }

  /** Half a sentence on what the outlook of a node comes to. */
  consequence(node: AnyStateNode): string {
    switch (this.outlookOf(node)) {
      case 'stuck':
        return `nothing else gets it out of ${pathOf(node)}`
      case 'perhaps':
        return `only ${this.undeclared.join(', ')} from another agent gets it out of ${pathOf(node)}`
      case 'moves':
        return `something else can still move it`
    }
  }
}

/** Children whose end is still to come. */
export function pendingChildren({ children }: StoredState): [string, StoredChild][] {
  return Object.entries(children).filter(([, child]) => child.settled !== true)
}

/** Timers by the name that people know; one without an id is known by its event. */
export function namedTimers({
  timers,
}: StoredState): { name: string; id: string; timer: StoredTimer }[] {
  return Object.entries(timers).map(([id, timer]) => {
    const isAnonymous = id === `timer.${timer.incarnation}`
    return { name: isAnonymous ? timer.event.type : id, id, timer }
  })
}

/** The option types that a pending decision may answer with. */
export function openOptions(chart: ChartView, { src, offered }: StoredChild): readonly string[] {
  if (offered) return offered
  const source = chart.definition.sources.get(src)
  return source?.kind === 'decision' ? source.contract.optionTypes : []
}

function ends(
  chart: ChartView,
  active: readonly AnyStateNode[],
  id: string,
  child: StoredChild,
  moving: (type: string) => ChartTransition[],
): ChartTransition[] {
  const done = `xstate.done.actor.${id}`
  const failed = moving(`xstate.error.actor.${id}`)
  if (child.child !== 'decision') return [...moving(done), ...failed]
  const all = takenBy(active, done)
  // What a decision chose is raised: it moves the agent only where the option is taken.
  const direct = all.filter(({ target }) => target !== undefined && target.length > 0)
  const raised = all.length > 0 ? openOptions(chart, child).flatMap(moving) : []
  return [...direct, ...raised, ...failed]
}

function outsideTypes(
  chart: ChartView,
  stored: StoredState,
  active: readonly AnyStateNode[],
): { sure: string[]; doubtful: string[] } {
  const declared = Object.keys(chart.definition.events)
  const options = new Set(active.flatMap((node) => optionsOf(chart, node)))
  const undeclared = outsideDescriptors(active).filter((type) => !options.has(type))
  // A parent or a child agent may send whatever it likes.
  const isLinked =
    stored.parent !== undefined ||
    pendingChildren(stored).some(([, { child }]) => child === 'agent')
  if (declared.length === 0 || isLinked) return { sure: [...declared, ...undeclared], doubtful: [] }
  const doubtful = undeclared.filter((type) => !declared.includes(type) && !chart.raised.has(type))
  return { sure: declared, doubtful }
}

function optionsOf({ definition }: ChartView, { invoke }: AnyStateNode): readonly string[] {
  return invoke.flatMap(({ src }) => {
    const source = definition.sources.get(src as string)
    return source?.kind === 'decision' ? source.contract.optionTypes : []
  })
}

function isWayOutOf(transition: ChartTransition, node: AnyStateNode): boolean {
  const { source, target = [] } = transition
  if (leaves(transition, node) || isBelow(source, node)) return true
  if (target.length === 0) return source === node || isBelow(node, source)
  return source === node && target.some((one) => isBelow(one, node))
}
