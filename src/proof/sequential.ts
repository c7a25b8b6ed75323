import type { AnyStateNode } from 'xstate'
import type { AgentDefinition } from '../actors/definition.ts'

/**
 * True when an agent of this machine never has two calls under way: nothing runs in parallel, no
 * state with an invoke has states below it, and no action starts a child. Then nothing that the agent
 * asked for changes what is outside while it waits for a read.
 */
export function isSequential({ machine }: AgentDefinition): boolean {
  const nodes = nodesOf(machine.root)
  return nodes.every((node) => {
    const { type, invoke, states } = node
    if (type === 'parallel' || invoke.length > 1) return false
    if (invoke.length === 1 && Object.keys(states).length > 0) return false
    return !actionsOf(node).some(isSpawn)
  })
}

function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)]
}

function actionsOf(node: AnyStateNode): readonly unknown[] {
  const transitions = [...node.transitions.values()].flat()
  const eventless = node.always ?? []
  const own = [...transitions, ...eventless].flatMap(({ actions }) => actions)
  return [...node.entry, ...node.exit, ...own]
}

/** `enqueueActions` may start children as well; who uses it is not looked through. */
function isSpawn(action: unknown): boolean {
  const { type } = action as { type?: unknown }
  return type === 'xstate.spawnChild' || type === 'xstate.enqueueActions'
}
