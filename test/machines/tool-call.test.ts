import { describe, expect, test } from 'vitest'
import type { ToolCallInput } from '../../src/machines/tool-call.ts'
import { toolCallMachine } from '../../src/machines/tool-call.ts'
import type { Driver } from './driver.ts'
import { begin, missed, walkOf } from './driver.ts'

const walk = walkOf(toolCallMachine)
const retryable = { disposition: 'retryable' }
const terminal = { disposition: 'terminal' }
const refusal = { name: 'Error', message: 'refused' }
const timeout = { name: 'TimeoutError', message: 'no result in time', code: 'timeout' }

function call(over: Partial<ToolCallInput> = {}): Driver {
  return begin(walk, {
    validation: { valid: true, value: { seats: 2 } },
    admission: { admitted: true },
    effect: 'read',
    retry: { attempts: 3, firstDelayMs: 100, maxDelayMs: 250 },
    timeoutMs: 1_000,
    jitter: 0.5,
    canReconcile: false,
    ...over,
  })
}

function executing(over?: Partial<ToolCallInput>): Driver {
  const driver = call(over)
  return driver.value === 'recording' ? driver.done('recordIntent', { kind: 'new' }) : driver
}

const once = { effect: 'once' } as const
const reconcilable = { effect: 'once', canReconcile: true } as const

describe('validating', () => {
  test('a valid input is executed as the schema made it', () => {
    const driver = call({ validation: { valid: true, value: { seats: 2, bags: 0 } } })
    expect(driver.inputOf('execute')).toEqual({ input: { seats: 2, bags: 0 }, attempt: 1 })
  })

  test('an invalid input settles as rejected with the reason, and nothing is executed', () => {
    const driver = call({ validation: { valid: false, reason: 'seats: too many' } })
    expect(driver.output).toEqual({ kind: 'rejected', reason: 'seats: too many' })
    expect(driver.effects.map(({ kind }) => kind)).toEqual(['terminate'])
  })
})

describe('admitting', () => {
  const refused = { admission: { admitted: false, reason: 'the breaker is open' } } as const

  test.each(['read', 'idempotent', 'once'] as const)(
    'a refused %s call settles as rejected with the reason and leaves nothing behind',
    (effect) => {
      const driver = call({ ...refused, effect })
      expect(driver.output).toEqual({ kind: 'rejected', reason: 'the breaker is open' })
      expect(driver.effects.map(({ kind }) => kind)).toEqual(['terminate'])
    },
  )

  test.each(['read', 'idempotent'] as const)('a %s call is executed at once', (effect) => {
    const driver = call({ effect })
    expect(driver.value).toBe('executing')
    expect(driver.inputOf('execute')).toEqual({ input: { seats: 2 }, attempt: 1 })
  })

  test('a once call records its intent before it is executed', () => {
    const driver = call(once)
    expect(driver.value).toBe('recording')
    expect(driver.children).toEqual(['recordIntent'])
  })
})

