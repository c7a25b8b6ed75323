import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { playOnRuntime } from '../../src/cli/play-trace.ts'
import { invariant } from '../../src/proof/properties.ts'
import { playOnModel } from '../../src/proof/trace-model.ts'
import type { Bounds, World } from '../../src/proof/world.ts'
import type { BrokerFixture } from '../bus/broker-fixture.ts'
import { temporaryBroker } from '../bus/broker-fixture.ts'
import { kindOf, randomTrace } from './trace-walker.ts'
import { bankWorld, shopWorld } from './trace-worlds.ts'

const holds = invariant<never>('nothing is asked', () => true)
const many: Partial<Bounds> = { crashes: 2, duplicates: 1, delays: 1 }
const wishes = { ignoresKey: true, reconciles: false }

const worlds: readonly [string, World<never>][] = (
  [
    ['reads', bankWorld('read', many, [holds as never])],
    ['keys', bankWorld('idempotent', many, [holds as never])],
    ['ignored keys', bankWorld('idempotent', many, [holds as never], wishes)],
    ['once', bankWorld('once', many, [holds as never])],
    ['once, without reconcile', bankWorld('once', many, [holds as never], wishes)],
    ['decisions, memory, children', shopWorld([holds as never])],
  ] as const
).map(([name, world]) => [name, world as unknown as World<never>])

/** Kinds of moves that were made, over all walks. */
const made = new Set<string>()

// The model of the checker against the runtime: whatever the one allows, the other does.
describe('a random walk on the model is one on the real runtime', () => {
  test.each(worlds)('%s, on the local twin', async (_name, world) => {
    for (let seed = 1; seed <= 40; seed++) {
      const trace = randomTrace(world, seed, 30)
      const play = await playOnRuntime(world, trace)
      expect({ seed, reason: play.reason, divergedAt: play.divergedAt }).toEqual({
        seed,
        reason: 'every move was made, and the property holds',
        divergedAt: undefined,
      })
      for (const { move } of play.steps) made.add(kindOf(move))
    }
  })

  test('every kind of move was made', () => {
    expect([...made].toSorted()).toMatchInlineSnapshot(`
      [
        "abstain",
        "answer",
        "call intent is new",
        "call intent is open",
        "call intent is settled",
        "call outcome is recorded",
        "call reconciled: another delivery took the intent over",
        "call reconciled: didNotHappen",
        "call reconciled: happened",
        "call reconciled: unknown",
        "call timer xstate.after.backoff.tool-call.backingOff",
        "call timer xstate.after.earlierOver.tool-call.waitingForEarlier",
        "crash after it took effect",
        "crash after its answer was posted, before the call was taken off the queue",
        "crash after its intent was recorded",
        "crash after its outcome was recorded",
        "crash before it took effect",
        "crash before its outcome was recorded",
        "crash in the process of its agent, after it took effect",
        "crash while it was reconciled",
        "decide",
        "execute answers",
        "execute fails",
        "execute hangs",
        "late",
        "redeliver",
        "refuse",
        "send",
        "take",
        "timer",
      ]
    `)
  })

  test('the model itself follows', () => {
    for (const [, world] of worlds) {
      const trace = randomTrace(world, 7, 30)
      const play = playOnModel(world, trace)
      expect(play.divergedAt).toBeUndefined()
      expect(play.steps.map(({ move }) => move)).toEqual(trace.moves)
    }
  })
})

describe('a random walk on NATS', () => {
  let fixture: BrokerFixture
  beforeAll(async () => {
    fixture = await temporaryBroker()
  })
  afterAll(() => fixture.remove())

  test.each(worlds)('%s', async (_name, world) => {
    const { url: broker } = fixture.broker
    for (const seed of [11, 12, 13]) {
      const trace = randomTrace(world, seed, 20)
      const play = await playOnRuntime(world, trace, { on: 'nats', broker })
      expect({ seed, reason: play.reason }).toEqual({
        seed,
        reason: 'every move was made, and the property holds',
      })
    }
  })
})
