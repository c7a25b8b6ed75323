import { describe, expect, test } from 'vitest'
import {
  AshlarError,
  InputError,
  LimitError,
  UnavailableError,
  toErrorValue,
} from '../../src/contracts/error.ts'
import { UnreadableError } from '../../src/contracts/envelope.ts'
import { toolFailure } from '../../src/contracts/tool.ts'

describe('errors of ours', () => {
  test('are terminal unless they say otherwise, and keep their cause', () => {
    const cause = new Error('inner')
    const error = new AshlarError('odd', 'message', { cause })
    expect(error).toMatchObject({
      name: 'AshlarError',
      code: 'odd',
      disposition: 'terminal',
      cause,
    })
    expect(error.retryAfterMs).toBeUndefined()
    expect('cause' in new AshlarError('odd', 'message')).toBe(false)
  })

  test('bad input names the field, what was expected, what came and what to do', () => {
    const problem = { field: 'seats', expected: 'a number', todo: 'give one' }
    expect(new InputError({ ...problem, got: { n: 'x' } }).message).toBe(
      'seats: expected a number, got {"n":"x"}; give one',
    )
    expect(new InputError(problem).message).toBe('seats: expected a number; give one')
  })

  test('what came is cut when it is long, and shown when JSON has no form for it', () => {
    const message = (got: unknown): string =>
      new InputError({ field: 'f', expected: 'e', todo: 't', got }).message
    expect(message('x'.repeat(500))).toBe(`f: expected e, got ${'x'.repeat(117)}...; t`)
    expect(message(10n)).toBe('f: expected e, got 10; t')
    expect(message(Symbol('s'))).toBe('f: expected e, got Symbol(s); t')
  })

  test('an outage is retryable, after a second unless it says when', () => {
    expect(new UnavailableError('down')).toMatchObject({
      name: 'UnavailableError',
      code: 'unavailable',
      disposition: 'retryable',
      retryAfterMs: 1000,
    })
    const error = new UnavailableError('full', { code: 'queue-full', retryAfterMs: 5 })
    expect(error).toMatchObject({ code: 'queue-full', retryAfterMs: 5 })
  })

  test('a passed limit says which, where and by how much', () => {
    const error = new LimitError('effects', 10, 12, 'desk/1')
    expect(error.message).toBe('desk/1: effects is 12, more than the limit of 10')
    expect(error).toMatchObject({ code: 'limit', disposition: 'terminal' })
  })
})

describe('error values', () => {
  test.each([
    [
      'an error of ours keeps code and disposition',
      new UnreadableError('message', 'why'),
      {
        name: 'UnreadableError',
        message: 'message: why',
        code: 'unreadable',
        disposition: 'terminal',
      },
    ],
    ['an error of the platform', new TypeError('no'), { name: 'TypeError', message: 'no' }],
    [
      'a failure value',
      { message: 'm', kind: 'failed' },
      { name: 'Error', message: 'm', kind: 'failed' },
    ],
    ['a text', 'oops', { name: 'Error', message: 'oops' }],
    ['an object without a message', { a: 1 }, { name: 'Error', message: '{"a":1}' }],
    ['null', null, { name: 'Error', message: 'null' }],
    ['nothing', undefined, { name: 'Error', message: 'undefined' }],
    ['a message that is no text', { message: { a: 1 } }, { name: 'Error', message: '{"a":1}' }],
    ['a name that is no text', { name: 7, message: 'm' }, { name: 'Error', message: 'm' }],
    ['a member JSON cannot hold', { message: 'm', n: 1n }, { name: 'Error', message: 'm' }],
  ])('%s', (_what, thrown, value) => {
    expect(toErrorValue(thrown)).toEqual(value)
  })

  test('a thrown cycle is described, not thrown again', () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    expect(toErrorValue(cycle)).toEqual({ name: 'Error', message: '[object Object]' })
    cycle['message'] = 'round'
    expect(toErrorValue(cycle)).toEqual({ name: 'Error', message: 'round' })
  })

  test('stacks stay out', () => {
    expect(Object.keys(toErrorValue(new Error('x')))).toEqual(['name', 'message'])
    expect(toErrorValue({ message: 'x', stack: 'at /home/me' })).toEqual({
      name: 'Error',
      message: 'x',
    })
  })
})