describe('recording the intent of a once call', () => {
  const recording = (over: Partial<ToolCallInput> = once): Driver => call(over)

  test('a new intent is executed', () => {
    expect(recording().done('recordIntent', { kind: 'new' }).value).toBe('executing')
  })

  test('a settled intent gives its outcome again without an execution', () => {
    const outcome = { kind: 'failed', attempts: 2, error: refusal }
    const driver = recording().done('recordIntent', { kind: 'settled', outcome })
    expect(driver.output).toEqual(outcome)
    expect(driver.context['attempt']).toBe(0)
  })

  test('an open intent without reconcile settles in doubt', () => {
    const driver = recording().done('recordIntent', { kind: 'open' })
    const reason = 'an earlier execution was cut off'
    expect(driver.output).toEqual({ kind: 'inDoubt', reason })
  })

  test('an open intent is reconciled where the tool can', () => {
    const driver = recording(reconcilable).done('recordIntent', { kind: 'open' })
    expect(driver.value).toEqual({ reconciling: 'asking' })
    expect(driver.inputOf('reconcile')).toEqual({ input: { seats: 2 }, attempt: 0 })
  })

  test('an intent that cannot be recorded fails without an execution', () => {
    const driver = recording().error('recordIntent', { message: 'no such bucket' })
    const error = { name: 'Error', message: 'no such bucket' }
    expect(driver.output).toEqual({ kind: 'failed', attempts: 0, error })
  })

  test('an open intent whose execution may still be going on is waited for', () => {
    const driver = recording(reconcilable).done('recordIntent', { kind: 'open', waitMs: 700 })
    expect([driver.value, driver.waits]).toEqual(['waitingForEarlier', [500]])
    expect(driver.fire().children).toEqual(['recordIntent'])
    driver.done('recordIntent', { kind: 'open', waitMs: 200 })
    expect([driver.value, driver.waits]).toEqual(['waitingForEarlier', [200]])
    driver.fire()
    driver.done('recordIntent', { kind: 'open', waitMs: 0 })
    expect(driver.children).toEqual(['reconcile'])
  })

  test('an earlier execution that ends meanwhile gives the outcome', () => {
    const driver = recording().done('recordIntent', { kind: 'open', waitMs: 700 }).fire()
    const outcome = { kind: 'done', output: 7 }
    expect(driver.done('recordIntent', { kind: 'settled', outcome }).output).toEqual(outcome)
  })

  test('an outage of the store is waited out, with pauses that double up to two seconds', () => {
    const driver = recording()
    const waits = Array.from({ length: 40 }, () => {
      driver.error('recordIntent', { message: 'no broker', disposition: 'retryable' })
      const [wait] = driver.waits
      driver.fire()
      return wait
    })
    expect(waits.slice(0, 6)).toEqual([200, 400, 800, 1_600, 2_000, 2_000])
    expect(driver.value).toBe('recording')
  })

  test('a store that does not answer is asked again: nothing was executed yet', () => {
    const unanswered = { message: 'no broker', disposition: 'retryable' }
    const driver = recording().error('recordIntent', unanswered)
    expect([driver.value, driver.waits]).toEqual(['waitingForStore', [200]])
    expect(driver.fire().value).toBe('recording')
    expect(driver.done('recordIntent', { kind: 'new' }).value).toBe('executing')
  })
})

describe('executing', () => {
  test('a result of a repeatable call settles as done, with no outcome recorded', () => {
    const driver = executing().done('execute', { booked: true })
    expect(driver.output).toEqual({ kind: 'done', output: { booked: true } })
    expect(driver.effects.map(({ kind }) => kind)).toEqual(['cancel', 'terminate'])
  })

  test('a result of a once call is recorded before it settles', () => {
    const driver = executing(once).done('execute', 7)
    expect(driver.value).toBe('closing')
    expect(driver.inputOf('recordOutcome')).toEqual({ outcome: { kind: 'done', output: 7 } })
    expect(driver.done('recordOutcome').output).toEqual({ kind: 'done', output: 7 })
  })

  test('the timeout of the contract bounds every attempt', () => {
    expect(executing({ timeoutMs: 1_234 }).waits).toEqual([1_234])
  })

  test('after the timeout the attempt is stopped and its late result is dropped', () => {
    const driver = executing()
    const incarnation = driver.incarnationOf('execute')
    driver.fire()
    expect(driver.value).toBe('backingOff')
    expect(driver.effects).toContainEqual(
      expect.objectContaining({ kind: 'stop', id: 'execute', incarnation }),
    )
    driver.fold({ kind: 'done', childId: 'execute', incarnation, output: 7 })
    expect([driver.value, driver.stale]).toEqual(['backingOff', true])
    driver.fire()
    driver.fold({ kind: 'error', childId: 'execute', incarnation, error: refusal })
    expect([driver.value, driver.stale]).toEqual(['executing', true])
  })

  test('the timeout of an earlier attempt does not end the next one', () => {
    const driver = executing()
    const { firing } = driver
    driver.error('execute', retryable).fire()
    driver.fold(firing)
    expect([driver.value, driver.stale]).toEqual(['executing', true])
  })
})

