import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectLink } from '../../src/bus/nats-link.ts'
import type { NatsLink } from '../../src/bus/nats-link.ts'
import { createPublisher } from '../../src/bus/nats-publisher.ts'
import { ensureStreams } from '../../src/bus/nats-streams.ts'
import { natsWorkQueue } from '../../src/bus/nats-work-queue.ts'
import { subjectsOf } from '../../src/bus/subjects.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import { UnavailableError } from '../../src/contracts/error.ts'
import type { BrokerFixture } from './broker-fixture.ts'
import { temporaryBroker } from './broker-fixture.ts'
import { bytes, Inbox } from './harness.ts'

const clock = systemClock()
let fixture: BrokerFixture
let link: NatsLink

beforeAll(async () => {
  fixture = await temporaryBroker()
  link = await connectLink({ servers: fixture.broker.url, name: 'slow', clock })
})
afterAll(async () => {
  await link.close()
  await fixture.remove()
})

/** A link whose first calls take too long, as on a cluster that creates many consumers at once. */
function slow(failures: number): NatsLink {
  let left = failures
  return {
    ...link,
    reach: (what, call, waitMs) =>
      left-- > 0
        ? Promise.reject(new UnavailableError(`${what}: the broker did not answer (timeout)`))
        : link.reach(what, call, waitMs),
  }
}

test('a worker whose queue is created slowly starts all the same', async () => {
  const subjects = subjectsOf('slow', { partitions: 1, shards: 1 })
  await ensureStreams(link, subjects, { replicas: 1, queueMaxItems: 10 })
  const parts = { subjects, clock, publisher: createPublisher(link, clock) }
  const queue = { kind: 'tool', name: 'late' } as const
  const options = { concurrency: 1, ackWaitMs: 1_000 }
  const done = new Inbox<string>()
  const work = natsWorkQueue({ ...parts, link: slow(3) })
  const running = await work.consume(queue, options, async ({ id }) => {
    done.put(id)
    return { kind: 'done' }
  })
  await work.submit(queue, bytes('x'), 'one')
  expect(await done.take(1)).toEqual(['one'])
  await running.stop()
  const never = natsWorkQueue({ ...parts, link: slow(100) })
  await expect(never.consume(queue, options, async () => ({ kind: 'done' }))).rejects.toThrow(
    'did not answer',
  )
  await parts.publisher.stop()
})
