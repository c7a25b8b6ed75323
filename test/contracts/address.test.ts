import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkAddress, formatAddress, parseAddress } from '../../src/contracts/address.ts'
import { effectIdentity } from '../../src/contracts/effect.ts'
import { InputError } from '../../src/contracts/error.ts'

const refusal = (text: string): string =>
  'address: expected `type/id`: a machine id, a slash and an id without spaces or slashes, ' +
  `got ${text}; write it as, for example, \`airline-desk/case-17\``

describe('addresses', () => {
  test.each(['airline-desk/case-17', 'a/😀', 'A_1/x~y~3', `a/${'x'.repeat(200)}`, 'a/ü.*>'])(
    '%s is read and written back',
    (text) => {
      expect(formatAddress(parseAddress(text))).toBe(text)
    },
  )

  test('every type and id survives', () => {
    const type = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/)
    const id = fc.stringMatching(/^[^\s/\p{Cc}]{1,50}$/u)
    fc.assert(
      fc.property(fc.record({ type, id }), (address) => {
        expect(parseAddress(formatAddress(address))).toEqual(address)
      }),
    )
  })

  test.each([
    '',
    'noslash',
    '/id',
    'type/',
    '1type/id',
    'ty pe/id',
    'type/i d',
    'type/a/b',
    'type/a\nb',
    'type/a\u0000b',
  ])('%j is refused with the form that is expected', (text) => {
    expect(() => parseAddress(text)).toThrow(InputError)
    expect(() => parseAddress(text)).toThrow(refusal(text))
  })

  test('a type or id that is too long is refused', () => {
    expect(() => parseAddress(`${'t'.repeat(65)}/id`)).toThrow(InputError)
    expect(() => parseAddress(`t/${'i'.repeat(201)}`)).toThrow(InputError)
  })

  test('an address that a caller built is checked, and cannot smuggle a slash', () => {
    expect(checkAddress({ type: 'a', id: 'b' })).toEqual({ type: 'a', id: 'b' })
    expect(() => checkAddress({ type: 'a', id: 'b/c' })).toThrow(InputError)
    expect(() => checkAddress({ type: 'a/b', id: 'c' })).toThrow(InputError)
  })
})

test('the identity of an effect names the agent, the step and its place in it', () => {
  expect(effectIdentity({ type: 'desk', id: 'case-17' }, 4, 2)).toBe('desk/case-17:4:2')
})
