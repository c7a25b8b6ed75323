import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Bus } from '../../src/bus/bus.ts'
import type { MailboxSlice } from '../../src/bus/mailbox.ts'
import { openNatsBus } from '../../src/bus/nats-bus.ts'
import { partitionOf } from '../../src/bus/partition.ts'
import type { Address } from '../../src/contracts/address.ts'
import type { VirtualClock } from '../../src/contracts/clock.ts'
import { systemClock, virtualClock } from '../../src/contracts/clock.ts'
import { systemIds } from '../../src/contracts/ids.ts'
import { temporaryBroker } from './broker-fixture.ts'
import type { BrokerFixture } from './broker-fixture.ts'
import { bytes, Inbox, text } from './harness.ts'

const address = { type: 'desk', id: 'case-17' }
const minuteMs = 60_000

/**
 * Time passes for the process and not for the broker, which to the process is a broker that does
 * not fire what is due.
 */
describe('timers that the broker passes over', () => {
  let fixture: BrokerFixture
  let clock: VirtualClock
  let bus: Bus
  let cell = 0
  const buses: Bus[] = []
  const connect = async (): Promise<Bus> => {
    const servers = fixture.broker.url
    const opened = await openNatsBus({ servers, cell: `c${cell}`, clock, ids: systemIds() })
    buses.push(opened)
    return opened
  }
  const sliceOf = ({ type, id }: Address): MailboxSlice => ({
    type,
    partition: partitionOf(id, bus.partitions),
  })
  const mailOf = async (of: Address): Promise<Inbox<string>> => {
    const inbox = new Inbox<string>()
    await bus.mailbox.read(sliceOf(of), ({ body }) => inbox.put(text(body) ?? ''))
    return inbox
  }

  beforeAll(async () => {
    fixture = await temporaryBroker()
  })
  beforeEach(async () => {
    cell++
    clock = virtualClock(systemClock().now())
    bus = await connect()
  })
  afterEach(() => Promise.all(buses.splice(0).map((one) => one.close())))
  afterAll(() => fixture.remove())

  test('one that is set while the owner is at work is fired late, and only once', async () => {
    const mail = await mailOf(address)
    const late = new Inbox<number>()
    bus.timers.backstop(sliceOf(address), (count) => late.put(count))
    await bus.timers.schedule(address, 'due', clock.now() + minuteMs, bytes('due'))
    clock.advance(minuteMs + 5_900)
    await bus.mailbox.post(address, bytes('before it counts as late'), 'm1')
    expect(await mail.take(1)).toEqual(['before it counts as late'])
    clock.advance(100)
    expect(await late.take(1)).toEqual([1])
    expect((await mail.take(2))[1]).toBe('due')

    await bus.timers.schedule(address, 'next', clock.now() + minuteMs, bytes('next'))
    clock.advance(minuteMs + 7_000)
    expect(await late.take(2)).toEqual([1, 1])
    expect(mail.items).toEqual(['before it counts as late', 'due', 'next'])
  })

  test('those that another owner set are found, the later ones in their turn', async () => {
    const gone = await connect()
    await gone.timers.schedule(address, 'first', clock.now() + minuteMs, bytes('first'))
    await gone.timers.schedule(address, 'second', clock.now() + 2 * minuteMs, bytes('second'))
    await gone.timers.schedule(address, 'far', clock.now() + 60 * minuteMs, bytes('far'))
    await gone.close()
    const mail = await mailOf(address)
    clock.advance(minuteMs)
    bus.timers.backstop(sliceOf(address), () => undefined)
    clock.advance(6_000)
    expect(await mail.take(1)).toEqual(['first'])
    clock.advance(minuteMs)
    expect(await mail.take(2)).toEqual(['first', 'second'])
  })

  test('a broker that comes back is looked through again', async () => {
    const late = new Inbox<number>()
    const mail = await mailOf(address)
    bus.timers.backstop(sliceOf(address), (count) => late.put(count))
    clock.advance(6_000)
    const other = await connect()
    await other.timers.schedule(address, 'due', clock.now() + minuteMs, bytes('due'))
    const statuses = new Inbox<string>()
    bus.onStatus((status) => statuses.put(status))
    fixture.broker.kill('SIGKILL')
    await statuses.until((heard) => heard.includes('connected'))
    // In small steps: what finds the broker not ready yet tries again after a while.
    while (late.items.length === 0) {
      clock.advance(1_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await mail.take(1)).toEqual(['due'])
  })

  test('timers of other slices, and those that were cancelled, are left alone', async () => {
    const stranger = { type: 'other', id: address.id }
    const theirs = await mailOf(stranger)
    const mail = await mailOf(address)
    bus.timers.backstop(sliceOf(address), () => undefined)
    await bus.timers.schedule(stranger, 'theirs', clock.now() + 1_000, bytes('theirs'))
    await bus.timers.schedule(address, 'gone', clock.now() + minuteMs, bytes('gone'))
    await bus.timers.cancel(address, 'gone')
    await bus.timers.schedule(address, 'due', clock.now() + minuteMs, bytes('due'))
    // By the broker, which is no minute behind.
    expect(await theirs.take(1)).toEqual(['theirs'])
    await bus.timers.schedule(stranger, 'far', clock.now() + minuteMs, bytes('far'))
    clock.advance(2 * minuteMs)
    expect(await mail.take(1)).toEqual(['due'])
    await bus.mailbox.post(stranger, bytes('end'), 'end')
    expect(await theirs.take(2)).toEqual(['theirs', 'end'])
  })

  test('a timer that was cancelled is no sign that the others fire', async () => {
    const mail = await mailOf(address)
    bus.timers.backstop(sliceOf(address), () => undefined)
    await bus.timers.schedule(address, 'first', clock.now() + minuteMs, bytes('first'))
    await bus.timers.schedule(address, 'second', clock.now() + minuteMs + 1, bytes('second'))
    await bus.timers.cancel(address, 'first')
    clock.advance(minuteMs + 6_001)
    expect(await mail.take(1)).toEqual(['second'])
  })

  test('many that are due much later do not hide one that is due soon', async () => {
    const mail = await mailOf(address)
    bus.timers.backstop(sliceOf(address), () => undefined)
    const far = Array.from({ length: 300 }, (_, index) => `far-${index}`)
    const dayMs = 24 * 60 * minuteMs
    await Promise.all(
      far.map((name) => bus.timers.schedule(address, name, clock.now() + dayMs, bytes(name))),
    )
    clock.advance(6_000)
    // The look at all has been long enough under way to be over.
    for (let n = 1; n <= 20; n++) await bus.mailbox.post(address, bytes(`m${n}`), `m${n}`)
    await bus.timers.schedule(address, 'soon', clock.now() + minuteMs, bytes('soon'))
    clock.advance(minuteMs + 6_000)
    expect((await mail.take(21)).at(-1)).toBe('soon')
  })

  test('a stopped one fires nothing', async () => {
    const mail = await mailOf(address)
    const stopped = bus.timers.backstop(sliceOf(address), () => undefined)
    await bus.timers.schedule(address, 'due', clock.now() + minuteMs, bytes('due'))
    await stopped.stop()
    clock.advance(10 * minuteMs)
    expect(clock.nextDeadline() ?? Infinity).toBeGreaterThan(clock.now())
    await bus.mailbox.post(address, bytes('end'), 'end')
    expect(await mail.take(1)).toEqual(['end'])
  })
})
