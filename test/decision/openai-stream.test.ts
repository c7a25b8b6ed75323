import { afterEach, describe, expect, test } from 'vitest'
import type { Question } from '../../src/contracts/decision.ts'
import { ask, chosen, closeServers, failure, said, serve, served } from './model-desk.ts'
import type { Api, Reply } from './wire-server.ts'

afterEach(closeServers)

describe.each<Api>(['responses', 'chat'])(
  'a text that is told while it is produced, over %s',
  (api) => {
    const text = 'Which flight do you mean, HAT001 or “HAT002”?'
    const listening = (): { told: string[]; stream: NonNullable<Question['stream']> } => {
      const told: string[] = []
      return { told, stream: { member: 'text', tell: (piece) => void told.push(piece) } }
    }
    const option = { type: 'ask.user', text }

    test('comes in pieces, and the answer is the same', async () => {
      const server = await serve(said(option))
      const { told, stream } = listening()
      expect(await ask(server, { api }, { stream })).toEqual({ kind: 'chosen', option, ...served })
      expect(told.length).toBeGreaterThan(3)
      expect(told.join('')).toBe(text)
      expect(server.asked[0]!.body).toMatchObject({ stream: true })
    })

    test('comes from the arguments of a tool as well', async () => {
      const call = { name: 'ask_user', arguments: JSON.stringify({ text }) }
      const server = await serve({ kind: 'answer', call })
      const { told, stream } = listening()
      const answer = await ask(server, { api, style: 'tools' }, { stream })
      expect(answer).toEqual({ kind: 'chosen', option, ...served })
      expect(told.join('')).toBe(text)
    })

    test('is not told where the option has none', async () => {
      const server = await serve(said(chosen))
      const { told, stream } = listening()
      expect(await ask(server, { api }, { stream })).toMatchObject({
        kind: 'chosen',
        option: chosen,
      })
      expect(told).toEqual([])
    })

    const others: [string, Reply, object][] = [
      [
        'a refusal',
        { kind: 'answer', refusal: 'I cannot help.' },
        { kind: 'refused', reason: 'I cannot help.' },
      ],
      [
        'what is cut off',
        { kind: 'answer', text: '{"ch', stopped: 'length' },
        { kind: 'malformed' },
      ],
      ['no JSON', { kind: 'answer', text: 'Hello!' }, { kind: 'malformed' }],
      [
        'a limit',
        failure(429, { 'retry-after': '7' }),
        { kind: 'unavailable', retryAfterMs: 7_000 },
      ],
      ['a stream that breaks', { kind: 'reset' }, { kind: 'unavailable' }],
    ]
    test.each(others)('%s is what it is without', async (_, reply, answer) => {
      const server = await serve(reply)
      expect(await ask(server, { api }, { stream: listening().stream })).toMatchObject(answer)
      expect(server.asked).toHaveLength(1)
    })

    test('keeps the probability of the choice', async () => {
      const tokens = [['{"choice":{"type":"WAIT"}}', 0.5]] as const
      const server = await serve({ kind: 'answer', text: tokens[0][0], tokens })
      const answer = await ask(server, { api, confidence: true }, { stream: listening().stream })
      expect(answer).toMatchObject({ kind: 'chosen', confidence: 0.5 })
    })

    test('ends when the question is given up', async () => {
      const server = await serve({ kind: 'silence' })
      const giveUp = new AbortController()
      const asking = ask(server, { api }, { signal: giveUp.signal, stream: listening().stream })
      const refused = expect(asking).rejects.toThrow('left')
      while (server.asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
      giveUp.abort(new Error('the state was left'))
      await refused
      await server.asked[0]!.gone
    })
  },
)
