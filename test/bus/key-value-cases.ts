import { describe, expect, test } from 'vitest'
import { bytes, Inbox, text } from './harness.ts'
import type { Desk } from './harness.ts'

const oddKeys = [
  'a key',
  'a.b',
  '*',
  '>',
  'é/😀',
  '=',
  '.',
  '\r\n',
  'k'.repeat(400),
  '😀'.repeat(200),
  // The keys whose escaped form is the longest.
  '😀'.repeat(400),
  '😀.'.repeat(200),
]

export function describeKeyValue(desk: Desk): void {
  describe('key-value', () => {
    test('creates, updates and refuses on the revision', async () => {
      const { bus, another } = await desk.fresh()
      const { keyValue } = bus
      expect(await keyValue.get('b', 'k')).toBeUndefined()
      expect(await keyValue.put('b', 'k', bytes('?'), 4)).toEqual({ kind: 'conflict' })
      const created = await keyValue.put('b', 'k', bytes('1'), 0)
      if (created.kind !== 'written') throw new Error(created.kind)
      expect(await keyValue.put('b', 'k', bytes('2'), 0)).toEqual({ kind: 'conflict' })
      const second = await another()
      const updated = await second.keyValue.put('b', 'k', bytes('2'), created.revision)
      expect(updated.kind).toBe('written')
      const stale = await keyValue.put('b', 'k', bytes('3'), created.revision)
      expect(stale).toEqual({ kind: 'conflict' })
      const free = await keyValue.put('b', 'k', bytes('4'))
      const entry = await second.keyValue.get('b', 'k')
      expect(text(entry?.value)).toBe('4')
      expect(free).toEqual({ kind: 'written', revision: entry?.revision })
    })

    test('forgets, and a forgotten key can be created again', async () => {
      const { keyValue } = (await desk.fresh()).bus
      await keyValue.forget('b', 'k')
      const created = await keyValue.put('b', 'k', bytes('1'), 0)
      if (created.kind !== 'written') throw new Error(created.kind)
      await keyValue.forget('b', 'k')
      await keyValue.forget('b', 'k')
      expect(await keyValue.get('b', 'k')).toBeUndefined()
      expect(await keyValue.keys('b')).toEqual([])
      expect(await keyValue.put('b', 'k', bytes('2'), created.revision)).toEqual({
        kind: 'conflict',
      })
      const again = await keyValue.put('b', 'k', bytes('2'), 0)
      expect(again.kind).toBe('written')
      expect(text((await keyValue.get('b', 'k'))?.value)).toBe('2')
    })

    test('takes odd keys and empty values, and lists by prefix', async () => {
      const { keyValue } = (await desk.fresh()).bus
      for (const key of oddKeys) await keyValue.put('odd', key, new Uint8Array())
      expect(await keyValue.keys('odd')).toEqual([...oddKeys].toSorted())
      expect(await keyValue.keys('odd', 'a')).toEqual(['a key', 'a.b'])
      for (const key of oddKeys) expect((await keyValue.get('odd', key))?.key).toBe(key)
      expect(await keyValue.keys('empty')).toEqual([])
      await expect(keyValue.get('bad bucket', 'k')).rejects.toMatchObject({ code: 'bad-input' })
    })

    test.each([
      ['too long', 'k'.repeat(401), '401 characters: kkk'],
      ['so long that its subject would be', '€.'.repeat(5_000), '10000 characters: €.'],
      ['empty', '', '0 characters'],
      ['no Unicode', 'a\ud800', '2 characters'],
    ])('refuses a key that is %s, and goes on', async (_what, key, message) => {
      const { keyValue } = (await desk.fresh()).bus
      const refused = {
        code: 'bad-input',
        disposition: 'terminal',
        message: expect.stringMatching(`^key: expected 1 to 400 .*${message}`) as string,
      }
      await expect(keyValue.get('b', key)).rejects.toMatchObject(refused)
      await expect(keyValue.put('b', key, bytes('1'))).rejects.toMatchObject(refused)
      await expect(keyValue.put('b', key, bytes('1'), 0)).rejects.toMatchObject(refused)
      await expect(keyValue.forget('b', key)).rejects.toMatchObject(refused)
      expect(await keyValue.keys('b')).toEqual([])
      expect(await keyValue.put('b', 'good', bytes('1'))).toMatchObject({ kind: 'written' })
    })

    test('watches what is there and what changes', async () => {
      const { bus, another } = await desk.fresh()
      const { keyValue } = bus
      await keyValue.put('b', 'host.1', bytes('1'))
      await keyValue.put('b', 'host.2', bytes('2'))
      await keyValue.put('b', 'other', bytes('x'))
      await keyValue.put('b', 'host.gone', bytes('x'))
      await keyValue.forget('b', 'host.gone')
      const seen = new Inbox<string>()
      const second = await another()
      const watch = await second.keyValue.watch('b', 'host.', (key, entry) => {
        seen.put(`${key}=${text(entry?.value) ?? 'gone'}`)
      })
      expect(seen.items.toSorted()).toEqual(['host.1=1', 'host.2=2'])
      await keyValue.put('b', 'host.1', bytes('one'))
      await keyValue.put('b', 'other', bytes('y'))
      await keyValue.forget('b', 'host.2')
      await keyValue.put('b', 'host.3', bytes('3'))
      const changes = ['host.1=one', 'host.2=gone', 'host.3=3']
      expect((await seen.take(5)).slice(2)).toEqual(changes)
      await watch.stop()
      await watch.stop()
      await keyValue.put('b', 'host.4', bytes('4'))
      const later = new Inbox<string>()
      await second.keyValue.watch('b', 'host.4', (key) => later.put(key))
      await later.take(1)
      expect(seen.items).toHaveLength(5)
      const none = await second.keyValue.watch('none', '', () => {})
      await none.stop()
    })
  })
}
