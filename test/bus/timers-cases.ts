import { describe, expect, test } from 'vitest'
import type { Address } from '../../src/contracts/address.ts'
import type { Bus } from '../../src/bus/bus.ts'
import { partitionOf } from '../../src/bus/partition.ts'
import { bytes, Inbox, text } from './harness.ts'
import type { Desk } from './harness.ts'

const address = { type: 'desk', id: 'case.é' }

export function describeTimers(desk: Desk): void {
  describe('timers', () => {
    test('a past deadline fires at once, a later one not early', async () => {
      const { bus } = await desk.fresh()
      const fired = await mailOf(bus, address)
      const harness = desk.harness()
      const deadlineMs = harness.nowMs() + 700
      await bus.timers.schedule(address, 'xstate.after.700.desk.waiting', deadlineMs, bytes('late'))
      await bus.timers.schedule(address, 'past', harness.nowMs() - 1_000, bytes('past'))
      expect(await fired.take(1)).toEqual(['past'])
      expect(fired.items).toEqual(['past'])
      await harness.passTime(700)
      expect(await fired.take(2)).toEqual(['past', 'late'])
      expect(harness.nowMs()).toBeGreaterThanOrEqual(deadlineMs)
    })

    test('the same name replaces, other names and addresses do not', async () => {
      const { bus } = await desk.fresh()
      const fired = await mailOf(bus, address)
      const atMs = desk.harness().nowMs() + 500
      await bus.timers.schedule(address, 't', atMs + 60_000, bytes('old'))
      await bus.timers.schedule(address, 't', atMs, bytes('new'))
      await bus.timers.schedule(address, 't', atMs, bytes('new'))
      await bus.timers.schedule({ ...address, id: 'x' }, 't', atMs, bytes('elsewhere'))
      await bus.timers.schedule(address, 't'.repeat(300), atMs + 500, bytes('long name'))
      await desk.harness().passTime(1_000)
      expect(await fired.take(2)).toEqual(['new', 'long name'])
    })

    test('a cancelled timer does not fire; cancelling an unknown one does nothing', async () => {
      const { bus } = await desk.fresh()
      const fired = await mailOf(bus, address)
      const atMs = desk.harness().nowMs() + 300
      await bus.timers.schedule(address, 'cancelled', atMs, bytes('cancelled'))
      await bus.timers.cancel(address, 'cancelled')
      await bus.timers.cancel(address, 'unknown')
      await bus.timers.schedule(address, 'after', atMs + 300, bytes('after'))
      await desk.harness().passTime(600)
      expect(await fired.take(1)).toEqual(['after'])
    })

    test('fires after the process that set it is gone', async () => {
      const { bus, another } = await desk.fresh()
      const gone = await another()
      const atMs = desk.harness().nowMs() + 300
      await gone.timers.schedule(address, 't', atMs, bytes('survived'))
      await desk.harness().crash(gone)
      await desk.harness().passTime(300)
      expect(await (await mailOf(bus, address)).take(1)).toEqual(['survived'])
    })
  })
}

async function mailOf(bus: Bus, of: Address): Promise<Inbox<string>> {
  const inbox = new Inbox<string>()
  const slice = { type: of.type, partition: partitionOf(of.id, bus.partitions) }
  await bus.mailbox.read(slice, (message) => {
    if (message.address.id === of.id) inbox.put(text(message.body) ?? '')
  })
  return inbox
}
