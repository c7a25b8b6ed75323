import { afterAll, beforeAll, expect, test } from 'vitest'
import { deskMachine } from '../../examples/airline-desk/desk-machine.ts'
import { deskMoves, deskWorld } from '../../examples/airline-desk/proof/world.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { playOnRuntime } from '../../src/cli/play-trace.ts'
import { prove } from '../../src/proof/prove.ts'
import { playOnModel } from '../../src/proof/trace-model.ts'
import type { BrokerFixture } from '../bus/broker-fixture.ts'
import { temporaryBroker } from '../bus/broker-fixture.ts'

let fixture: BrokerFixture
beforeAll(async () => {
  fixture = await temporaryBroker()
})
afterAll(() => fixture.remove())

const few = deskMoves.filter(
  (move) => move.type === 'REPLY' || ('name' in move && move.name === 'cancel_reservation'),
)

const defects = [
  ['what was agreed is not looked at', { agreed: () => true }],
  ['every answer counts as a yes', { confirmed: () => true }],
] as const

test.each(defects)('the desk: %s', async (_title, guards) => {
  const machine = deskMachine.provide({ guards: guards as never })
  const agent = defineAgent({ machine }) as unknown as AgentDefinition
  const world = { ...deskWorld({ agent, moves: few }), bounds: { crashes: 0, duplicates: 0 } }
  const { violations } = await prove(world)
  const { trace, reason } = violations.find(({ property }) => property.includes('confirmation'))!
  expect(trace.moves.length).toBeLessThanOrEqual(15)
  expect(playOnModel(world, trace)).toMatchObject({ isBroken: true, reason })
  const { url: broker } = fixture.broker
  const play = await playOnRuntime(world, trace, { on: 'nats', broker })
  expect(play).toMatchObject({ isBroken: true, reason, agents: ['airline-desk/proof'] })
  // The desk as it is does not get there.
  const sound = { ...deskWorld({ moves: few }), bounds: world.bounds }
  expect(await playOnRuntime(sound, trace)).toMatchObject({ isBroken: false })
})
