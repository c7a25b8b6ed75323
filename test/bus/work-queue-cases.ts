import { describe, expect, test } from 'vitest'
import type { WorkItem } from '../../src/bus/work-queue.ts'
import { bytes, Inbox, text } from './harness.ts'
import type { Desk } from './harness.ts'

const queue = { kind: 'tool', name: 'look.up é' } as const
const done = { kind: 'done' } as const

export function describeWorkQueue(desk: Desk): void {
  describe('work queue', () => {
    test('delivers every item once to one of the workers, and dedupes ids', async () => {
      const { bus, another } = await desk.fresh()
      const second = await another()
      const taken = new Inbox<WorkItem>()
      for (const worker of [bus, second]) {
        await worker.work.consume(queue, { concurrency: 3, ackWaitMs: 60_000 }, async (item) => {
          taken.put(item)
          return done
        })
      }
      for (let i = 0; i < 30; i++) {
        const submitted = await bus.work.submit(queue, bytes(`body ${i}`), `id ${i}`)
        expect(submitted).toEqual({ kind: 'submitted', duplicate: false })
      }
      const again = await second.work.submit(queue, bytes('body 3'), 'id 3')
      expect(again).toEqual({ kind: 'submitted', duplicate: true })
      await bus.work.submit(queue, bytes('last'), 'last')
      const items = await taken.take(31)
      expect(new Set(items.map(({ id }) => id)).size).toBe(31)
      expect(items.every(({ attempt }) => attempt === 1)).toBe(true)
      expect(text(items.find(({ id }) => id === 'id 7')?.body)).toBe('body 7')
    })

    test('queues of different kinds and names are apart', async () => {
      const { bus } = await desk.fresh()
      const names = [queue, { kind: 'decision', name: queue.name }, { kind: 'tool', name: 'x' }]
      const taken = new Inbox<string>()
      for (const name of names as (typeof queue)[]) {
        await bus.work.submit(name, bytes(''), 'same')
        await bus.work.consume(name, { concurrency: 1, ackWaitMs: 60_000 }, async () => {
          taken.put(`${name.kind} ${name.name}`)
          return done
        })
      }
      const expected = names.map(({ kind, name }) => `${kind} ${name}`)
      expect(new Set(await taken.take(3))).toEqual(new Set(expected))
    })

    test('holds at most `concurrency` items, and the rest goes to others', async () => {
      const { bus, another } = await desk.fresh()
      const slow = new Inbox<string>()
      const fast = new Inbox<string>()
      let release = (): void => {}
      const released = new Promise<void>((resolve) => (release = resolve))
      const options = { concurrency: 2, ackWaitMs: 60_000 }
      await bus.work.consume(queue, options, async ({ id }) => {
        slow.put(id)
        await released
        return done
      })
      for (let i = 0; i < 6; i++) await bus.work.submit(queue, bytes(''), `${i}`)
      await slow.take(2)
      await (
        await another()
      ).work.consume(queue, options, async ({ id }) => {
        fast.put(id)
        return done
      })
      await fast.take(4)
      expect(slow.items).toHaveLength(2)
      release()
    })

    test('again delivers once more, dead and done do not, a throw counts as again', async () => {
      const { bus } = await desk.fresh()
      const seen = new Inbox<string>()
      const options = { concurrency: 1, ackWaitMs: 600 }
      const worker = await bus.work.consume(queue, options, async ({ id, attempt }) => {
        seen.put(`${id} ${attempt}`)
        if (id === 'dead') return { kind: 'dead' }
        if (id === 'again' && attempt < 3) return { kind: 'again', afterMs: 0 }
        if (id === 'throws' && attempt < 2) throw new Error('broken')
        return done
      })
      for (const id of ['dead', 'again', 'throws']) await bus.work.submit(queue, bytes(''), id)
      await seen.take(5)
      await desk.harness().passTime(600)
      const all = await seen.take(6)
      expect(all.toSorted()).toEqual(
        ['again 1', 'again 2', 'again 3', 'dead 1', 'throws 1', 'throws 2'].toSorted(),
      )
      await worker.stop()
      await worker.stop()
    })

    test('gives the items of a crashed worker to another after the ack wait', async () => {
      const { bus, another } = await desk.fresh()
      const doomed = await another()
      const lost = new Inbox<string>()
      const options = { concurrency: 2, ackWaitMs: 600 }
      await doomed.work.consume(queue, options, ({ id }) => {
        lost.put(id)
        return new Promise(() => {})
      })
      await bus.work.submit(queue, bytes('x'), 'x')
      await bus.work.submit(queue, bytes('y'), 'y')
      await lost.take(2)
      await desk.harness().crash(doomed)
      const rescued = new Inbox<WorkItem>()
      await bus.work.consume(queue, options, async (item) => {
        rescued.put(item)
        return done
      })
      await desk.harness().passTime(600)
      const items = await rescued.take(2)
      expect(items.map(({ id }) => id).toSorted()).toEqual(['x', 'y'])
      expect(items.every(({ attempt }) => attempt === 2)).toBe(true)
    })

    test('keeps an item from others while its handler runs past the ack wait', async () => {
      const { bus, another } = await desk.fresh()
      const attempts = new Inbox<number>()
      const options = { concurrency: 1, ackWaitMs: 600 }
      const marker = { kind: 'tool', name: 'marker' } as const
      let finish = (): void => {}
      const finished = new Promise<void>((resolve) => (finish = resolve))
      for (const worker of [bus, await another()]) {
        await worker.work.consume(queue, options, async ({ attempt }) => {
          attempts.put(attempt)
          await finished
          return done
        })
      }
      await bus.work.submit(queue, bytes(''), 'long')
      await attempts.take(1)
      // An item that comes back after three ack waits is the signal that this time has passed.
      await bus.work.submit(marker, bytes(''), 'm')
      const passed = new Inbox<number>()
      await bus.work.consume(marker, options, async ({ attempt }) => {
        passed.put(attempt)
        return attempt === 1 ? { kind: 'again', afterMs: 1_800 } : done
      })
      await passed.take(1)
      await desk.harness().passTime(1_800)
      await passed.take(2)
      expect(attempts.items).toEqual([1])
      finish()
    })

    test('is full at its bound and takes items again when some are done', async () => {
      const { bus } = await desk.fresh()
      const { queueMaxItems } = desk.harness()
      for (let i = 0; i < queueMaxItems; i++) {
        expect((await bus.work.submit(queue, bytes(''), `${i}`)).kind).toBe('submitted')
      }
      expect(await bus.work.submit(queue, bytes(''), 'more')).toEqual({ kind: 'full' })
      expect(await bus.work.submit(queue, bytes(''), '0')).toMatchObject({ duplicate: true })
      const other = { kind: 'tool', name: 'other' } as const
      expect((await bus.work.submit(other, bytes(''), 'o')).kind).toBe('submitted')
      const drained = new Inbox<string>()
      const options = { concurrency: queueMaxItems, ackWaitMs: 60_000 }
      const worker = await bus.work.consume(queue, options, async ({ id }) => {
        drained.put(id)
        return done
      })
      await drained.take(queueMaxItems)
      await worker.stop()
      // Nobody waits for acks, so the broker may still be at them.
      while ((await bus.work.submit(queue, bytes(''), 'more')).kind === 'full');
      expect(await bus.work.submit(queue, bytes(''), 'more')).toMatchObject({ duplicate: true })
    })
  })
}
