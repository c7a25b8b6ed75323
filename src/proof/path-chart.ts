import type { AnyStateMachine, AnyStateNode } from 'xstate'
import type { StateValue } from '../contracts/state-value.ts'

/** What a chart listens to, and where. */
export class Chart {
  /** Of users' events, prefixes such as `order.*` left out. */
  readonly eventTypes: ReadonlySet<string>
  /** Of what its nodes invoke. */
  readonly childIds: ReadonlySet<string>
  private readonly root: AnyStateNode
  private readonly known = new Map<string, ReadonlySet<string>>()

  constructor({ root }: AnyStateMachine) {
    this.root = root
    const types = new Set<string>()
    const ids = new Set<string>()
    const look = (node: AnyStateNode): void => {
      for (const { id } of node.invoke) ids.add(id)
      for (const type of node.transitions.keys()) {
        if (!type.startsWith('xstate.') && !type.endsWith('*')) types.add(type)
      }
      for (const below of Object.values(node.states)) look(below)
    }
    look(root)
    this.eventTypes = types
    this.childIds = ids
  }

  /** What the active nodes listen to, the root included, guards aside. */
  listensTo(value: StateValue): ReadonlySet<string> {
    const key = JSON.stringify(value)
    const known = this.known.get(key)
    if (known) return known
    const types = new Set<string>()
    collect(this.root, value, types)
    this.known.set(key, types)
    return types
  }
}

function collect(node: AnyStateNode, value: StateValue | undefined, types: Set<string>): void {
  for (const type of node.transitions.keys()) types.add(type)
  if (value === undefined) return
  const below = typeof value === 'string' ? { [value]: undefined } : value
  for (const [name, further] of Object.entries(below)) {
    const child = node.states[name]
    if (child) collect(child, further, types)
  }
}
