import { GrowingInts } from './growing-ints.ts'

/** The internal moves of a search: `to[from[s]] …` are the states that state `s` leads to. */
export interface Edges {
  readonly from: GrowingInts
  readonly to: GrowingInts
  readonly states: number
}

const unseen = 0
const onPath = 1
const closed = 2

/**
 * A cycle of the graph, or undefined: depth-first search with three colours (Cormen et al.,
 * Introduction to Algorithms, 22.3), without recursion.
 */
export function findCycle({ from, to, states }: Edges): number[] | undefined {
  const colours = new Uint8Array(states)
  const path = new GrowingInts()
  const cursors = new GrowingInts()
  const end = (state: number): number => (state + 1 < from.length ? from.at(state + 1) : to.length)
  for (let root = 0; root < states; root++) {
    if (colours[root] !== unseen) continue
    path.push(root)
    cursors.push(from.at(root))
    colours[root] = onPath
    while (path.length > 0) {
      const state = path.at(path.length - 1)
      const cursor = cursors.at(cursors.length - 1)
      if (cursor === end(state)) {
        colours[state] = closed
        path.length--
        cursors.length--
        continue
      }
      cursors.set(cursors.length - 1, cursor + 1)
      const next = to.at(cursor)
      if (colours[next] === onPath) {
        const open = Array.from(path.slice(0, path.length))
        return open.slice(open.indexOf(next))
      }
      if (colours[next] !== unseen) continue
      colours[next] = onPath
      path.push(next)
      cursors.push(from.at(next))
    }
  }
  return undefined
}

/** The first state from which no path leads to one of the goals; undefined when there is none. */
export function findTrap({ from, to, states }: Edges, goals: GrowingInts): number | undefined {
  const end = (state: number): number => (state + 1 < from.length ? from.at(state + 1) : to.length)
  const into = new Int32Array(states + 1)
  for (let edge = 0; edge < to.length; edge++) into[to.at(edge) + 1]!++
  for (let state = 0; state < states; state++) into[state + 1]! += into[state]!
  const sources = new Int32Array(to.length)
  const cursors = into.slice()
  for (let state = 0; state < states; state++) {
    for (let edge = from.at(state); edge < end(state); edge++)
      sources[cursors[to.at(edge)]!++] = state
  }
  const reaches = new Uint8Array(states)
  const queue = new GrowingInts()
  for (let index = 0; index < goals.length; index++) {
    reaches[goals.at(index)] = 1
    queue.push(goals.at(index))
  }
  for (let at = 0; at < queue.length; at++) {
    const state = queue.at(at)
    for (let edge = into[state]!; edge < into[state + 1]!; edge++) {
      const source = sources[edge]!
      if (reaches[source] === 1) continue
      reaches[source] = 1
      queue.push(source)
    }
  }
  const trap = reaches.indexOf(0)
  return trap < 0 ? undefined : trap
}
