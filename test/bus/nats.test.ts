import { openNatsBus } from '../../src/bus/nats-bus.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import { systemIds } from '../../src/contracts/ids.ts'
import { temporaryBroker } from './broker-fixture.ts'
import { busConformance } from './conformance.ts'
import type { Harness } from './harness.ts'

async function nats(shards: number): Promise<Harness> {
  const { broker, remove } = await temporaryBroker()
  const clock = systemClock()
  const queueMaxItems = 20
  return {
    connect: (cell) =>
      openNatsBus({ servers: broker.url, cell, clock, ids: systemIds(), shards, queueMaxItems }),
    // Closing leaves unfinished items unanswered, which is all that the broker sees of a crash.
    crash: (bus) => bus.close(),
    nowMs: () => clock.now(),
    passTime: () => Promise.resolve(),
    queueMaxItems,
    close: remove,
  }
}

busConformance('nats', () => nats(4))
busConformance('nats, one shard', () => nats(1), 'state')
