import { afterEach, describe, expect, test } from 'vitest'
import { ask, closeServers, failure, said, serve } from './model-desk.ts'
import type { Reply } from './wire-server.ts'
import { model, usage } from './wire-server.ts'

afterEach(closeServers)

function judged(answer: object): Reply {
  const { inputTokens, outputTokens } = usage
  const answers = [{ name: 'move', ...answer }]
  const body = {
    answers,
    model,
    usage: { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: 29 },
  }
  return { kind: 'raw', body: JSON.stringify(body) }
}

const api = 'decisions'
const choice = (value: string): Reply =>
  judged({
    type: 'choice',
    choice: value,
    confidence: 0.75,
    probabilities: [{ value, probability: 0.75 }],
  })

describe('openai over the Decisions API', () => {
  test('asks which of the offered options, and takes its confidence', async () => {
    const server = await serve(choice('WAIT'))
    expect(await ask(server, { api }, { offered: ['BOOK', 'WAIT'] })).toEqual({
      kind: 'chosen',
      option: { type: 'WAIT' },
      confidence: 0.75,
      model,
      usage,
      cost: { tokens: 29, nanoUsd: 0 },
    })
    expect(server.asked).toHaveLength(1)
    expect(server.asked[0]!.body).toMatchObject({
      questions: [{ type: 'choice', choices: [{ value: 'BOOK' }, { value: 'WAIT' }] }],
    })
  })

  test('asks for the rest of an option that needs more, and counts both', async () => {
    const option = { type: 'BOOK', flight: 'HAT001' }
    const server = await serve([choice('BOOK'), said(option)])
    expect(await ask(server, { api })).toEqual({
      kind: 'chosen',
      option,
      confidence: 0.75,
      model,
      usage: { inputTokens: 42, outputTokens: 16 },
      cost: { tokens: 58, nanoUsd: 0 },
    })
    expect(server.asked.map((asked) => asked.api)).toEqual(['decisions', 'responses'])
    const sent = JSON.stringify(server.asked[1]!.body)
    expect(sent).toContain('"const":"BOOK"')
    expect(sent).not.toContain('"const":"WAIT"')
  })

  test('has nothing to ask where one option is offered', async () => {
    const server = await serve(said({ type: 'WAIT' }))
    const answer = await ask(server, { api }, { offered: ['WAIT'] })
    expect(answer).toMatchObject({ kind: 'chosen', option: { type: 'WAIT' } })
    expect(server.asked.map((asked) => asked.api)).toEqual(['responses'])
  })

  const others: [string, Reply, object][] = [
    ['a refusal', judged({ type: 'refusal' }), { kind: 'refused' }],
    ['an answer to something else', judged({ type: 'score', score: 1 }), { kind: 'malformed' }],
    ['a limit', failure(429, { 'retry-after': '7' }), { kind: 'unavailable', retryAfterMs: 7_000 }],
  ]
  test.each(others)('%s is what it is elsewhere', async (_, reply, answer) => {
    expect(await ask(await serve(reply), { api })).toMatchObject(answer)
  })

  test('an option that was not offered is left to the contract', async () => {
    const answer = await ask(await serve(choice('FLY')), { api })
    expect(answer).toMatchObject({ kind: 'chosen', option: { type: 'FLY' } })
  })

  test('a server without it is recognised', async () => {
    const server = await serve(said({ type: 'WAIT' }), ['responses'])
    const answer = await ask(server, { api })
    expect(answer).toMatchObject({ kind: 'abstained' })
    expect((answer as { reason: string }).reason).toContain('no Decisions API')
  })
})
