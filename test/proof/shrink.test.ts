import { expect, test } from 'vitest'
import { shrink } from '../../src/proof/shrink.ts'

const numbers = Array.from({ length: 200 }, (_, index) => index)

test('exactly what the failure needs is left, in order', async () => {
  const needed = [3, 50, 51, 199]
  const fails = (some: readonly number[]): Promise<boolean> =>
    Promise.resolve(needed.every((one) => some.includes(one)))
  expect(await shrink(numbers, fails)).toEqual(needed)
})

test('a failure that needs nothing is found at once', async () => {
  let runs = 0
  const fails = (): Promise<boolean> => Promise.resolve(++runs > 0)
  expect(await shrink(numbers, fails)).toEqual([])
  expect(runs).toBe(1)
})

test('all is kept when all is needed', async () => {
  const fails = (some: readonly number[]): Promise<boolean> => Promise.resolve(some.length === 20)
  expect(await shrink(numbers.slice(0, 20), fails)).toHaveLength(20)
})

test('it stops after so many runs, with the smallest that failed', async () => {
  let runs = 0
  const fails = (some: readonly number[]): Promise<boolean> => {
    runs++
    return Promise.resolve(some.includes(7))
  }
  const left = await shrink(numbers, fails, 5)
  expect(runs).toBe(5)
  expect(left.length).toBeLessThan(numbers.length)
  expect(left).toContain(7)
})
