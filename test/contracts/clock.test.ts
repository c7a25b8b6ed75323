import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pause, virtualClock } from '../../src/contracts/clock.ts'

describe('the virtual clock', () => {
  test('starts where it is told and moves only when told to', () => {
    const clock = virtualClock(500)
    expect(clock.now()).toBe(500)
    clock.advance(7)
    expect(clock.now()).toBe(507)
    expect(virtualClock().now()).toBe(Date.UTC(2024, 4, 15, 15))
  })

  test('fires in the order of the deadlines, each at its own time, ties as they were set', () => {
    const property = fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 30 }), (delays) => {
      const clock = virtualClock(0)
      const fired: [number, number][] = []
      for (const [index, delay] of delays.entries()) {
        clock.at(delay, () => fired.push([clock.now(), index]))
      }
      clock.advance(20)
      const expected = delays
        .map((delay, index): [number, number] => [delay, index])
        .toSorted((a, b) => a[0] - b[0] || a[1] - b[1])
      expect(fired).toEqual(expected)
    })
    fc.assert(property)
  })

  test('a timer that is set while another fires still fires in the same advance when due', () => {
    const clock = virtualClock(0)
    const fired: string[] = []
    clock.at(5, () => {
      fired.push(`first at ${clock.now()}`)
      clock.at(8, () => fired.push(`second at ${clock.now()}`))
      clock.at(2, () => fired.push(`overdue at ${clock.now()}`))
      clock.at(11, () => fired.push('too early'))
    })
    clock.advance(10)
    expect(fired).toEqual(['first at 5', 'overdue at 5', 'second at 8'])
    expect([clock.now(), clock.nextDeadline()]).toEqual([10, 11])
  })

  test('a deadline in the past fires at the next advance, also of nothing', () => {
    const clock = virtualClock(100)
    let fired = 0
    clock.at(1, () => fired++)
    expect(fired).toBe(0)
    clock.advance(0)
    expect([fired, clock.now()]).toEqual([1, 100])
  })

  test('a cancelled timer does not fire, and cancelling late does nothing', () => {
    const clock = virtualClock(0)
    const fired: string[] = []
    const cancelA = clock.at(1, () => fired.push('a'))
    const cancelB = clock.at(2, () => fired.push('b'))
    cancelA()
    expect(clock.nextDeadline()).toBe(2)
    clock.advance(2)
    cancelB()
    clock.advance(5)
    expect([fired, clock.nextDeadline()]).toEqual([['b'], undefined])
  })
})

describe('pause', () => {
  test('resolves after its time, not before', async () => {
    const clock = virtualClock(0)
    let over = false
    const waiting = pause(clock, 10).then(() => (over = true))
    clock.advance(9)
    await Promise.resolve()
    expect(over).toBe(false)
    clock.advance(1)
    await waiting
    expect(over).toBe(true)
  })

  test('rejects with the reason of the signal and leaves no timer behind', async () => {
    const clock = virtualClock(0)
    const abort = new AbortController()
    const waiting = pause(clock, 10, abort.signal)
    abort.abort(new Error('left'))
    await expect(waiting).rejects.toThrow('left')
    expect(clock.nextDeadline()).toBeUndefined()
  })

  test('rejects at once when the signal has aborted already', async () => {
    const clock = virtualClock(0)
    await expect(pause(clock, 10, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
    expect(clock.nextDeadline()).toBeUndefined()
  })

  test('listens to the signal no longer than it waits', async () => {
    const clock = virtualClock(0)
    const abort = new AbortController()
    const waiting = pause(clock, 1, abort.signal)
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1)
    clock.advance(1)
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0)
    abort.abort(new Error('late'))
    await expect(waiting).resolves.toBeUndefined()
  })
})
