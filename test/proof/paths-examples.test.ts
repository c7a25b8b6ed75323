import type { ApprovalOutput } from 'ashlar'
import type { MachineTestOptions } from 'ashlar/testing'
import { coverageOf, testMachine } from 'ashlar/testing'
import { describe, expect, test } from 'vitest'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { hashJson } from '../../src/contracts/json.ts'
import { deskAgent } from '../../examples/airline-desk/desk.ts'
import { paymentAgent } from '../../examples/quickstart/approval.ts'
import refunds from '../../examples/quickstart/refunds.ts'
import { tripAgent } from '../../examples/quickstart/trip.ts'
import { deskPaths } from './desk-paths.ts'

const { agents } = await refunds.setup({ options: {} } as never)

const approved = (cents: number): ApprovalOutput => {
  const effect = { name: 'pay_out', arguments: { order: 'A1', cents } }
  return { kind: 'approved', effect, hash: hashJson(effect), by: ['ann'], audit: [], refusals: 0 }
}

const machines: [AgentDefinition, MachineTestOptions][] = [
  [
    agents![0]!,
    {
      inputs: [
        { order: 'A1', cents: 500 },
        { order: 'A2', cents: 90_000 },
      ],
      coverage: { transitions: 100, guards: 100, options: 100 },
    },
  ],
  [
    paymentAgent,
    {
      inputs: [
        { order: 'A1', cents: 500 },
        { order: 'A1', cents: 50_000 },
      ],
      examples: {
        AMEND: [{ cents: 60_000 }],
        approval: [approved(50_000), { ...approved(50_000), kind: 'rejected' }],
      },
      coverage: { transitions: 100, guards: 100 },
    },
  ],
  [tripAgent, { coverage: { states: 100 } }],
  [deskAgent, { ...deskPaths, coverage: { states: 100, transitions: 99, options: 100 } }],
]

describe('the examples', () => {
  for (const [agent, options] of machines) testMachine(agent, { test, ...options })
})

test('what no path takes is what cannot come', () => {
  // Of calls that may be repeated nobody is in doubt.
  expect(coverageOf(tripAgent).transitions.missed).toEqual([
    'trip.flight | error flight[0] -> trip.closing',
    'trip.undo-flight | error undo-flight[0] -> trip.closing',
    'trip.hotel | error hotel[0] -> trip.undo-flight',
  ])
  // What has passed the policy is a write that the desk knows.
  expect(coverageOf(deskAgent, deskPaths).transitions.missed).toEqual([
    'airline-desk.executing.choosing | always[6] -> refusing',
  ])
})
