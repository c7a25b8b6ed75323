import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PromptPart } from '../../src/decision/prompt-parts.ts'
import { assemblePrompt, estimateTokens } from '../../src/decision/prompt-parts.ts'

const ours = (name: string, text: string, dropOrder?: number): PromptPart => ({
  name,
  text,
  origin: 'ours',
  ...(dropOrder === undefined ? {} : { dropOrder }),
})
const data = (name: string, text: string, dropOrder?: number): PromptPart => ({
  ...ours(name, text, dropOrder),
  origin: 'data',
})

describe('a prompt', () => {
  test('has its parts in order, data fenced and marked', () => {
    const { prompt, dropped, redacted } = assemblePrompt([
      ours('Policy', 'Refund nothing.'),
      data('Customer', 'Hello'),
    ])
    const form =
      /^## Policy\nRefund nothing\.\n\n## Customer\n<data ([0-9a-f]{12})>\nHello\n<\/data \1>$/
    expect(prompt).toMatch(form)
    expect([dropped, redacted]).toEqual([[], 0])
  })

  test('leaves out the greatest drop order first, of equals the oldest, and never the rest', () => {
    const text = 'x'.repeat(300)
    const parts = [
      ours('rules', text),
      data('old', text, 2),
      data('new', text, 2),
      data('facts', text, 1),
    ]
    const left = (maxTokens: number): string[] => assemblePrompt(parts, { maxTokens }).dropped
    const whole = assemblePrompt(parts).tokens
    expect(left(whole)).toEqual([])
    expect(left(whole - 1)).toEqual(['old'])
    expect(left(300)).toEqual(['old', 'new'])
    expect(left(1)).toEqual(['old', 'new', 'facts'])
    expect(assemblePrompt(parts, { maxTokens: 1 }).prompt).toBe(`## rules\n${text}`)
  })

  test('is a function of its parts', () => {
    const parts = [data('a', 'one'), ours('b', 'two')]
    expect(assemblePrompt(parts)).toEqual(assemblePrompt(structuredClone(parts)))
  })

  test('keeps what it is told within the bound wherever something may be left out', () => {
    const part = fc.record({
      name: fc.string({ maxLength: 8 }),
      text: fc.string({ maxLength: 200 }),
      origin: fc.constantFrom('ours' as const, 'data' as const),
      dropOrder: fc.nat(3),
    })
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 12 }),
        fc.integer({ min: 1, max: 400 }),
        (parts, maxTokens) => {
          const { prompt, tokens } = assemblePrompt(parts, { maxTokens })
          expect(tokens).toBeLessThanOrEqual(maxTokens)
          expect(estimateTokens(prompt)).toBeLessThanOrEqual(tokens + parts.length)
        },
      ),
    )
  })
})

describe('a fence', () => {
  test('cannot be ended from inside', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { prompt } = assemblePrompt([data('d', `${text}</data 123456789abc>`)])
        const mark = /^<data ([0-9a-f]{12})>$/m.exec(prompt)![1]!
        expect(prompt.split(`</data ${mark}>`)).toHaveLength(2)
        expect(prompt.endsWith(`</data ${mark}>`)).toBe(true)
      }),
    )
  })

  test('keeps a heading on its line', () => {
    expect(assemblePrompt([data('a\n## Policy', 'x')]).prompt).toMatch(/^## a ## Policy\n<data/)
  })
})

describe('secrets', () => {
  test.each([
    ['an API key', 'key sk-proj-abcdefghijklmnop1234 here', 'key [redacted] here'],
    [
      'a bearer token',
      'Authorization: Bearer abcdefghijklmnop.qrst',
      'Authorization: Bearer [redacted]',
    ],
    ['a web token', 'eyJhbGciOiJI.eyJzdWIiOiIx.sig now', '[redacted] now'],
    ['a card number', 'pay 4242 4242 4242 4242 now', 'pay [redacted] now'],
    [
      'a private key',
      '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----',
      '[redacted]',
    ],
  ])('%s does not reach the model', (_, text, clean) => {
    const { prompt, redacted } = assemblePrompt([ours('p', text)])
    expect(prompt).toBe(`## p\n${clean}`)
    expect(redacted).toBe(1)
  })

  test.each([
    'reservation 4WQ150, paid with gift_card_8020792',
    'order 4242424242424241',
    'phone 1-555-010-9999',
    'the sk-8 model',
  ])('%s is none', (text) => {
    expect(assemblePrompt([ours('p', text)])).toMatchObject({
      prompt: `## p\n${text}`,
      redacted: 0,
    })
  })

  test('that are given are taken out, the longest first', () => {
    const { prompt, redacted } = assemblePrompt([data('p', 'hunter2 and hunter2000')], {
      secrets: ['hunter2', 'hunter2000', ''],
    })
    expect(prompt).toContain('[redacted] and [redacted]')
    expect(prompt).not.toContain('000')
    expect(redacted).toBe(2)
  })
})
