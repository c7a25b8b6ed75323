import type { Random } from '../contracts/random.ts'

/** Something that did not go the plain way: which choice, and how it fell. */
export interface Choice {
  readonly key: string
  readonly value: number
}

/**
 * Every choice of a simulated run, by name. The plain way is 0: nobody crashes, nothing is lost,
 * first come, first served. A run is a seed, or a script: the choices that are not plain. Names
 * say who and what (`agents-a.1 append c1 ->`) and are counted, so that they mean the same when an
 * earlier choice is left out: that is what makes a failing run small (delta debugging).
 */
export class Choices {
  private readonly random: Random | undefined
  private readonly script: ReadonlyMap<string, number>
  private readonly counts = new Map<string, number>()
  private readonly made: Choice[] = []
  /** From now on everything goes the plain way, so that what is owed can arrive. */
  calm = false

  private constructor(random: Random | undefined, script: ReadonlyMap<string, number>) {
    this.random = random
    this.script = script
  }

  /** Chooses by chance. */
  static seeded(random: Random): Choices {
    return new Choices(random, new Map())
  }

  /** Repeats the given choices; whatever they do not name goes the plain way. */
  static scripted(script: readonly Choice[]): Choices {
    return new Choices(undefined, new Map(script.map(({ key, value }) => [key, value])))
  }

  /** The choices so far that were not plain, in order. */
  get taken(): readonly Choice[] {
    return this.made
  }

  /** Makes one choice. `draw` gives its value by chance and must give 0 for the plain way. */
  choose(name: string, draw: (random: Random) => number): number {
    if (this.calm) return 0
    const count = (this.counts.get(name) ?? 0) + 1
    this.counts.set(name, count)
    if (this.random) {
      const value = draw(this.random)
      if (value !== 0) this.made.push({ key: `${name} #${count}`, value })
      return value
    }
    if (this.script.size === 0) return 0
    const key = `${name} #${count}`
    const value = this.script.get(key) ?? 0
    if (value !== 0) this.made.push({ key, value })
    return value
  }
}

/** A draw that is 0 but for `rate` of the cases, and then from 1 to `most`. */
export function seldom(rate: number, most: number): (random: Random) => number {
  return (random) => {
    const chance = random.next()
    // One number serves for both: below the rate it is even again.
    return chance < rate ? 1 + Math.floor((chance / rate) * most) : 0
  }
}
