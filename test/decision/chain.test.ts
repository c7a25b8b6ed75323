import { describe, expect, test } from 'vitest'
import type { Answer } from '../../src/contracts/decision.ts'
import { chain, sure } from '../../src/decision/chain.ts'
import type { Asking } from './decision-desk.ts'
import { book, decide, estimate, scripted, wait } from './decision-desk.ts'

const cost = { tokens: 30, nanoUsd: 2_000 }
const usage = { inputTokens: 20, outputTokens: 10 }

function chosen(option: object, confidence?: number): Answer {
  const said = confidence === undefined ? {} : { confidence }
  return { kind: 'chosen', option, usage, cost, ...said }
}

async function through(cheap: Answer, better: Answer): Promise<object | undefined> {
  const deciders = chain<Asking>([scripted('cheap', [cheap]), scripted('better', [better])], {
    minConfidence: 0.8,
  })
  return (await decide({ deciders })).outcome
}

describe('a chain', () => {
  test('keeps to the first decider while it is sure', async () => {
    expect(await through(chosen(wait, 0.8), chosen(book, 1))).toMatchObject({
      option: wait,
      provenance: { decider: 'cheap', confidence: 0.8 },
    })
  })

  test('asks the next one when it is not, and counts what both cost', async () => {
    expect(await through(chosen(wait, 0.79), chosen(book, 1))).toMatchObject({
      option: { ...book, bags: 0 },
      provenance: {
        decider: 'better',
        attempts: 2,
        usage: { inputTokens: 40, outputTokens: 20 },
      },
    })
  })

  test('asks the next one when it abstains', async () => {
    const abstained: Answer = { kind: 'abstained', reason: 'too hard' }
    expect(await through(abstained, chosen(book))).toMatchObject({
      provenance: { decider: 'better' },
    })
  })

  test('takes what the last one says however sure it is', async () => {
    expect(await through(chosen(wait, 0.1), chosen(book, 0.2))).toMatchObject({
      provenance: { decider: 'better', confidence: 0.2 },
    })
  })

  test('takes a decider that does not say how sure it is for sure', async () => {
    expect(await through(chosen(wait), chosen(book))).toMatchObject({
      provenance: { decider: 'cheap' },
    })
  })

  test.each([-0.1, 1.1, Number.NaN])('refuses %d as a bound', (minConfidence) => {
    const deciders = [scripted('cheap', []), scripted('better', [])]
    expect(() => chain(deciders, { minConfidence })).toThrow(
      'decider cheap: minConfidence: expected a number from 0 to 1',
    )
  })
})

test('a decider that has to be sure gives its reason and keeps its estimate', async () => {
  const decider = sure(scripted('model', [chosen(wait, 0.5)]), 0.9)
  expect(decider.estimate!({} as never)).toEqual(estimate)
  const { completion } = await decide({ deciders: [decider] })
  expect((completion as { error: Error }).error.message).toBe(
    'nobody decided next: model: only 0.50 sure, of at least 0.9',
  )
})