describe('judging a failed attempt', () => {
  test.each(['read', 'idempotent'] as const)('%s: tried again after the backoff', (effect) => {
    const driver = executing({ effect }).error('execute', retryable)
    expect(driver.value).toBe('backingOff')
    expect(driver.fire().inputOf('execute')).toEqual({ input: { seats: 2 }, attempt: 2 })
  })

  test.each(['read', 'idempotent'] as const)(
    '%s: an outage of the store counts as no attempt, however long it lasts',
    (effect) => {
      const outage = { message: 'no leader', disposition: 'retryable', code: 'store-outage' }
      const driver = executing({ effect }).error('execute', { message: 'of its own' }).fire()
      const waits = Array.from({ length: 20 }, () => {
        const [wait] = driver.error('execute', outage).waits
        driver.fire()
        return wait
      })
      expect(waits.slice(0, 5)).toEqual([200, 400, 800, 1_600, 2_000])
      expect(driver.inputOf('execute')).toEqual({ input: { seats: 2 }, attempt: 2 })
      driver.error('execute', {}).fire().error('execute', { message: 'of its own' })
      expect(driver.output).toMatchObject({ kind: 'failed', attempts: 3 })
    },
  )

  test('an outage of the store in the middle of a once call leaves it in doubt', () => {
    const driver = executing({ effect: 'once' })
    driver.error('execute', { message: 'x', disposition: 'retryable', code: 'store-outage' })
    expect(driver.output).toMatchObject({ kind: 'inDoubt' })
  })

  test('a call that outlives an outage can be cancelled', () => {
    const driver = executing().error('execute', { message: 'x', code: 'store-outage' })
    expect(driver.value).toBe('outliving')
    expect(driver.send({ type: 'CANCEL' }).output).toMatchObject({ kind: 'rejected' })
  })

  test('an error of no known disposition is tried again', () => {
    expect(executing().error('execute', {}).value).toBe('backingOff')
  })

  test('the last attempt settles as failed with the number of attempts and the last error', () => {
    const driver = executing().error('execute', { message: '1' }).fire()
    driver.error('execute', { message: '2' }).fire().error('execute', { message: '3' })
    const error = { name: 'Error', message: '3' }
    expect(driver.output).toEqual({ kind: 'failed', attempts: 3, error })
  })

  test('one attempt allowed means one attempt', () => {
    const driver = executing({ retry: { attempts: 1, firstDelayMs: 100, maxDelayMs: 250 } })
    expect(driver.fire().output).toEqual({ kind: 'failed', attempts: 1, error: timeout })
  })

  test('a terminal error fails at once', () => {
    const driver = executing().error('execute', terminal)
    const error = { ...refusal, ...terminal }
    expect(driver.output).toEqual({ kind: 'failed', attempts: 1, error })
  })

  test('a terminal error of a once call is recorded as its outcome', () => {
    const driver = executing(once).error('execute', terminal)
    const outcome = { kind: 'failed', attempts: 1, error: { ...refusal, ...terminal } }
    expect(driver.inputOf('recordOutcome')).toEqual({ outcome })
    expect(driver.done('recordOutcome').output).toEqual(outcome)
  })

  test('a once call that cannot reconcile settles in doubt, never repeated', () => {
    const driver = executing(once).error('execute', { ...retryable, message: 'cut off' })
    expect(driver.output).toEqual({ kind: 'inDoubt', reason: 'cut off' })
    expect(executing(once).fire().output).toEqual({
      kind: 'inDoubt',
      reason: 'no result in time',
    })
  })

  test('a once call that can reconcile asks first', () => {
    const driver = executing(reconcilable).error('execute', retryable)
    expect(driver.value).toEqual({ reconciling: 'asking' })
    expect(driver.inputOf('reconcile')).toEqual({ input: { seats: 2 }, attempt: 1 })
  })
})

describe('backing off', () => {
  const waits = (jitter: number, maxDelayMs = 250): number[] => {
    const retry = { attempts: 5, firstDelayMs: 100, maxDelayMs }
    const driver = executing({ jitter, retry })
    return [1, 2, 3, 4].map(() => {
      const [wait] = driver.error('execute', retryable).waits
      driver.fire()
      return wait!
    })
  }

  test('doubles from the first delay up to the longest, times the jitter', () => {
    expect(waits(1)).toEqual([100, 200, 250, 250])
    expect(waits(0.5)).toEqual([50, 100, 125, 125])
    expect(waits(0.125, 10_000)).toEqual([13, 25, 50, 100])
    expect(waits(0)).toEqual([0, 0, 0, 0])
  })
})

