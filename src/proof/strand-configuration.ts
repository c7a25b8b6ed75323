import type { AnyStateNode } from 'xstate'
import type { StateValue } from '../contracts/state.ts'

/** Why a stored state value is none of the chart. */
export interface Misfit {
  readonly kind: 'state-gone' | 'state-incomplete'
  /** Of the state node, as a dotted path below the machine. */
  readonly path: string
  readonly says: string
}

/** The active state nodes of a stored value, the outermost first, or why there are none. */
export interface Configuration {
  readonly nodes: readonly AnyStateNode[]
  readonly misfits: readonly Misfit[]
}

/**
 * Reads a stored value by a chart. The engine itself fills one that does not fit with initial states,
 * and says nothing.
 */
export function configurationOf(root: AnyStateNode, value: StateValue): Configuration {
  const nodes: AnyStateNode[] = []
  const misfits: Misfit[] = []
  enter(root, value, nodes, misfits)
  return { nodes, misfits }
}

/** The dotted path of a node below its machine; that of the root is its id. */
export function pathOf(node: AnyStateNode): string {
  return node.path.length === 0 ? node.id : node.path.join('.')
}

function enter(
  node: AnyStateNode,
  value: StateValue | undefined,
  nodes: AnyStateNode[],
  misfits: Misfit[],
): void {
  nodes.push(node)
  const given: Record<string, StateValue | undefined> =
    typeof value === 'string' ? { [value]: undefined } : (value ?? {})
  const children = Object.entries(node.states).filter(([, { type }]) => type !== 'history')
  const known = new Map(children)
  for (const name of Object.keys(given)) {
    if (known.has(name)) continue
    const path = [...node.path, name].join('.')
    misfits.push({ kind: 'state-gone', path, says: `there is no state ${path}` })
  }
  const present = children.filter(([name]) => Object.hasOwn(given, name))
  const miss = (says: string): void => {
    misfits.push({ kind: 'state-incomplete', path: pathOf(node), says })
  }
  if (node.type === 'parallel') {
    const absent = children.map(([name]) => name).filter((name) => !Object.hasOwn(given, name))
    if (absent.length > 0 && misfits.length === 0) {
      miss(`${pathOf(node)} has region(s) that were never entered: ${absent.join(', ')}`)
    }
  } else if (node.type === 'compound' && present.length !== 1 && misfits.length === 0) {
    const names = children.map(([name]) => name).join(', ')
    miss(
      present.length === 0
        ? `${pathOf(node)} has states of its own now (${names}), and none of them was entered`
        : `${pathOf(node)} is in one state at a time now, and ${present.map(([name]) => name).join(' and ')} are active`,
    )
  }
  for (const [name, child] of present) enter(child, given[name], nodes, misfits)
}
