import type { AnyStateNode } from 'xstate'
import type { AgentDefinition } from '../actors/definition.ts'
import type { StateValue, StoredChild, StoredState, StoredTimer } from '../contracts/state.ts'
import { describeValue } from '../contracts/state.ts'

/**
 * For every leaf state of a machine that is not among those given by their paths, a stored state in it
 * as an instance would have it that has just come there: its invokes are pending and its timers are
 * set. Nobody knows its context, so there is none.
 */
export function assumedStates(
  definition: AgentDefinition,
  reached: ReadonlySet<string>,
): StoredState[] {
  const leaves = leavesOf(definition.machine.root).filter(({ id }) => !reached.has(id))
  return leaves.flatMap((leaf) => {
    const value = valueOf(definition, leaf)
    return value === undefined ? [] : [assume(definition, value)]
  })
}

/** Ids of the leaf states in which a stored value is. */
export function leavesIn({ machine }: AgentDefinition, value: StateValue): string[] {
  return activeNodes(machine.root, value).flatMap(({ id, type }) => (type === 'atomic' ? [id] : []))
}

/** Those in which an instance can stay: an end and a mere passage are none. */
function leavesOf(node: AnyStateNode): AnyStateNode[] {
  if (node.always?.some(({ guard }) => guard === undefined)) return []
  if (node.type === 'atomic') return [node]
  return Object.values(node.states).flatMap(leavesOf)
}

/** Other regions are where they begin. */
function valueOf({ machine }: AgentDefinition, leaf: AnyStateNode): StateValue | undefined {
  const value = leaf.path.reduceRight<StateValue>((below, name) => ({ [name]: below }), {})
  try {
    return machine.resolveState({ value: value as never, context: {} }).value as StateValue
  } catch {
    return undefined
  }
}

function assume(definition: AgentDefinition, value: StateValue): StoredState {
  const { id, version, hash, machine, budget } = definition
  const children: Record<string, StoredChild> = {}
  const timers: Record<string, StoredTimer> = {}
  let incarnations = 0
  for (const node of activeNodes(machine.root, value)) {
    for (const { id: childId, src } of node.invoke) {
      const child = childOf(definition, src as string, ++incarnations)
      if (child) children[childId] = child
    }
    for (const { eventType } of node.after) {
      timers[eventType] = { incarnation: ++incarnations, atMs: 0, event: { type: eventType } }
    }
  }
  const opened = budget && { name: `${id}/${describeValue(value)}`, caps: budget, openedAtMs: 0 }
  return {
    machine: { id, version, hash },
    snapshot: { status: 'active', value, context: {} },
    children,
    timers,
    incarnations,
    ...(opened ? { budgets: [opened] } : {}),
  }
}

function childOf(
  { sources }: AgentDefinition,
  src: string,
  incarnation: number,
): StoredChild | undefined {
  const source = sources.get(src)
  if (!source) return undefined
  const child = { incarnation, src, child: source.kind }
  if (source.kind === 'agent') return { ...child, address: { type: source.machine.id, id: src } }
  return 'contract' in source ? { ...child, target: source.contract.name } : child
}

function activeNodes(node: AnyStateNode, value: StateValue | undefined): AnyStateNode[] {
  const given = typeof value === 'string' ? { [value]: undefined } : (value ?? {})
  return [
    node,
    ...Object.entries(given).flatMap(([name, below]) => {
      const child = node.states[name]
      return child ? activeNodes(child, below) : []
    }),
  ]
}
