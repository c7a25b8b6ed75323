import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noChanges, overlay } from '../../examples/airline-desk/domain/database.ts'
import { calculate } from '../../examples/airline-desk/domain/operations/calculate.ts'
import { dumps, roundedFloat } from '../../examples/airline-desk/domain/python-text.ts'

const view = overlay({ users: {}, reservations: {}, flights: {} })
const result = (expression: string): string => calculate.run(view, { expression }).text

describe('calculate', () => {
  test.each([
    ['2 * ((350 - 122) + (499 - 127))', '1200.0'],
    ['25 / 2', '12.5'],
    ['10 - 4 - 3', '3.0'],
    ['100 / 5 / 2', '10.0'],
    ['2 + 3 * 4', '14.0'],
    ['-(2 + 3) * -2', '10.0'],
    ['1.', '1.0'],
    ['.5 + .25', '0.75'],
    ['1 / 3', '0.33'],
    ['2 / 3', '0.67'],
    // Ties of the binary value go to the even digit; 1.005 and 2.675 lie below the tie.
    ['0.125', '0.12'],
    ['0.375', '0.38'],
    ['-0.125', '-0.12'],
    ['2.5 + 0.125', '2.62'],
    ['1.005', '1.0'],
    ['2.675', '2.67'],
    ['0.1 + 0.2', '0.3'],
    ['-0.001', '-0.0'],
    ['0 * 1', '0.0'],
    ['100000000 * 100000000', '1e+16'],
  ])('%s is %s', (expression, expected) => {
    expect(result(expression)).toBe(expected)
  })

  test.each([
    ['1 / 0', 'division by zero'],
    ['1 / (2 - 2)', 'division by zero'],
    ['', 'invalid syntax'],
    ['1 +', 'invalid syntax'],
    ['(1', 'invalid syntax'],
    ['1)', 'invalid syntax'],
    ['1 2', 'invalid syntax'],
    ['1.2.3', 'invalid syntax'],
    ['2 ** 3', 'invalid syntax'],
    ['()', 'invalid syntax'],
    ['$5', 'invalid characters in expression'],
    ['1,000', 'invalid characters in expression'],
    ['process.exit()', 'invalid characters in expression'],
    ['('.repeat(5000), 'expression is too long'],
  ])('%s fails', (expression, problem) => {
    expect(calculate.run(view, { expression })).toEqual({
      text: `Error: ${problem}`,
      changes: noChanges(),
    })
  })

  test('rounds integers and halves exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (n) => {
        expect(roundedFloat(n / 2)).toBe(n % 2 === 0 ? `${n / 2}.0` : `${n / 2}`)
      }),
    )
  })
})

test('JSON as the benchmark prints it', () => {
  const value = { a: [1, 2.5, null, true], b: {}, c: [], ö: 'é\n"😀\u007f' }
  expect(dumps(value)).toBe(
    '{"a": [1, 2.5, null, true], "b": {}, "c": [], ' +
      '"\\u00f6": "\\u00e9\\n\\"\\ud83d\\ude00\\u007f"}',
  )
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (json) => {
      expect(JSON.parse(dumps(json))).toEqual(JSON.parse(JSON.stringify(json)))
    }),
  )
})
