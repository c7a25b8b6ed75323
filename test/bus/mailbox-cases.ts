import { describe, expect, test } from 'vitest'
import { limits } from '../../src/bus/limits.ts'
import type { MailboxMessage } from '../../src/bus/mailbox.ts'
import { partitionOf } from '../../src/bus/partition.ts'
import { bytes, Inbox, text } from './harness.ts'
import type { Desk } from './harness.ts'

const address = { type: 'desk', id: 'case-17' }
const oddIds = ['käse', 'a.b', '*', '>', '=', '=2E', '😀é.x', '$JS.API', '-', '\u00a9'.repeat(200)]

export function describeMailbox(desk: Desk): void {
  describe('mailbox', () => {
    test('delivers in order, to a reader before and after, with positions', async () => {
      const { bus, another } = await desk.fresh()
      const slice = { type: 'desk', partition: partitionOf(address.id, bus.partitions) }
      const early = new Inbox<MailboxMessage>()
      await bus.mailbox.read(slice, (message) => early.put(message))
      const posted = []
      for (let i = 0; i < 20; i++) {
        posted.push(await bus.mailbox.post(address, bytes(`${i}`), `m${i}`))
      }
      const messages = await early.take(20)
      expect(messages.map(({ body }) => text(body))).toEqual(posted.map((_, i) => `${i}`))
      expect(messages.map(({ seq }) => seq)).toEqual(posted.map(({ seq }) => seq))
      expect(messages[0]?.address).toEqual(address)
      const late = new Inbox<MailboxMessage>()
      await (await another()).mailbox.read(slice, (message) => late.put(message))
      expect((await late.take(20)).map(({ seq }) => seq)).toEqual(posted.map(({ seq }) => seq))
    })

    test('stores a message id once per address', async () => {
      const { bus, another } = await desk.fresh()
      const other = { type: 'desk', id: 'case-18' }
      const first = await bus.mailbox.post(address, bytes('1'), 'm')
      const again = await (await another()).mailbox.post(address, bytes('1'), 'm')
      expect(first.duplicate).toBe(false)
      expect(again).toEqual({ seq: first.seq, duplicate: true })
      expect(await bus.mailbox.post(other, bytes('1'), 'm')).toMatchObject({ duplicate: false })
      expect(await bus.mailbox.post(address, bytes('1'), 'line\r\nbreak é')).toMatchObject({
        duplicate: false,
      })
    })

    test('a reader waits for the handler, repeats what it threw at, and stops', async () => {
      const { bus } = await desk.fresh()
      const slice = { type: 'desk', partition: partitionOf(address.id, bus.partitions) }
      const seen = new Inbox<string>()
      let running = 0
      const reader = await bus.mailbox.read(slice, async ({ body }) => {
        expect(++running).toBe(1)
        await Promise.resolve()
        running--
        seen.put(text(body) ?? '')
        if (seen.items.length === 2) throw new Error('not now')
      })
      for (const body of ['a', 'b', 'c']) await bus.mailbox.post(address, bytes(body), body)
      await seen.take(2)
      await desk.harness().passTime(1000)
      expect(await seen.take(4)).toEqual(['a', 'b', 'b', 'c'])
      await reader.stop()
      await reader.stop()
      await bus.mailbox.post(address, bytes('d'), 'd')
      const next = new Inbox<string>()
      await bus.mailbox.read(slice, ({ body }) => next.put(text(body) ?? ''))
      expect(await next.take(4)).toEqual(['a', 'b', 'c', 'd'])
      expect(seen.items).toHaveLength(4)
    })

    test('a new reader starts behind the checkpoint of its slice', async () => {
      const { bus, another } = await desk.fresh()
      const slice = { type: 'desk', partition: partitionOf(address.id, bus.partitions) }
      const others = { type: 'clerk', id: 'x' }
      await bus.mailbox.post(others, bytes('kept'), 'm')
      const seqs = []
      for (let i = 0; i < 5; i++) {
        seqs.push((await bus.mailbox.post(address, bytes(`${i}`), `m${i}`)).seq)
      }
      await bus.mailbox.checkpoint(slice, seqs[2] ?? 0)
      await bus.mailbox.checkpoint(slice, seqs[1] ?? 0)
      const rest = new Inbox<string>()
      const second = await another()
      await second.mailbox.read(slice, ({ body }) => rest.put(text(body) ?? ''))
      expect(await rest.take(2)).toEqual(['3', '4'])
      await bus.mailbox.checkpoint(slice, seqs[4] ?? 0)
      // Still a duplicate, although the message is gone.
      expect(await bus.mailbox.post(address, bytes('0'), 'm0')).toMatchObject({ duplicate: true })
      await bus.mailbox.post(address, bytes('5'), 'm5')
      expect(await rest.take(3)).toEqual(['3', '4', '5'])
      const kept = new Inbox<string>()
      const clerk = { type: 'clerk', partition: partitionOf('x', bus.partitions) }
      await second.mailbox.read(clerk, ({ body }) => kept.put(text(body) ?? ''))
      expect(await kept.take(1)).toEqual(['kept'])
    })

    test('takes out one message, and says how many are not yet on their way', async () => {
      const { bus, another } = await desk.fresh()
      const slice = { type: 'desk', partition: partitionOf(address.id, bus.partitions) }
      const seqs = []
      for (let i = 0; i < 4; i++) {
        seqs.push((await bus.mailbox.post(address, bytes(`${i}`), `m${i}`)).seq)
      }
      await bus.mailbox.remove(slice, seqs[1]!)
      await bus.mailbox.remove(slice, seqs[1]!)
      const rest = new Inbox<string>()
      const reading = await (
        await another()
      ).mailbox.read(slice, ({ body }) => {
        rest.put(text(body) ?? '')
      })
      expect(await rest.take(3)).toEqual(['0', '2', '3'])
      expect(await reading.pending()).toBe(0)
    })

    test('takes odd ids and empty bodies, and refuses large ones', async () => {
      const { bus } = await desk.fresh()
      const seen = new Inbox<MailboxMessage>()
      const partitions = Array.from({ length: bus.partitions }, (_, partition) => partition)
      await Promise.all(
        partitions.map((partition) =>
          bus.mailbox.read({ type: 'odd', partition }, (message) => seen.put(message)),
        ),
      )
      for (const id of oddIds) {
        await bus.mailbox.post({ type: 'odd', id }, new Uint8Array(), 'm')
      }
      const messages = await seen.take(oddIds.length)
      expect(messages.map((message) => message.address.id).toSorted()).toEqual(
        [...oddIds].toSorted(),
      )
      expect(messages.every(({ body }) => body.byteLength === 0)).toBe(true)
      const large = new Uint8Array(limits.messageMaxBytes + 1)
      await expect(bus.mailbox.post(address, large, 'large')).rejects.toMatchObject({
        code: 'limit',
      })
      await bus.mailbox.post(address, large.subarray(1), 'largest')
    })
  })
}
