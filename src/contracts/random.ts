/** The only source of randomness in Ashlar: numbers in [0, 1). */
export interface Random {
  next(): number
}

/** The platform's generator. */
export function systemRandom(): Random {
  return { next: () => Math.random() }
}

/**
 * A seeded generator for tests and simulation: mulberry32, a 32-bit generator in the public domain
 * (Tommy Ettinger, 2017). Not for secrets.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
  }
}