describe('reconciling', () => {
  const asking = (over: Partial<ToolCallInput> = reconcilable): Driver =>
    executing(over).error('execute', { ...retryable, message: 'cut off' })
  const inDoubt = { kind: 'inDoubt', reason: 'cut off' }

  test('what happened is the outcome, and it is recorded', () => {
    const driver = asking().done('reconcile', { kind: 'happened', output: 7 })
    expect(driver.inputOf('recordOutcome')).toEqual({ outcome: { kind: 'done', output: 7 } })
    expect(driver.done('recordOutcome').output).toEqual({ kind: 'done', output: 7 })
  })

  test('what did not happen is tried again while attempts are left', () => {
    const driver = asking().done('reconcile', { kind: 'didNotHappen' })
    expect([driver.value, driver.waits]).toEqual(['backingOff', [50]])
    // Every execution has an intent of its own, and the time of it.
    expect(driver.fire().value).toBe('recording')
    driver.done('recordIntent', { kind: 'new' })
    expect(driver.inputOf('execute')).toEqual({ input: { seats: 2 }, attempt: 2 })
  })

  test('what did not happen fails when no attempt is left, and that is recorded', () => {
    const retry = { attempts: 1, firstDelayMs: 100, maxDelayMs: 250 }
    const driver = asking({ ...reconcilable, retry }).done('reconcile', { kind: 'didNotHappen' })
    const error = { name: 'Error', message: 'cut off', ...retryable }
    expect(driver.inputOf('recordOutcome')).toEqual({
      outcome: { kind: 'failed', attempts: 1, error },
    })
    expect(driver.done('recordOutcome').output).toMatchObject({ kind: 'failed', attempts: 1 })
  })

  test('an intent that another delivery took over is looked at again', () => {
    const driver = asking().done('reconcile', { kind: 'superseded' })
    expect(driver.value).toBe('recording')
    expect(driver.done('recordIntent', { kind: 'open', waitMs: 800 }).value).toBe(
      'waitingForEarlier',
    )
  })

  test('an unknown end stays in doubt', () => {
    expect(asking().done('reconcile', { kind: 'unknown' }).output).toEqual(inDoubt)
  })

  test('a reconcile that throws stays in doubt', () => {
    expect(asking().error('reconcile', retryable).output).toEqual(inDoubt)
  })

  test('a reconcile that takes too long stays in doubt', () => {
    const driver = asking()
    expect(driver.waits).toEqual([1_000])
    expect(driver.fire().output).toEqual(inDoubt)
  })

  test('an outcome in doubt is not recorded, so that a re-delivery asks again', () => {
    const driver = asking().done('reconcile', { kind: 'unknown' })
    expect(driver.effects.filter(({ kind }) => kind === 'spawn')).toEqual([])
  })
})

describe('closing', () => {
  test('an outcome that cannot be recorded is told all the same', () => {
    const driver = executing(once).done('execute', 7).error('recordOutcome', retryable)
    expect(driver.output).toEqual({ kind: 'done', output: 7 })
  })
})

describe('CANCEL', () => {
  const reason = 'the caller has left the state that made the call'
  const places: Record<string, () => Driver> = {
    recording: () => call(once),
    executing,
    backingOff: () => executing().error('execute', retryable),
    'reconciling.asking': () => executing(reconcilable).error('execute', retryable),
    closing: () => executing(once).done('execute', 7),
  }

  test.each(Object.keys(places))('in %s rejects, stops the source and the timer', (place) => {
    const driver = places[place]!()
    const { children, waits } = driver
    driver.send({ type: 'CANCEL' })
    expect(driver.output).toEqual({ kind: 'rejected', reason })
    const kinds = driver.effects.map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'stop')).toHaveLength(children.length)
    expect(kinds.filter((kind) => kind === 'cancel')).toHaveLength(waits.length)
    expect(kinds.at(-1)).toBe('terminate')
  })

  test('after the end changes nothing', () => {
    const driver = executing().done('execute', 7).send({ type: 'CANCEL' })
    expect(driver.output).toEqual({ kind: 'done', output: 7 })
    expect(driver.effects).toEqual([{ kind: 'deadLetter', reason: 'agent-ended' }])
  })
})

test('every transition of the statechart was taken above', () => {
  expect(walk.declared.size).toBe(38)
  expect(missed(walk)).toEqual([])
})
