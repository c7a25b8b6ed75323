import { expect, test } from 'vitest'
import { seededRandom } from '../../src/contracts/random.ts'
import { GrowingInts } from '../../src/proof/growing-ints.ts'
import { SeenStates } from '../../src/proof/seen-states.ts'
import { findCycle, findTrap } from '../../src/proof/settling.ts'

const states = 60_000

test('every state is met once, in the order in which it came, also when the table has grown', () => {
  const random = seededRandom(7)
  const seen = new SeenStates()
  const numbers = new Map<string, number>()
  for (let index = 0; index < states; index++) {
    const code = Array.from({ length: 4 + Math.floor(random.next() * 6) }, () =>
      Math.floor(random.next() * 9),
    )
    const key = code.join()
    const known = numbers.get(key)
    const parent = index - 1
    expect(seen.find(code)).toBe(known ?? -1)
    const { state, isNew } = seen.add(code, parent, index)
    expect({ state, isNew }).toEqual({ state: known ?? numbers.size, isNew: known === undefined })
    numbers.set(key, state)
  }
  expect(seen.size).toBe(numbers.size)
  const restored = new SeenStates()
  restored.restore(seen.toArrays())
  for (const [key, state] of numbers) expect(restored.find(key.split(',').map(Number))).toBe(state)
  expect(seen.omissionRisk).toBeLessThan(1e-9)
})

test('codes that differ in one number or in their length are different states', () => {
  const seen = new SeenStates()
  const codes = [[], [0], [0, 0], [1], [0, 1], [1, 0], [2 ** 31 - 1], [1, 2, 3], [3, 2, 1]]
  for (const [index, code] of codes.entries()) expect(seen.add(code, -1, 0).state).toBe(index)
})

test('a list of integers forgets its beginning', () => {
  const ints = new GrowingInts()
  for (let index = 0; index < 10_000; index++) ints.push(index)
  ints.drop(9_000)
  expect([ints.length, ints.at(0), ints.at(999)]).toEqual([1_000, 9_000, 9_999])
})

/** A graph by its edges, per state in order. */
function graph(edges: number[][]): Parameters<typeof findCycle>[0] {
  const [from, to] = [new GrowingInts(), new GrowingInts()]
  for (const targets of edges) {
    from.push(to.length)
    for (const target of targets) to.push(target)
  }
  return { from, to, states: edges.length }
}

function goals(...numbers: number[]): GrowingInts {
  const list = new GrowingInts()
  for (const number of numbers) list.push(number)
  return list
}

test('cycles are found, and only where there are any', () => {
  expect(findCycle(graph([[1, 2], [3], [3], []]))).toBeUndefined()
  expect(findCycle(graph([[1], [2], [3, 1], []]))).toEqual([1, 2])
  expect(findCycle(graph([[1], [1]]))).toEqual([1])
  const long = Array.from({ length: 200_000 }, (_, index) => [index + 1])
  expect(findCycle(graph([...long, [5]]))).toHaveLength(200_000 - 4)
})

test('a trap is a state from which no goal can be reached', () => {
  expect(findTrap(graph([[1, 2], [3], [2], []]), goals(3))).toBe(2)
  expect(findTrap(graph([[1, 2], [3], [2, 0], []]), goals(3))).toBeUndefined()
})
