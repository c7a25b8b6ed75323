import { describe, expect, test } from 'vitest'
import type { Budget } from '../../src/decision/budget.ts'
import { rules } from '../../src/decision/deciders.ts'
import { decide, estimate, scripted, wait } from './decision-desk.ts'

describe('the budget', () => {
  /** Keeps what is set aside and given back; grants so many questions. */
  function meter(grants: number): Budget & { reserved: object[]; settled: object[][] } {
    const reserved: object[] = []
    const settled: object[][] = []
    return {
      reserved,
      settled,
      async reserve(most) {
        reserved.push(most)
        if (reserved.length <= grants) return { granted: true }
        return { granted: false, reason: 'no calls left' }
      },
      async settle(most, spent) {
        settled.push([most, spent])
      },
    }
  }
  const broken = { type: 'BOOK' }

  test('is asked for the estimate before every question, repairs included', async () => {
    const budget = meter(2)
    const model = scripted('model', [broken, broken])
    const second = scripted('second', [])
    const { completion } = await decide({ deciders: [model, second], budget })
    expect(budget.reserved).toEqual([estimate, estimate, estimate])
    expect(completion).toMatchObject({ error: { kind: 'abstained' } })
    expect((completion as { error: Error }).error.message).toContain('second: no calls left')
  })

  test('hears of the cost of an answer that says it, whatever the answer was', async () => {
    const budget = meter(9)
    const cost = { tokens: 30, nanoUsd: 2_000 }
    const free = { tokens: 0, nanoUsd: 0 }
    const model = scripted('model', [
      { kind: 'malformed', complaint: 'no JSON', cost },
      { kind: 'unavailable', reason: 'too many requests', cost: free },
      { kind: 'chosen', option: wait, cost },
    ])
    expect((await decide({ deciders: [model], budget })).completion).toEqual({ output: wait })
    expect(budget.settled).toEqual([
      [estimate, cost],
      [estimate, free],
      [estimate, cost],
    ])
  })

  test('keeps what was set aside for answers of unknown cost', async () => {
    const budget = meter(9)
    const model = scripted('model', [{ kind: 'unavailable', reason: 'hung up' }, wait])
    const slow = scripted('slow', [new Promise<never>(() => undefined)])
    await decide({ deciders: [slow, model], budget })
    expect(budget.reserved).toHaveLength(3)
    expect(budget.settled).toEqual([])
  })

  test('is not asked for a decider that costs nothing', async () => {
    const budget = meter(0)
    const model = scripted('model', [wait])
    const { outcome } = await decide({ deciders: [model, rules(() => wait)], budget })
    expect(outcome).toMatchObject({ kind: 'decided', provenance: { decider: 'rules' } })
    expect(budget.reserved).toHaveLength(1)
  })

  test('that cannot be told what was spent does not lose the answer', async () => {
    const budget = { ...meter(9), settle: () => Promise.reject(new Error('the store is away')) }
    const model = scripted('model', [{ kind: 'chosen', option: wait, cost: estimate }])
    expect((await decide({ deciders: [model], budget })).completion).toEqual({ output: wait })
  })
})
