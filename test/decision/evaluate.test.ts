import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { DecisionOutcome } from '../../src/contracts/decision.ts'
import type { AgentEvent } from '../../src/contracts/event.ts'
import { rules } from '../../src/decision/deciders.ts'
import { defineDecision } from '../../src/decision/define-decision.ts'
import type { EvalResult } from '../../src/decision/evaluate.ts'
import { optionMembers, report } from '../../src/decision/evaluate.ts'

function decided(option: AgentEvent): DecisionOutcome {
  const provenance = { decider: 'model', promptHash: '', attempts: 1, latencyMs: 1 }
  return { kind: 'decided', option, provenance }
}

function result(expected: AgentEvent, outcome: DecisionOutcome): EvalResult {
  return { case: { name: 'case', input: {}, offered: [], expected }, outcome }
}

const reply = { type: 'REPLY', to: 'customer', text: 'Gladly.' }
const results = [
  result(reply, decided(reply)),
  result(reply, decided({ ...reply, text: 'Of course.' })),
  result(reply, decided({ ...reply, to: 'agent', text: 'Sure.' })),
  result(reply, decided({ type: 'ACT', name: 'cancel' })),
  result({ type: 'ACT', name: 'cancel', summary: 's' }, decided({ type: 'ACT', name: 'cancel' })),
  result({ type: 'ACT' }, { kind: 'abstained', reasons: ['nobody'] }),
]

describe('a report', () => {
  test('counts answers with the same option, and of those the right ones', () => {
    expect(report(results)).toMatchObject({
      cases: 6,
      right: 1,
      accuracy: 1 / 6,
      sameOption: 4,
      optionAccuracy: 4 / 6,
      byOption: [
        { option: 'REPLY', cases: 4, chosen: 3, sameOption: 3, right: 1 },
        { option: 'ACT', cases: 2, chosen: 2, sameOption: 1, right: 0 },
      ],
    })
  })

  test('compares everything but the ignored members', () => {
    const { right, sameOption, byOption, wrong } = report(results, ['text', 'summary'])
    expect([right, sameOption]).toEqual([3, 4])
    expect(byOption.map((score) => score.right)).toEqual([2, 1])
    expect(wrong).toHaveLength(3)
  })

  test('of no cases has no accuracy', () => {
    expect(report([])).toMatchObject({ accuracy: 0, optionAccuracy: 0, byOption: [] })
  })
})

test('members of options are those of every shape, also what may be left out', () => {
  const decision = defineDecision({
    name: 'next',
    input: z.object({}),
    options: z.discriminatedUnion('type', [
      z.object({ type: z.literal('REPLY'), text: z.string(), note: z.string().optional() }),
      z.discriminatedUnion('name', [
        z.object({ type: z.literal('ACT'), name: z.literal('book'), seats: z.int() }),
        z.object({ type: z.literal('ACT'), name: z.literal('cancel'), id: z.string() }),
      ]),
      z.object({ type: z.literal('END') }),
    ]),
    prompt: () => '',
    deciders: [rules(() => null)],
  })
  expect([...optionMembers(decision)].toSorted()).toEqual(
    ['id', 'name', 'note', 'seats', 'text', 'type'].toSorted(),
  )
})
