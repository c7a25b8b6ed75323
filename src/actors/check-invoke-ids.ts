import type { AnyStateNode } from 'xstate'
import type { Problem } from './problem.ts'

/**
 * An id that two states invoke is fine as long as they are never active together. In two regions of
 * a parallel state, or in a state and one that encloses it, the second would replace the first.
 */
export function checkInvokeIds(problems: Problem[], root: AnyStateNode): void {
  const seen = new Map<string, AnyStateNode[]>()
  const visit = (node: AnyStateNode): void => {
    for (const { id } of node.invoke) {
      const others = seen.get(id) ?? []
      const clash = others.find((other) => canBeActiveTogether(other, node))
      if (clash) {
        const problem = `invoke id ${id} is also used by ${clash.id}, which can be active with it`
        problems.push({ path: node.id, problem, todo: 'give each of them an id of its own' })
      }
      seen.set(id, [...others, node])
    }
    for (const child of Object.values(node.states)) visit(child)
  }
  visit(root)
}

function canBeActiveTogether(one: AnyStateNode, other: AnyStateNode): boolean {
  if (one === other) return true
  const above = lineage(one)
  const meeting = lineage(other).find((node) => above.includes(node))!
  return meeting === one || meeting === other || meeting.type === 'parallel'
}

/** The node and everything that encloses it, innermost first. */
function lineage(node: AnyStateNode): AnyStateNode[] {
  return node.parent ? [node, ...lineage(node.parent)] : [node]
}
