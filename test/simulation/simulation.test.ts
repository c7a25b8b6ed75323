import { beforeAll, describe, expect, test } from 'vitest'
import { classOf } from './checkers.ts'
import type { DeskData } from './desk.ts'
import { loadDesk } from './desk.ts'
import type { Outcome } from './run-seed.ts'
import { plan, play, shorten, story } from './run-seed.ts'
import { saboteurs } from './saboteurs.ts'

/** How many seeds the gate runs, and within how many every seeded bug must be found. */
const seedsOfTheGate = 2_000

let desk: DeskData
beforeAll(async () => {
  desk = await loadDesk()
})

async function firstBroken(sabotage: (typeof saboteurs)[string]): Promise<Outcome> {
  for (let seed = 1; seed <= seedsOfTheGate; seed++) {
    const outcome = await play(plan(seed, sabotage), desk)
    if (outcome.found.length > 0) return outcome
  }
  throw new Error(`${seedsOfTheGate} seeds did not find it`)
}

describe('a run', () => {
  test('is the same every time, to the last turn', async () => {
    const [one, other] = [await play(plan(42), desk), await play(plan(42), desk)]
    expect(other.result.trace).toEqual(one.result.trace)
    expect(one.found).toEqual([])
  })

  test('can be repeated from its choices alone', async () => {
    const one = await play(plan(43), desk)
    const other = await play({ ...plan(43), script: one.result.choices }, desk)
    expect(other.result.trace).toEqual(one.result.trace)
    expect(one.result.choices.length).toBeGreaterThan(0)
  })

  test('without any choice goes the plain way', async () => {
    const { result, found } = await play({ ...plan(43), script: [] }, desk)
    expect([found, result.choices]).toEqual([[], []])
    expect(Object.values(result.strikes)).toEqual([0, 0, 0, 0, 0, 0])
  })
})

describe('the checkers can fail: every seeded bug is found', () => {
  test.each(Object.keys(saboteurs))(
    '%s',
    async (name) => {
      const { found } = await firstBroken(saboteurs[name]!)
      expect(found.length).toBeGreaterThan(0)
    },
    120_000,
  )
})

describe('a failing run is made small', () => {
  const name = 'an inbox that forgets its senders: only the dedupe window is left'

  test('a handful of choices is left, which break the same invariant', async () => {
    const large = await firstBroken(saboteurs[name]!)
    const small = await shorten(large, desk, 400)
    expect(small.found.map(classOf)).toContain(classOf(large.found[0]!))
    expect(small.result.choices.length).toBeLessThan(large.result.choices.length)
    expect(small.result.choices.length).toBeLessThanOrEqual(10)
    expect(story(small).length).toBeLessThan(large.result.trace.length / 2)
    const again = await play({ ...small.run, script: small.result.choices }, desk)
    expect(again.result.trace).toEqual(small.result.trace)
  }, 120_000)
})
