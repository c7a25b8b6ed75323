import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tellMember } from '../../src/decision/partial-text.ts'

function toldOf(pieces: readonly string[], member = 'text'): string[] {
  const told: string[] = []
  const take = tellMember(member, (piece) => told.push(piece))
  for (const piece of pieces) take(piece)
  return told
}

test('tells a member as it grows, decoded', () => {
  const pieces = [
    '{"choice":{"type":"ask',
    '.user","te',
    'xt" : "He',
    'llo\\',
    'n\\u00',
    'e9 "}',
    '}',
  ]
  expect(toldOf(pieces)).toEqual(['He', 'llo', '\n', 'é '])
})

test('tells nothing of other members, nor of what only looks like the member', () => {
  expect(toldOf(['{"type":"text","note":"\\"text\\":\\"no\\"","texts":"no"}'])).toEqual([])
})

test('whatever the text and however it is cut, the pieces make the text', () => {
  const json = fc.string({ unit: 'grapheme' })
  fc.assert(
    fc.property(json, json, fc.array(fc.nat(60), { maxLength: 12 }), (before, text, cuts) => {
      const whole = JSON.stringify({ choice: { type: 'ask', before, text, after: 'x' } })
      const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length]
      const pieces = at.slice(1).map((end, index) => whole.slice(at[index], end))
      expect(toldOf(pieces).join('')).toBe(text)
    }),
  )
})

test('what is no JSON is told as far as it is', () => {
  expect(toldOf(['{"text":"one\ntwo"'])).toEqual(['one'])
  expect(toldOf(['{"text":"one\\qtwo"'])).toEqual(['one'])
})
