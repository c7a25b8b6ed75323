import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findNonJson, fromBytes, hashJson, toBytes } from '../../src/contracts/json.ts'

class Odd {}
const cycle: { self?: unknown } = {}
cycle.self = { back: [cycle] }
const shared = { n: 1 }

describe('findNonJson', () => {
  test.each([
    ['a string', 'text'],
    ['null', null],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['an undefined member', { a: undefined }],
    ['one object in two places', { a: shared, b: [shared] }],
  ])('%s survives', (_what, value) => {
    expect(findNonJson(value)).toBeUndefined()
  })

  test.each([
    ['a.b[1] (Date)', { a: { b: [1, new Date(0)] } }],
    ['[0] (Map)', [new Map()]],
    ['set (Set)', { set: new Set() }],
    ['n (NaN)', { n: Number.NaN }],
    ['n (-Infinity)', { n: Number.NEGATIVE_INFINITY }],
    ['f (function)', { f: () => 1 }],
    ['s (symbol)', { s: Symbol('s') }],
    ['b (bigint)', { b: 1n }],
    ['o (Odd)', { o: new Odd() }],
    ['bytes (Uint8Array)', { bytes: new Uint8Array(1) }],
    ['e (TypeError)', { e: new TypeError('x') }],
    ['list[0] (undefined)', { list: [undefined] }],
    ['self.back[0] (a cycle)', cycle],
  ])('%s is found', (found, value) => {
    expect(findNonJson(value)).toBe(found)
  })

  test('the path begins where the caller says', () => {
    expect(findNonJson(() => 1, 'context')).toBe('context (function)')
    expect(findNonJson({ a: 1n }, 'context')).toBe('context.a (bigint)')
  })

  test('what it lets pass is the same after a round trip', () => {
    const property = fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      expect(findNonJson(value)).toBeUndefined()
      // JSON has no negative zero; nothing that Ashlar stores depends on it.
      expect(fromBytes(toBytes(value))).toEqual(JSON.parse(JSON.stringify(value)))
    })
    fc.assert(property)
  })
})

describe('hashJson', () => {
  test('is the SHA-256 of the canonical form', () => {
    expect(hashJson({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a')
  })

  test('does not depend on the order of keys, at any depth', () => {
    const one = { b: 1, a: { d: [{ y: 1, x: 2 }], c: null } }
    const other = { a: { c: null, d: [{ x: 2, y: 1 }] }, b: 1 }
    expect(hashJson(one)).toBe(hashJson(other))
  })

  test.each([
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { a: '1' }],
    [
      [1, 2],
      [2, 1],
    ],
    [{}, []],
    [{ a: null }, {}],
    [undefined, null],
  ])('tells %j and %j apart', (one, other) => {
    expect(hashJson(one)).not.toBe(hashJson(other))
  })

  test('members that are undefined do not count', () => {
    expect(hashJson({ a: 1, b: undefined })).toBe(hashJson({ a: 1 }))
  })
})

test('bytes that are not UTF-8 are refused instead of being replaced', () => {
  expect(() => fromBytes(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(TypeError)
})
