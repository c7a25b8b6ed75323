import { describe, expect, test } from 'vitest'
import { AshlarError } from '../../src/contracts/error.ts'
import { bytes, Inbox, text } from './harness.ts'
import type { Desk } from './harness.ts'

export function describeWire(desk: Desk): void {
  describe('wire', () => {
    test('announces to listeners of the topic, with wildcards', async () => {
      const { bus, another } = await desk.fresh()
      const second = await another()
      const exact = new Inbox<string>()
      const wild = new Inbox<string>()
      const one = new Inbox<string>()
      const listener = await second.wire.listen(['a', 'b.*'], (body, topic) =>
        exact.put(`${text(body)} ${topic.join('|')}`),
      )
      await second.wire.listen(['a', '>'], (_, topic) => wild.put(topic.join('|')))
      await second.wire.listen(['*', 'b.*'], (_, topic) => one.put(topic.join('|')))
      bus.wire.announce(['a', 'b.*'], bytes('1'))
      bus.wire.announce(['a', 'b.*', 'c'], bytes('2'))
      bus.wire.announce(['a'], bytes('3'))
      bus.wire.announce(['é', 'b.*'], bytes('4'))
      bus.wire.announce(['a', ''], bytes('5'))
      expect(await wild.take(3)).toEqual(['a|b.*', 'a|b.*|c', 'a|'])
      expect(await one.take(2)).toEqual(['a|b.*', 'é|b.*'])
      expect(exact.items).toEqual(['1 a|b.*'])
      await listener.stop()
      await listener.stop()
      bus.wire.announce(['a', 'b.*'], bytes('6'))
      await wild.take(4)
      expect(exact.items).toHaveLength(1)
    })

    test('asks one of those who serve', async () => {
      const { bus, another } = await desk.fresh()
      const answered = new Inbox<number>()
      const servers = []
      for (const [index, server] of [await another(), await another()].entries()) {
        const running = await server.wire.serve('shout é', async (body) => {
          answered.put(index)
          return bytes((text(body) ?? '').toUpperCase())
        })
        servers.push(running)
      }
      const ask = async (): Promise<string | undefined> =>
        text(await bus.wire.ask('shout é', bytes('hey'), 5_000))
      expect(await Promise.all([ask(), ask(), ask()])).toEqual(['HEY', 'HEY', 'HEY'])
      expect(answered.items).toHaveLength(3)
      await servers[0]?.stop()
      await servers[0]?.stop()
      expect(await ask()).toBe('HEY')
      await servers[1]?.stop()
      await expect(ask()).rejects.toMatchObject({ code: 'no-responder', disposition: 'retryable' })
    })

    test('a throw becomes an error answer, silence a time-out', async () => {
      const { bus } = await desk.fresh()
      const asked = new Inbox<string>()
      await bus.wire.serve('fails', async (body) => {
        if (text(body) === 'typed') {
          throw new AshlarError('busy', 'later', { disposition: 'paused' })
        }
        throw new Error('plain')
      })
      await bus.wire.serve('silent', () => {
        asked.put('silent')
        return new Promise(() => {})
      })
      await expect(bus.wire.ask('fails', bytes('typed'), 5_000)).rejects.toMatchObject({
        code: 'busy',
        message: 'later',
        disposition: 'paused',
      })
      await expect(bus.wire.ask('fails', bytes('?'), 5_000)).rejects.toMatchObject({
        message: 'plain',
      })
      const silent = bus.wire.ask('silent', bytes(''), 200)
      silent.catch(() => {})
      await asked.take(1)
      await desk.harness().passTime(200)
      await expect(silent).rejects.toMatchObject({ code: 'unavailable' })
    })
  })
}
