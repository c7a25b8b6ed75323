import type { AnyStateNode } from 'xstate'
import type { AgentDefinition } from '../actors/definition.ts'
import type { StateValue } from '../contracts/state.ts'
import type { Configuration } from './strand-configuration.ts'
import { configurationOf } from './strand-configuration.ts'

/** A transition as the engine has it: what leads from where to where. */
export interface ChartTransition {
  readonly source: AnyStateNode
  readonly target: readonly AnyStateNode[] | undefined
  readonly guard?: unknown
  readonly actions: readonly unknown[]
  readonly reenter: boolean
}

/** A machine as a chart to be read: nothing of it runs. */
export class ChartView {
  readonly definition: AgentDefinition
  /** Types of the events that its own actions raise, as far as they are written down. */
  readonly raised: ReadonlySet<string>
  private readonly root: AnyStateNode
  private readonly nodesById = new Map<string, AnyStateNode>()
  /** Ids of children that actions spawn and stop, wherever they stand; `*`: any. */
  private readonly spawned = new Set<string>()
  private readonly stopped = new Set<string>()

  constructor(definition: AgentDefinition) {
    this.definition = definition
    this.root = definition.machine.root
    const raised = new Set<string>()
    for (const action of this.allBuiltIns()) {
      const { type, id, actorRef, event } = action
      if (type === 'xstate.enqueueActions') {
        this.spawned.add('*')
        this.stopped.add('*')
      }
      if (type === 'xstate.spawnChild') this.spawned.add(asName(id))
      if (type === 'xstate.stopChild') this.stopped.add(asName(actorRef))
      if (type === 'xstate.raise' && isNamed(event)) raised.add(event.type)
    }
    this.raised = raised
  }

  get nodes(): readonly AnyStateNode[] {
    return [...this.nodesById.values()]
  }

  hasNode(id: string): boolean {
    return this.nodesById.has(id)
  }

  /** Whether an action may have spawned a child of this id. */
  maySpawn(id: string): boolean {
    return this.spawned.has(id) || this.spawned.has('*')
  }

  /** Whether an action may have stopped a child of this id. */
  mayStop(id: string): boolean {
    return this.stopped.has(id) || this.stopped.has('*')
  }

  /** Whether any state at all takes an event of this type. */
  isTakenAnywhere(type: string): boolean {
    return this.nodes.some((node) => takes(node, type).length > 0)
  }

  /** The active nodes of a stored value. */
  configuration(value: StateValue): Configuration {
    return configurationOf(this.root, value)
  }

  /**
   * Whether a transition gets an agent somewhere: into a state, or onwards by what its actions raise
   * or spawn. One that only takes notes does so where an eventless transition may read them.
   */
  moves({ target, actions }: ChartTransition, active: readonly AnyStateNode[]): boolean {
    if (target !== undefined && target.length > 0) return true
    if (active.some(({ always }) => (always?.length ?? 0) > 0)) return true
    return this.builtIns(actions).some(({ type }) => movers.has(type))
  }

  private allBuiltIns(): BuiltIn[] {
    const all: unknown[] = []
    for (const node of below(this.root)) {
      this.nodesById.set(node.id, node)
      const transitions = [...node.transitions.values(), node.always ?? []].flat()
      all.push(...node.entry, ...node.exit, ...transitions.flatMap(({ actions }) => actions))
      if (node.type === 'compound') all.push(...node.initial.actions)
    }
    return this.builtIns(all)
  }

  /** The engine's own actions among these, named ones looked up. */
  private builtIns(actions: readonly unknown[]): BuiltIn[] {
    const named = this.definition.machine.implementations.actions as Record<string, unknown>
    return actions.flatMap((action) => {
      const name = typeof action === 'string' ? action : (action as { type?: unknown }).type
      const found = typeof action === 'function' ? action : named[String(name)]
      return typeof found === 'function' && 'resolve' in found ? [found as unknown as BuiltIn] : []
    })
  }
}

interface BuiltIn {
  readonly type: string
  readonly id?: unknown
  readonly actorRef?: unknown
  readonly event?: unknown
}

function asName(id: unknown): string {
  return typeof id === 'string' ? id : '*'
}

function isNamed(event: unknown): event is { type: string } {
  return typeof (event as { type?: unknown } | undefined)?.type === 'string'
}

/** Actions after which something more may come. */
const movers: ReadonlySet<string> = new Set([
  'xstate.raise',
  'xstate.sendTo',
  'xstate.spawnChild',
  'xstate.enqueueActions',
])

/** What of a node takes an event of this type, up to the first that always does. */
function takes(node: AnyStateNode, type: string): ChartTransition[] {
  const found: ChartTransition[] = [...(node.transitions.get(type) ?? [])]
  for (const [descriptor, transitions] of node.transitions) {
    if (descriptor !== type && matches(type, descriptor)) found.push(...transitions)
  }
  const certain = found.findIndex(isCertain)
  return certain < 0 ? found : found.slice(0, certain + 1)
}

/**
 * What of the active nodes may take an event of this type, guards aside: an inner node that always
 * takes it keeps it from those that enclose it.
 */
export function takenBy(active: readonly AnyStateNode[], type: string): ChartTransition[] {
  const [root] = active
  return root ? takenIn(root, new Set(active), type) : []
}

function takenIn(
  node: AnyStateNode,
  active: ReadonlySet<AnyStateNode>,
  type: string,
): ChartTransition[] {
  const inner = Object.values(node.states)
    .filter((child) => active.has(child))
    .flatMap((child) => takenIn(child, active, type))
  return inner.some(isCertain) ? inner : [...inner, ...takes(node, type)]
}

function isCertain({ guard }: ChartTransition): boolean {
  return guard === undefined
}

/** The descriptors of events that come from elsewhere than the engine. */
export function outsideDescriptors(nodes: readonly AnyStateNode[]): string[] {
  const all = nodes.flatMap((node) => [...node.transitions.keys()])
  return [...new Set(all)].filter((descriptor) => !descriptor.startsWith('xstate.'))
}

/** Whether a transition leaves a node, as the engine works out what is left. */
export function leaves({ source, target, reenter }: ChartTransition, node: AnyStateNode): boolean {
  if (target === undefined || target.length === 0) return false
  const isInside = target.every((one) => one === source || isBelow(one, source))
  if (isInside && !reenter) return isBelow(node, source)
  const domain = lineage(source)
    .slice(1)
    .find((ancestor) => target.every((one) => isBelow(one, ancestor)))
  // Without a common ancestor it leads from the root to the root: everything is left.
  return domain === undefined || isBelow(node, domain)
}

/** Whether a node counts as ended, as the engine says when it enters. */
export function isAtItsEnd(node: AnyStateNode, active: readonly AnyStateNode[]): boolean {
  const children = Object.values(node.states)
  if (node.type === 'compound') {
    return children.some((child) => child.type === 'final' && active.includes(child))
  }
  if (node.type === 'parallel') return children.every((child) => isAtItsEnd(child, active))
  return node.type === 'final'
}

function below(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(below)]
}

/** The node and everything that encloses it, innermost first. */
function lineage(node: AnyStateNode): AnyStateNode[] {
  return node.parent ? [node, ...lineage(node.parent)] : [node]
}

/** Whether a node lies somewhere inside another. */
export function isBelow(node: AnyStateNode, ancestor: AnyStateNode): boolean {
  return node !== ancestor && lineage(node).includes(ancestor)
}

function matches(type: string, descriptor: string): boolean {
  if (descriptor === type || descriptor === '*') return true
  return descriptor.endsWith('.*') && `${type}.`.startsWith(descriptor.slice(0, -1))
}
