import { seededRandom } from '../../src/contracts/random.ts'
import type { Move } from '../../src/proof/move.ts'
import type { Scene } from '../../src/proof/scene.ts'
import { Search } from '../../src/proof/search.ts'
import type { Trace } from '../../src/proof/trace.ts'
import type { World } from '../../src/proof/world.ts'

/** What kind of move: seldom ones are as likely as those of which there are many. */
export function kindOf(move: Move): string {
  if (move.do === 'crash') return `crash ${move.where}`
  if (move.do === 'execute') return `execute ${move.ending.kind}`
  return move.do === 'call' ? `call ${move.step}` : move.do
}

/** Goes at random through a world: a trace of a property that holds. */
export function randomTrace<Outside>(world: World<Outside>, seed: number, length: number): Trace {
  const search = new Search(world)
  const random = seededRandom(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random.next() * items.length)]!
  let { scene } = search.opening()
  const moves: Move[] = []
  while (moves.length < length) {
    const kinds = new Map<string, { move: Move; next: Scene }[]>()
    search.visit(scene, (next, made) => {
      const move = made()
      kinds.set(kindOf(move), [...(kinds.get(kindOf(move)) ?? []), { move, next }])
    })
    if (kinds.size === 0) break
    const { move, next } = pick(pick([...kinds.values()]))
    moves.push(move)
    scene = next
  }
  const { bounds } = search.cast
  const trace = { v: 1, world: world.name, property: world.properties[0]!.name, reason: '', bounds }
  // As it is read from a file.
  return JSON.parse(JSON.stringify({ ...trace, moves })) as Trace
}
