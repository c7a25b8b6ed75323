import { defineAgent } from 'ashlar'
import { describe, expect, test } from 'vitest'
import { runHostile } from '../../examples/airline-desk/adversary/hostile/campaign.ts'
import { deskMachine } from '../../examples/airline-desk/desk-machine.ts'
import { deskAgent } from '../../examples/airline-desk/desk.ts'
import { data } from './synthetic.ts'

const count = 300

test('hostile deciders commit nothing that is forbidden, and no conversation is stuck', async () => {
  const { examples, forbidden, stuck, writes, refusals, byDecider } = await runHostile(data, {
    count,
    seed: 1,
  })
  expect(examples).toEqual([])
  expect([forbidden, stuck]).toEqual([0, 0])
  // The campaign is not vacuous: there were writes, and much more that was refused.
  expect(writes).toBeGreaterThan(count / 10)
  expect(refusals).toBeGreaterThan(count * 5)
  expect(Object.keys(byDecider)).toHaveLength(5)
})

test('the same seed gives the same conversations', async () => {
  const run = (): Promise<unknown> => runHostile(data, { count: 20, seed: 77 })
  expect(await run()).toEqual(await run())
})

type Broken = Parameters<typeof deskMachine.provide>[0]

describe('a desk with a hole is found out', () => {
  const never = (): boolean => false
  test.each<[string, Broken]>([
    ['trips are refunded that are not', { guards: { 'cancel-not-refundable': never } } as Broken],
    ['other people’s trips', { guards: { 'not-your-reservation': never } } as Broken],
    ['the fee for bags', { guards: { 'bag-fee-wrong': never } } as Broken],
    ['nobody asks the customer', { guards: { agreed: () => true } }],
    ['every answer is a yes', { guards: { confirmed: () => true } }],
  ])('%s', async (_, hole) => {
    const agent = defineAgent({ ...deskAgent, machine: deskMachine.provide(hole) } as never)
    const { forbidden } = await runHostile(data, {
      count: 1_000,
      seed: 1,
      agent: agent as never,
      untilFirst: true,
    })
    expect(forbidden).toBeGreaterThan(0)
  })
})