/** An error as other libraries throw them: with members of its own. */
function failureWith(members: object): Error {
  return Object.assign(new Error('m', { cause: new Error('inner') }), members)
}

describe('members of thrown errors', () => {
  class PaymentError extends AshlarError {
    override readonly name = 'PaymentError'
    readonly provider = 'acme'
    readonly tries = [1, 2]
  }

  test('a subclass of ours keeps its members beside code and disposition', () => {
    expect(toErrorValue(new PaymentError('declined', 'no', { cause: 'secret' }))).toEqual({
      name: 'PaymentError',
      message: 'no',
      code: 'declined',
      disposition: 'terminal',
      provider: 'acme',
      tries: [1, 2],
    })
    expect(toErrorValue(new UnavailableError('down', { retryAfterMs: 5 }))).toMatchObject({
      retryAfterMs: 5,
    })
  })

  test.each([
    ['a code and a status', { code: 'ECONNRESET', status: 503 }],
    ['a number as code', { code: 404 }],
    ['data', { body: { errors: [{ field: 'seat', ok: false, hint: null }] } }],
    ['a disposition', { disposition: 'retryable' }],
  ])('%s are kept', (_what, members) => {
    const value = toErrorValue(failureWith(members))
    expect(value).toEqual({ name: 'Error', message: 'm', ...members })
    expect(JSON.parse(JSON.stringify(value))).toEqual(value)
  })

  test.each([
    ['a stack that is enumerable', { stack: 'at /home/me' }],
    ['a cause that is enumerable', { cause: { secret: 1 } }],
    ['what JSON would lose', { at: new Date(0), n: 1n, f: () => 1, nan: NaN, none: undefined }],
    ['what is no JSON further down', { a: { b: [new Map()] } }],
    ['what is too large', { body: 'x'.repeat(5_000) }],
    ['a code of another kind', { code: { a: 1 } }],
    ['a disposition that there is not', { disposition: 'maybe' }],
  ])('%s is left out', (_what, members) => {
    expect(toErrorValue(failureWith({ ...members, status: 1 }))).toEqual({
      name: 'Error',
      message: 'm',
      status: 1,
    })
  })

  test('a member that throws or is a cycle is left out, and there are not too many', () => {
    const odd = failureWith({ status: 1 }) as Error & { self?: unknown }
    odd.self = odd
    const fail = (): never => {
      throw new Error('no')
    }
    Object.defineProperty(odd, 'lazy', { enumerable: true, get: fail })
    expect(toErrorValue(odd)).toEqual({ name: 'Error', message: 'm', status: 1 })
    const many = failureWith(Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`m${i}`, i])))
    expect(Object.keys(toErrorValue(many))).toHaveLength(34)
  })
})

describe('tool failures', () => {
  test.each([
    ['rejected', 'pay rejected: no money'],
    ['inDoubt', 'pay inDoubt: no money'],
  ] as const)('%s carries its reason', (kind, message) => {
    const failure = toolFailure('pay', { kind, reason: 'no money' })
    expect(failure).toEqual({ name: 'ToolFailure', kind, tool: 'pay', message })
  })

  test('failed carries its attempts and the last error', () => {
    const error = { name: 'Error', message: 'HTTP 500' }
    expect(toolFailure('pay', { kind: 'failed', attempts: 3, error })).toEqual({
      name: 'ToolFailure',
      kind: 'failed',
      tool: 'pay',
      attempts: 3,
      cause: error,
      message: 'pay failed after 3 attempt(s): HTTP 500',
    })
  })
})
