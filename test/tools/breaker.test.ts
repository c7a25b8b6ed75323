import { describe, expect, test } from 'vitest'
import { virtualClock } from '../../src/contracts/clock.ts'
import type { Breaker } from '../../src/tools/breaker.ts'
import { createBreaker } from '../../src/tools/breaker.ts'

function fail(breaker: Breaker, times: number): void {
  for (let call = 0; call < times; call++) breaker.record(false)
}

describe('the breaker', () => {
  test('opens after the given failures in a row and says for how long', () => {
    const breaker = createBreaker(virtualClock(0), { failures: 3, restMs: 500 })
    fail(breaker, 2)
    expect(breaker.refusal()).toBeUndefined()
    fail(breaker, 1)
    expect(breaker.refusal()).toBe(
      'the breaker is open after 3 failures in a row; try again in 500 ms',
    )
  })

  test('lets calls through again when it has rested', () => {
    const clock = virtualClock(0)
    const breaker = createBreaker(clock, { failures: 1, restMs: 500 })
    fail(breaker, 1)
    clock.advance(499)
    expect(breaker.refusal()).toContain('try again in 1 ms')
    clock.advance(1)
    expect(breaker.refusal()).toBeUndefined()
  })

  test('only one call probes; the others wait until it has ended well', () => {
    const clock = virtualClock(0)
    const breaker = createBreaker(clock, { failures: 1, restMs: 500 })
    fail(breaker, 1)
    clock.advance(500)
    expect(breaker.refusal()).toBeUndefined()
    expect(breaker.refusal()).toContain('try again in 500 ms')
    breaker.record(true)
    expect(breaker.refusal()).toBeUndefined()
    expect(breaker.refusal()).toBeUndefined()
  })

  test('a failed probe opens it at once, a good one closes it for good', () => {
    const clock = virtualClock(0)
    const breaker = createBreaker(clock, { failures: 3, restMs: 500 })
    fail(breaker, 3)
    clock.advance(500)
    fail(breaker, 1)
    expect(breaker.refusal()).toContain('after 4 failures in a row; try again in 500 ms')
    clock.advance(500)
    breaker.record(true)
    fail(breaker, 2)
    expect(breaker.refusal()).toBeUndefined()
  })

  test('a success in between starts the count anew', () => {
    const breaker = createBreaker(virtualClock(0), { failures: 3, restMs: 500 })
    for (let round = 0; round < 5; round++) {
      fail(breaker, 2)
      breaker.record(true)
    }
    expect(breaker.refusal()).toBeUndefined()
  })

  test('stands at ten failures and five seconds unless told otherwise', () => {
    const breaker = createBreaker(virtualClock(0))
    fail(breaker, 9)
    expect(breaker.refusal()).toBeUndefined()
    fail(breaker, 1)
    expect(breaker.refusal()).toContain('after 10 failures in a row; try again in 5000 ms')
  })
})
