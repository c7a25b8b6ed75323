import type { Random } from 'ashlar/testing'

/** Seeded choices. */
export class Chance {
  private readonly random: Random

  constructor(random: Random) {
    this.random = random
  }

  /** True in `share` of the cases. */
  happens(share: number): boolean {
    return this.random.next() < share
  }

  /** From 0 to `below` - 1. */
  index(below: number): number {
    return Math.floor(this.random.next() * below)
  }

  of<T>(list: readonly T[]): T {
    return list[this.index(list.length)]!
  }

  some<T>(list: readonly T[], most: number): T[] {
    return Array.from({ length: 1 + this.index(most) }, () => this.of(list))
  }
}
