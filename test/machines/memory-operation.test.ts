import { describe, expect, test } from 'vitest'
import { memoryOperationMachine } from '../../src/machines/memory-operation.ts'
import type { Driver } from './driver.ts'
import { begin, missed, walkOf } from './driver.ts'

const walk = walkOf(memoryOperationMachine)
const retryable = { message: 'no broker', disposition: 'retryable' }

function operation(): Driver {
  return begin(walk, { input: { subject: 's' } })
}

function performing(): Driver {
  return operation().done('validate', { valid: true, value: { subject: 's', kind: 'k' } })
}

describe('validating', () => {
  test('runs first, on the input of the call', () => {
    const driver = operation()
    expect(driver.value).toBe('validating')
    expect(driver.inputOf('validate')).toEqual({ input: { subject: 's' } })
  })

  test('what the schema made of a valid input is performed', () => {
    const driver = performing()
    expect(driver.value).toBe('performing')
    expect(driver.inputOf('perform')).toEqual({ input: { subject: 's', kind: 'k' } })
  })

  test('an invalid input settles as rejected with the reason', () => {
    const driver = operation().done('validate', { valid: false, reason: 'kind: missing' })
    expect(driver.output).toEqual({ kind: 'rejected', reason: 'kind: missing' })
    expect(driver.effects.map(({ kind }) => kind)).toEqual(['terminate'])
  })

  test('a validation that throws ends the machine in error', () => {
    expect(operation().error('validate', {}).status).toBe('error')
  })
})

describe('performing', () => {
  test('settles with the output', () => {
    const driver = performing().done('perform', { kind: 'done', output: { version: 1 } })
    expect(driver.output).toEqual({ kind: 'done', output: { version: 1 } })
  })

  test('a lost race is tried again after a pause that doubles, six times in all', () => {
    const driver = performing()
    const waits = [1, 2, 3, 4, 5].map(() => {
      driver.done('perform', { kind: 'contended' })
      expect(driver.value).toBe('pausing')
      const [wait] = driver.waits
      driver.fire()
      return wait
    })
    expect(waits).toEqual([10, 20, 40, 80, 160])
    driver.done('perform', { kind: 'contended' })
    const error = { name: 'ContentionError', message: 'other writers kept changing the fact' }
    expect(driver.output).toEqual({ kind: 'failed', attempts: 6, error })
  })

  test('an outage is waited out, with pauses that double up to two seconds', () => {
    const driver = performing()
    const waits = Array.from({ length: 40 }, () => {
      driver.error('perform', retryable)
      expect(driver.value).toBe('pausing')
      const [wait] = driver.waits
      driver.fire()
      return wait
    })
    expect(waits.slice(0, 10)).toEqual([10, 20, 40, 80, 160, 320, 640, 1_280, 2_000, 2_000])
    expect(waits.at(-1)).toBe(2_000)
    expect(driver.done('perform', { kind: 'done', output: 1 }).output).toMatchObject({ output: 1 })
  })

  test('succeeds after a lost race', () => {
    const driver = performing().done('perform', { kind: 'contended' }).fire()
    expect(driver.done('perform', { kind: 'done', output: 2 }).output).toEqual({
      kind: 'done',
      output: 2,
    })
  })

  test.each([{}, { disposition: 'terminal' }])('an error %j is final', (error) => {
    const driver = performing().error('perform', error)
    expect(driver.output).toEqual({
      kind: 'failed',
      attempts: 1,
      error: { name: 'Error', message: 'refused', ...error },
    })
  })

  test('the end of an earlier attempt is dropped', () => {
    const driver = performing()
    const incarnation = driver.incarnationOf('perform')
    driver.done('perform', { kind: 'contended' }).fire()
    driver.done('perform', { kind: 'done', output: 'old' }, incarnation)
    expect([driver.value, driver.stale]).toEqual(['performing', true])
  })
})

describe('CANCEL', () => {
  // A write cannot be taken back half-way, so an operation runs to its end; the caller ignores it.
  const places: Record<string, () => Driver> = { validating: operation, performing }

  test.each(Object.keys(places))('in %s is no event of a memory operation', (place) => {
    const driver = places[place]!().send({ type: 'CANCEL' })
    expect([driver.value, driver.handled]).toEqual([place, false])
  })

  test('between two tries it ends the operation', () => {
    const driver = performing().error('perform', retryable).send({ type: 'CANCEL' })
    expect(driver.output).toMatchObject({ kind: 'failed', error: { name: 'CancelledError' } })
  })
})

test('every transition of the statechart was taken above', () => {
  expect(walk.declared.size).toBe(9)
  expect(missed(walk)).toEqual([])
})
