import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { declareTool, defineTool } from '../../src/tools/define-tool.ts'

const valid = { name: 'book', input: z.object({}), output: z.object({}), effect: 'read' } as const
const suffix = 'correct the declaration'

describe('declareTool', () => {
  test('fills in the defaults', () => {
    expect(declareTool(valid)).toEqual({
      ...valid,
      kind: 'tool',
      version: '1',
      description: '',
      timeoutMs: 30_000,
      concurrency: 16,
      retry: { attempts: 3, firstDelayMs: 100, maxDelayMs: 5_000 },
    })
  })

  test('keeps what is given, member by member', () => {
    const given = { version: '7', description: 'd', timeoutMs: 1, concurrency: 1 }
    const contract = declareTool({ ...valid, ...given, retry: { attempts: 1 } })
    expect(contract).toMatchObject(given)
    expect(contract.retry).toEqual({ attempts: 1, firstDelayMs: 100, maxDelayMs: 5_000 })
  })

  test.each([
    ['a space', 'book flight'],
    ['a digit first', '1book'],
    ['nothing', ''],
    ['65 letters', 'b'.repeat(65)],
  ])('refuses a name with %s', (_what, name) => {
    expect(() => declareTool({ ...valid, name })).toThrow(
      'tool name: expected a letter, then up to 63 letters, digits, `-`, `_` and `.`, ' +
        `got ${name}; ${suffix}`,
    )
  })

  test.each([
    [
      { effect: 'sometimes' as never },
      'tool book: effect: expected `read`, `idempotent` or `once`, got sometimes',
    ],
    [{ timeoutMs: 0 }, 'tool book: timeoutMs: expected a finite number, at least 1, got 0'],
    [
      { timeoutMs: Number.NaN },
      'tool book: timeoutMs: expected a finite number, at least 1, got NaN',
    ],
    [{ concurrency: 0 }, 'tool book: concurrency: expected a finite number, at least 1, got 0'],
    [
      { retry: { attempts: 0 } },
      'tool book: retry.attempts: expected a finite number, at least 1, got 0',
    ],
    [
      { retry: { firstDelayMs: -1 } },
      'tool book: retry.firstDelayMs: expected a finite number, at least 0, got -1',
    ],
    [
      { retry: { maxDelayMs: -5 } },
      'tool book: retry.maxDelayMs: expected a finite number, at least 0, got -5',
    ],
  ])('refuses %j', (over, message) => {
    expect(() => declareTool({ ...valid, ...over })).toThrow(`${message}; ${suffix}`)
  })
})

describe('defineTool', () => {
  const execute = (): object => ({})

  test('adds the implementation to the contract', () => {
    const reconcile = (): { kind: 'unknown' } => ({ kind: 'unknown' })
    const compensate = { tool: declareTool(valid), input: () => ({}) }
    const tool = defineTool({ ...valid, effect: 'once', execute, reconcile, compensate })
    expect(tool).toMatchObject({ kind: 'tool', effect: 'once', execute, reconcile, compensate })
  })

  test('implements a contract that was declared elsewhere', () => {
    const contract = declareTool({ ...valid, timeoutMs: 9 })
    const tool = defineTool({ ...contract, execute })
    expect(tool).toEqual({ ...contract, execute })
  })

  test('refuses a tool without an implementation', () => {
    expect(() => defineTool({ ...valid, execute: undefined as never })).toThrow(
      `tool book: execute: expected a function, got undefined; ${suffix}`,
    )
  })

  test('refuses a declaration that declareTool refuses', () => {
    expect(() => defineTool({ ...valid, timeoutMs: -1, execute })).toThrow('timeoutMs')
  })
})
