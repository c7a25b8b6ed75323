import { describe, expect, test } from 'vitest'
import { countingIds, systemIds } from '../../src/contracts/ids.ts'
import { seededRandom } from '../../src/contracts/random.ts'

const take = (seed: number, count: number): number[] => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => random.next())
}

describe('seeded random numbers', () => {
  test('repeat with the seed and differ between seeds', () => {
    expect(take(7, 50)).toEqual(take(7, 50))
    expect(take(7, 50)).not.toEqual(take(8, 50))
  })

  test('are the numbers of mulberry32', () => {
    expect(take(1, 3).map((number) => number * 2 ** 32)).toEqual([2693262067, 11749833, 2265367787])
  })

  test('lie in [0, 1) and are spread evenly', () => {
    const numbers = take(3, 10_000)
    const tenths = Array.from({ length: 10 }, () => 0)
    for (const number of numbers) tenths[Math.floor(number * 10)]!++
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
    expect(tenths).toHaveLength(10)
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })
})

describe('ids', () => {
  test('count from one under their prefix', () => {
    const ids = countingIds('job')
    expect([ids.next(), ids.next()]).toEqual(['job-1', 'job-2'])
    expect(countingIds().next()).toBe('id-1')
  })

  test('of the system do not repeat and fit where ids go', () => {
    const ids = systemIds()
    const drawn = Array.from({ length: 1_000 }, () => ids.next())
    expect(new Set(drawn).size).toBe(1_000)
    for (const id of drawn) expect(id).toMatch(/^[0-9a-z-]+$/)
  })
})
