import { GrowingInts } from './growing-ints.ts'

/** Beyond this share of full slots the table doubles. */
const fullest = 0.6
const firstSize = 1 << 14
/** 2 ** 64 */
const hashes = 18_446_744_073_709_551_616

/**
 * The states that a search has met, as 64-bit hashes with the way that led to each (hash compaction:
 * Wolper and Leroy, "Reliable Hashing without Collision Detection", CAV 1993). Two states with the
 * same hash count as one, which `omissionRisk` bounds.
 */
export class SeenStates {
  /** Per state the number of the one before it on a shortest path; -1 for the first. */
  readonly parents: GrowingInts = new GrowingInts()
  /** Per state, which move of its parent led to it. */
  readonly moves: GrowingInts = new GrowingInts()
  private readonly highs: GrowingInts = new GrowingInts()
  private readonly lows: GrowingInts = new GrowingInts()
  /** Numbers of states plus 1; 0 is free. */
  private slots = new Int32Array(firstSize)

  get size(): number {
    return this.parents.length
  }

  /** An upper bound of the probability that any state was taken for another (birthday bound). */
  get omissionRisk(): number {
    return (this.size * this.size) / 2 / hashes
  }

  /** The number of a state; -1 when it was never met. */
  find(code: readonly number[]): number {
    const [high, low] = hashOf(code)
    const mask = this.slots.length - 1
    for (let at = low & mask; this.slots[at] !== 0; at = (at + 1) & mask) {
      const state = this.slots[at]! - 1
      if (this.lows.at(state) === low && this.highs.at(state) === high) return state
    }
    return -1
  }

  /** The number of a state, and whether it is new: then it came from `parent` by the `move`. */
  add(code: readonly number[], parent: number, move: number): { state: number; isNew: boolean } {
    const [high, low] = hashOf(code)
    const mask = this.slots.length - 1
    let at = low & mask
    for (;;) {
      const held = this.slots[at]!
      if (held === 0) break
      if (this.lows.at(held - 1) === low && this.highs.at(held - 1) === high) {
        return { state: held - 1, isNew: false }
      }
      at = (at + 1) & mask
    }
    const state = this.size
    this.slots[at] = state + 1
    this.parents.push(parent)
    this.moves.push(move)
    this.highs.push(high)
    this.lows.push(low)
    if (this.size > this.slots.length * fullest) this.grow()
    return { state, isNew: true }
  }

  /** All that makes this table, for a checkpoint. */
  toArrays(): Int32Array[] {
    return [this.parents, this.moves, this.highs, this.lows].map((ints) => ints.toArray())
  }

  restore([parents, moves, highs, lows]: readonly Int32Array[]): void {
    this.parents.restore(parents!)
    this.moves.restore(moves!)
    this.highs.restore(highs!)
    this.lows.restore(lows!)
    while (this.size > (this.slots.length * fullest) / 2) {
      this.slots = new Int32Array(this.slots.length * 2)
    }
    this.fill()
  }

  private grow(): void {
    this.slots = new Int32Array(this.slots.length * 2)
    this.fill()
  }

  private fill(): void {
    const mask = this.slots.length - 1
    for (let state = 0; state < this.size; state++) {
      let at = this.lows.at(state) & mask
      while (this.slots[at] !== 0) at = (at + 1) & mask
      this.slots[at] = state + 1
    }
  }
}

/** Two 32-bit hashes with different seeds and mixing (the finalizers of MurmurHash3, Appleby). */
function hashOf(code: readonly number[]): [high: number, low: number] {
  let high = 0x9747b28c
  let low = 0x3c6ef372
  for (let index = 0; index < code.length; index++) {
    const value = code[index]!
    high = Math.imul(high ^ value, 0xcc9e2d51)
    high = Math.imul((high << 15) | (high >>> 17), 0x1b873593) + index
    low = Math.imul(low + value, 0x85ebca6b)
    low = Math.imul(low ^ (low >>> 13), 0xc2b2ae35) ^ index
  }
  return [mixed(high ^ code.length), mixed(low + code.length)]
}

function mixed(hash: number): number {
  let value = hash ^ (hash >>> 16)
  value = Math.imul(value, 0x85ebca6b)
  value ^= value >>> 13
  value = Math.imul(value, 0xc2b2ae35)
  return value ^ (value >>> 16)
}
