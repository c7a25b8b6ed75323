import { describe, expect, test } from 'vitest'
import { limits } from '../../src/bus/limits.ts'
import { bytes, collect, text } from './harness.ts'
import type { Desk } from './harness.ts'

export function describeJournal(desk: Desk): void {
  describe('journal', () => {
    test('appends at the expected position only (I2)', async () => {
      const { bus, another } = await desk.fresh()
      const address = { type: 'desk', id: 'case.1' }
      expect(await bus.journal.last(address)).toBeUndefined()
      expect(await bus.journal.append(address, bytes('x'), 7)).toEqual({ kind: 'conflict' })
      const first = await bus.journal.append(address, bytes('first'), 0)
      const stale = await another()
      if (first.kind !== 'appended') throw new Error(first.kind)
      expect(await stale.journal.append(address, bytes('y'), 0)).toEqual({ kind: 'conflict' })
      const second = await stale.journal.append(address, bytes('second'), first.seq)
      expect(second.kind).toBe('appended')
      expect(await bus.journal.append(address, bytes('z'), first.seq)).toEqual({ kind: 'conflict' })
      const last = await bus.journal.last(address)
      expect(second).toEqual({ kind: 'appended', seq: last?.seq })
      expect(text(last?.body)).toBe('second')
    })

    test('one of many concurrent writers wins', async () => {
      const { bus, another } = await desk.fresh()
      const address = { type: 'desk', id: 'race' }
      const second = await another()
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 ? bus : second).journal.append(address, bytes(`${i}`), 0),
        ),
      )
      expect(outcomes.filter(({ kind }) => kind === 'appended')).toHaveLength(1)
      expect(outcomes.filter(({ kind }) => kind === 'conflict')).toHaveLength(19)
    })

    test('keeps the history of every address apart, also over many pages', async () => {
      const { bus } = await desk.fresh()
      const [long, short] = [
        { type: 'desk', id: 'long' },
        { type: 'desk', id: 'long.er' },
      ]
      const expected: string[] = []
      let seq = 0
      for (let i = 0; i < 600; i++) {
        const appended = await bus.journal.append(long, bytes(`${i}`), seq)
        if (appended.kind !== 'appended') throw new Error(appended.kind)
        seq = appended.seq
        expected.push(`${i}`)
        if (i === 300) await bus.journal.append(short, bytes('short'), 0)
      }
      const history = await collect(bus.journal.history(long))
      expect(history.map(({ body }) => text(body))).toEqual(expected)
      expect(history.at(-1)?.seq).toBe(seq)
      expect(await collect(bus.journal.history(short))).toHaveLength(1)
      const none = { type: 'desk', id: 'none' }
      expect(await collect(bus.journal.history(none))).toEqual([])
    })

    test('lists addresses of all types and of one', async () => {
      const { bus } = await desk.fresh()
      expect(await collect(bus.journal.addresses())).toEqual([])
      const addresses = [
        { type: 'desk', id: 'a.b>*' },
        { type: 'desk', id: 'ü' },
        { type: 'clerk', id: 'a.b>*' },
      ]
      for (const address of addresses) await bus.journal.append(address, bytes('x'), 0)
      const all = await collect(bus.journal.addresses())
      expect(new Set(all)).toEqual(new Set(addresses))
      expect(await collect(bus.journal.addresses('clerk'))).toEqual([addresses[2]])
    })

    test('refuses records over the limit', async () => {
      const { bus } = await desk.fresh()
      const address = { type: 'desk', id: 'big' }
      const large = new Uint8Array(limits.recordMaxBytes + 1)
      await expect(bus.journal.append(address, large, 0)).rejects.toMatchObject({ code: 'limit' })
      const fits = await bus.journal.append(address, large.subarray(1), 0)
      expect(fits.kind).toBe('appended')
    })
  })
}
