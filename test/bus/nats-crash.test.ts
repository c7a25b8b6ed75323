import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Bus, BusStatus } from '../../src/bus/bus.ts'
import { openNatsBus } from '../../src/bus/nats-bus.ts'
import type { MailboxMessage } from '../../src/bus/mailbox.ts'
import { partitionOf } from '../../src/bus/partition.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import { systemIds } from '../../src/contracts/ids.ts'
import { temporaryBroker } from './broker-fixture.ts'
import type { BrokerFixture } from './broker-fixture.ts'
import { bytes, Inbox, text } from './harness.ts'

const address = { type: 'desk', id: 'case-17' }

describe('nats broker crash', () => {
  let fixture: BrokerFixture
  const buses: Bus[] = []
  const connect = async (cell: string): Promise<Bus> => {
    const servers = fixture.broker.url
    const bus = await openNatsBus({ servers, cell, clock: systemClock(), ids: systemIds() })
    buses.push(bus)
    return bus
  }
  const crash = async (bus: Bus): Promise<void> => {
    const statuses = new Inbox<BusStatus>()
    const off = bus.onStatus((status) => statuses.put(status))
    fixture.broker.kill('SIGKILL')
    expect(await statuses.take(2)).toEqual(['disconnected', 'connected'])
    off()
  }
  beforeAll(async () => {
    fixture = await temporaryBroker()
  })
  afterAll(async () => {
    await Promise.all(buses.map((bus) => bus.close()))
    await fixture.remove()
  })

  test('in the middle of reading: nothing is lost, repeated or reordered', async () => {
    const bus = await connect('reading')
    const writer = await connect('reading')
    const slice = { type: 'desk', partition: partitionOf(address.id, bus.partitions) }
    const seen = new Inbox<MailboxMessage>()
    await bus.mailbox.read(slice, async (message) => {
      seen.put(message)
      // A slow reader, so that the broker dies with messages on their way.
      await new Promise((resolve) => setImmediate(resolve))
    })
    const total = 3_000
    const posting = (async () => {
      for (let i = 0; i < total; i += 50) {
        const batch = Array.from({ length: 50 }, (_, offset) => i + offset)
        await Promise.all(batch.map((n) => writer.mailbox.post(address, bytes(`${n}`), `m${n}`)))
      }
    })()
    await seen.take(1_000)
    await crash(bus)
    await posting
    const messages = await seen.take(total)
    const seqs = messages.map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    expect(new Set(messages.map(({ body }) => text(body))).size).toBe(total)
    expect(seen.items).toHaveLength(total)
  })

  test('appends in flight are unknown and settle at once; the journal tells', async () => {
    const bus = await connect('appending')
    const addresses = Array.from({ length: 200 }, (_, i) => ({ type: 'desk', id: `${i}` }))
    await bus.journal.append({ type: 'desk', id: 'first' }, bytes('x'), 0)
    const outcomes = new Inbox<string>()
    const appending = addresses.map(async (one) => {
      const appended = await bus.journal.append(one, bytes('x'), 0)
      outcomes.put(appended.kind)
      return { one, appended }
    })
    await crash(bus)
    for (const { one, appended } of await Promise.all(appending)) {
      const last = await bus.journal.last(one)
      if (appended.kind === 'appended') expect(last?.seq).toBe(appended.seq)
      else expect(appended.kind).toBe('unknown')
      if (!last) expect((await bus.journal.append(one, bytes('x'), 0)).kind).toBe('appended')
    }
  })

  test('workers, watches, listeners and timers go on after a restart', async () => {
    const bus = await connect('running')
    const queue = { kind: 'tool', name: 't' } as const
    const worked = new Inbox<string>()
    await bus.work.consume(queue, { concurrency: 2, ackWaitMs: 60_000 }, async ({ id }) => {
      worked.put(id)
      return { kind: 'done' }
    })
    const watched = new Inbox<string>()
    await bus.keyValue.put('b', 'k', bytes('1'))
    await bus.keyValue.watch('b', '', (_, entry) => watched.put(text(entry?.value) ?? 'gone'))
    const heard = new Inbox<string>()
    await bus.wire.listen(['t'], (body) => heard.put(text(body) ?? ''))
    await bus.wire.serve('s', (body) => Promise.resolve(body))
    const mail = new Inbox<string>()
    const slice = { type: 'desk', partition: partitionOf(address.id, bus.partitions) }
    await bus.mailbox.read(slice, ({ body }) => mail.put(text(body) ?? ''))
    await bus.timers.schedule(address, 't', systemClock().now() + 300, bytes('timer'))
    await bus.work.submit(queue, bytes(''), 'before')
    await worked.take(1)
    await crash(bus)
    await bus.work.submit(queue, bytes(''), 'after')
    await bus.mailbox.post(address, bytes('mail'), 'm')
    // The ack of the first may have been lost in the crash, so it may come again.
    await worked.until((ids) => ids.includes('after'))
    expect((await bus.keyValue.put('b', 'k', bytes('2'))).kind).toBe('written')
    expect(await watched.take(2)).toEqual(['1', '2'])
    bus.wire.announce(['t'], bytes('notice'))
    expect(await heard.take(1)).toEqual(['notice'])
    expect(text(await bus.wire.ask('s', bytes('q'), 5_000))).toBe('q')
    expect((await mail.take(2)).toSorted()).toEqual(['mail', 'timer'])
  })

  test('mail posted while the broker is down is stored once when it is back', async () => {
    const bus = await connect('down')
    const statuses = new Inbox<BusStatus>()
    bus.onStatus((status) => statuses.put(status))
    fixture.broker.kill('SIGKILL')
    await statuses.take(1)
    const appended = await bus.journal.append(address, bytes('x'), 0)
    expect(appended.kind).toBe('unknown')
    const posted = await bus.mailbox.post(address, bytes('x'), 'm')
    const again = await bus.mailbox.post(address, bytes('x'), 'm')
    expect(again).toEqual({ seq: posted.seq, duplicate: true })
  })
})

describe('nats connection problems', () => {
  test('an unreachable server: names the address, NATS_URL and what to do', async () => {
    const opening = openNatsBus({
      servers: 'nats://me:secret@127.0.0.1:1',
      cell: 'c',
      clock: systemClock(),
      ids: systemIds(),
    })
    const error = (await opening.catch((thrown: unknown) => thrown)) as Error
    expect(error).toMatchObject({ code: 'unavailable', disposition: 'retryable' })
    expect(error.message).toMatch(/nats:\/\/127\.0\.0\.1:1.*start one.*NATS_URL/)
    expect(error.message).not.toMatch('secret')
  })

  test('a bad cell name is refused before connecting', async () => {
    const opening = openNatsBus({
      servers: 'nats://127.0.0.1:1',
      cell: 'No Cell',
      clock: systemClock(),
      ids: systemIds(),
    })
    await expect(opening).rejects.toMatchObject({ code: 'bad-input' })
  })
})
