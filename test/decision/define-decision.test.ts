import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { rules } from '../../src/decision/deciders.ts'
import { declareDecision, defineDecision } from '../../src/decision/define-decision.ts'

const book = z.object({ type: z.literal('BOOK'), flight: z.string() })
const wait = z.object({ type: z.literal('WAIT') })
const input = z.object({})
const options = z.discriminatedUnion('type', [book, wait])

describe('declareDecision', () => {
  test.each([
    [{ name: 'no name' }, 'decision name: expected a letter'],
    [{ timeoutMs: Infinity }, 'decision next: timeoutMs: expected a finite number'],
    [{ timeoutMs: 0 }, 'decision next: timeoutMs: expected a finite number, at least 1'],
    [{ repairs: -1 }, 'decision next: repairs: expected a finite number, at least 0'],
    [{ retries: Infinity }, 'decision next: retries: expected a finite number, at least 0'],
    [{ retryMaxMs: -1 }, 'decision next: retryMaxMs: expected a finite number, at least 0'],
  ])('refuses %o', (over, message) => {
    expect(() => declareDecision({ name: 'next', input, options, ...over })).toThrow(message)
  })

  test('fills in the defaults and reads the option types', () => {
    expect(declareDecision({ name: 'next', input, options })).toEqual({
      kind: 'decision',
      name: 'next',
      version: '1',
      input,
      options,
      optionTypes: ['BOOK', 'WAIT'],
      timeoutMs: 60_000,
      repairs: 2,
      retries: 3,
      retryMaxMs: 20_000,
    })
  })

  test('keeps what is given', () => {
    const given = { version: '3', timeoutMs: 5, repairs: 0, retries: 0, retryMaxMs: 0 }
    expect(declareDecision({ name: 'next', input, options, ...given })).toMatchObject(given)
  })

  test('a literal with several values stands for several options', () => {
    const either = z.object({ type: z.literal(['YES', 'NO']) })
    const union = z.discriminatedUnion('type', [either, wait])
    const { optionTypes } = declareDecision({ name: 'next', input, options: union })
    expect(optionTypes).toEqual(['YES', 'NO', 'WAIT'])
  })

  test.each([
    ['one object', book],
    ['a plain union', z.union([book, wait])],
    [
      'a union on another member',
      z.discriminatedUnion('kind', [z.object({ kind: z.literal('A') })]),
    ],
    ['a type that is no text', z.discriminatedUnion('type', [z.object({ type: z.literal(1) })])],
    ['a text', z.string()],
  ])('refuses options that are %s', (_what, wrong) => {
    expect(() => declareDecision({ name: 'next', input, options: wrong as never })).toThrow(
      "decision next: options: expected z.discriminatedUnion('type', [...]) over objects with a " +
        'literal `type`; give every option its own literal type',
    )
  })
})

describe('defineDecision', () => {
  const prompt = (): string => 'What now?'
  const first = rules(() => null)

  test('adds the prompt and the deciders, also to a contract declared elsewhere', () => {
    const contract = declareDecision({ name: 'next', input, options, repairs: 1 })
    const deciders = [first, rules(() => null, 'last resort')]
    expect(defineDecision({ ...contract, prompt, deciders })).toEqual({
      ...contract,
      prompt,
      deciders,
    })
  })

  test('refuses to be decided by nobody', () => {
    expect(() => defineDecision({ name: 'next', input, options, prompt, deciders: [] })).toThrow(
      'decision next: deciders: expected at least one decider; ' +
        'add a rules decider as the last resort',
    )
  })

  test('refuses two deciders of one name, for the second would never be asked', () => {
    const deciders = [first, rules(() => null)]
    expect(() => defineDecision({ name: 'next', input, options, prompt, deciders })).toThrow(
      'decision next: deciders: expected a name of its own for every decider, got rules; ' +
        'rename one of them; the second would never be asked',
    )
  })
})
