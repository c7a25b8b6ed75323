import OpenAI from 'openai'
import { afterEach, describe, expect, test } from 'vitest'
import { openai } from '../../src/decision/openai.ts'
import {
  ask,
  chosen,
  closeServers,
  failure,
  free,
  options,
  said,
  serve,
  served,
} from './model-desk.ts'
import type { Api, Reply } from './wire-server.ts'

afterEach(closeServers)

describe.each<Api>(['responses', 'chat'])('openai over %s', (api) => {
  test('asks for the offered options only, strictly, and storing nothing', async () => {
    const server = await serve(said(chosen))
    await ask(server, { api, temperature: 0, maxOutputTokens: 300 }, { offered: ['BOOK', 'WAIT'] })
    const { body } = server.asked[0]!
    expect(body).toMatchObject({ model: 'gpt-asked', temperature: 0 })
    expect(body).toMatchObject(
      api === 'chat' ? { max_completion_tokens: 300 } : { max_output_tokens: 300, store: false },
    )
    const format =
      api === 'chat'
        ? (body['response_format'] as { json_schema: object }).json_schema
        : (body['text'] as { format: object }).format
    expect(format).toMatchObject({ strict: true })
    const choice = (format as { schema: { properties: { choice: { anyOf: unknown[] } } } }).schema
      .properties.choice.anyOf
    expect(choice).toEqual([
      {
        type: 'object',
        properties: {
          type: { type: 'string', const: 'BOOK' },
          flight: { type: 'string', description: 'its number' },
          bags: {
            anyOf: [
              { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
              { type: 'null' },
            ],
          },
        },
        required: ['type', 'flight', 'bags'],
        additionalProperties: false,
      },
      {
        type: 'object',
        properties: { type: { type: 'string', const: 'WAIT' } },
        required: ['type'],
        additionalProperties: false,
      },
    ])
    expect(JSON.stringify(body)).toContain('What now?')
  })

  test('returns the choice with model and usage, without the nulls of strictness', async () => {
    const server = await serve(said({ ...chosen, bags: null }))
    expect(await ask(server, { api })).toEqual({ kind: 'chosen', option: chosen, ...served })
  })

  test('tells the model what was wrong with its earlier answers, oldest first', async () => {
    const server = await serve(said(chosen))
    await ask(server, { api }, { complaints: ['no such flight', 'too many bags'] })
    const { body } = server.asked[0]!
    const messages = (api === 'chat' ? body['messages'] : body['input']) as { content: string }[]
    expect(messages.slice(-3).map(({ content }) => content)).toEqual([
      'What now?',
      'Your answer was not accepted: no such flight. Choose again.',
      'Your answer was not accepted: too many bags. Choose again.',
    ])
  })

  test('offers the options as tools where the server knows only those', async () => {
    const call = { name: 'ask_user', arguments: '{"text":"Which flight?"}' }
    const server = await serve({ kind: 'answer', call })
    const answer = await ask(server, { api, style: 'tools' })
    const option = { type: 'ask.user', text: 'Which flight?' }
    expect(answer).toEqual({ kind: 'chosen', option, ...served })
    const { body } = server.asked[0]!
    expect(body).toMatchObject({ tool_choice: 'required', parallel_tool_calls: false })
    const tools = body['tools'] as { name?: string; function?: { name: string } }[]
    expect(tools.map((tool) => tool.name ?? tool.function?.name)).toEqual([
      'BOOK',
      'ask_user',
      'WAIT',
    ])
  })

  test('reports how probable the choice was, when asked to', async () => {
    const tokens = [
      ['{"choice":{"', 1],
      ['type', 1],
      ['":', 1],
      ['"BO', 0.5],
      ['OK"', 0.9],
      [',"flight":"HAT001"}}', 0.1],
    ] as const
    const text = tokens.map(([token]) => token).join('')
    const server = await serve({ kind: 'answer', text, tokens })
    const answer = await ask(server, { api, confidence: true })
    expect(answer).toMatchObject({ kind: 'chosen', option: chosen })
    expect((answer as { confidence: number }).confidence).toBeCloseTo(0.45, 10)
    expect(server.asked[0]!.body).toMatchObject(
      api === 'chat' ? { logprobs: true } : { include: ['message.output_text.logprobs'] },
    )
  })

  describe('takes as malformed', () => {
    const cases: [string, Reply, string][] = [
      ['no JSON', { kind: 'answer', text: 'I would book.' }, 'it was no JSON'],
      ['an empty text', { kind: 'answer', text: ' ' }, 'it was empty'],
      ['nothing at all', { kind: 'answer' }, 'it was empty'],
      [
        'what was cut off',
        { kind: 'answer', text: '{"choice":{"ty', stopped: 'length' },
        'it was cut off at the bound of output tokens; be shorter',
      ],
    ]
    test.each(cases)('%s', async (_, reply, complaint) => {
      const server = await serve(reply)
      expect(await ask(server, { api })).toEqual({ kind: 'malformed', complaint, ...served })
    })

    test('arguments of a tool that are no JSON', async () => {
      const server = await serve({ kind: 'answer', call: { name: 'WAIT', arguments: '{"a' } })
      expect(await ask(server, { api, style: 'tools' })).toMatchObject({
        kind: 'malformed',
        complaint: 'the arguments of WAIT are no JSON object',
      })
    })

    test('text where a tool was to be called', async () => {
      const server = await serve({ kind: 'answer', text: 'I would wait.' })
      const answer = await ask(server, { api, style: 'tools' })
      expect(answer).toMatchObject({ kind: 'malformed', complaint: 'it was empty' })
    })
  })

  describe('takes as refused', () => {
    const cases: [string, Reply, string][] = [
      ['a refusal', { kind: 'answer', refusal: 'I cannot help.' }, 'I cannot help.'],
      [
        'what a filter stopped',
        { kind: 'answer', text: '{', stopped: 'content_filter' },
        'a content filter stopped it',
      ],
    ]
    test.each(cases)('%s', async (_, reply, reason) => {
      const server = await serve(reply)
      expect(await ask(server, { api })).toEqual({ kind: 'refused', reason, ...served })
    })
  })

  describe('takes as not available now', () => {
    const cases: [string, Reply, number | undefined][] = [
      ['a limit', failure(429, { 'retry-after': '7' }), 7_000],
      ['a limit in ms', failure(429, { 'retry-after-ms': '120', 'retry-after': '1' }), 120],
      [
        'a limit with a date',
        failure(429, {
          date: 'Mon, 23 Nov 2026 10:00:00 GMT',
          'retry-after': 'Mon, 23 Nov 2026 10:00:09 GMT',
        }),
        9_000,
      ],
      ['an error of the server', failure(500), undefined],
      ['an overloaded server', failure(503, { 'retry-after': 'soon' }), undefined],
    ]
    test.each(cases)('%s', async (_, reply, retryAfterMs) => {
      const server = await serve(reply)
      expect(await ask(server, { api })).toEqual({
        kind: 'unavailable',
        reason: expect.stringContaining('said the server') as string,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        cost: free,
      })
      // The client has a retry of its own, which would hide what the statechart is to decide.
      expect(server.asked).toHaveLength(1)
    })

    test('a connection that breaks in the middle of the answer, at an unknown cost', async () => {
      const server = await serve({ kind: 'reset' })
      const answer = await ask(server, { api })
      expect(answer).toMatchObject({ kind: 'unavailable' })
      expect(answer).not.toHaveProperty('cost')
    })

    test.each([502, 504])(
      'a gateway that lost the answer (%i), at an unknown cost',
      async (status) => {
        const answer = await ask(await serve(failure(status)), { api })
        expect(answer).toMatchObject({ kind: 'unavailable' })
        expect(answer).not.toHaveProperty('cost')
      },
    )

    test('a server that is not there', async () => {
      const server = await serve({ kind: 'silence' })
      await server.close()
      const answer = await ask(server, { api })
      expect(answer).toMatchObject({ kind: 'unavailable' })
      expect((answer as { reason: string }).reason).toContain(server.baseURL)
    })
  })

  describe('passes the decision on, saying what to change, for', () => {
    const cases: [string, Reply, string][] = [
      ['a wrong key', failure(401), 'check the key'],
      ['a model that is not there', failure(404), 'check the model'],
      ['a quota that is used up', failure(429, {}, 'insufficient_quota'), 'the quota is used up'],
      ['a request it does not understand', failure(400), 'said the server'],
      [
        'a server without structured outputs',
        { kind: 'error', status: 400, message: 'json_schema is not supported' },
        "style: 'tools'",
      ],
    ]
    test.each(cases)('%s', async (_, reply, reason) => {
      const server = await serve(reply)
      const answer = await ask(server, { api })
      expect(answer).toMatchObject({ kind: 'abstained' })
      expect((answer as { reason: string }).reason).toContain(reason)
    })
  })

  test('what is no answer of the protocol is no answer', async () => {
    const server = await serve({ kind: 'raw', body: '{"hello":1}' })
    expect(['malformed', 'unavailable']).toContain((await ask(server, { api })).kind)
  })

  test('a question that is given up hangs up', async () => {
    const server = await serve({ kind: 'silence' })
    const giveUp = new AbortController()
    const asking = ask(server, { api }, { signal: giveUp.signal })
    const refused = expect(asking).rejects.toThrow('left')
    while (server.asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
    giveUp.abort(new Error('the state was left'))
    await refused
    await server.asked[0]!.gone
  })
})

describe('the cost', () => {
  const prices = { 'gpt-asked': { input: 0.15, output: 0.6 } }
  const client = new OpenAI({ apiKey: 'sk-test', baseURL: 'http://127.0.0.1:1/v1' })
  const question = {
    decision: 'next',
    input: {},
    options,
    offered: ['BOOK', 'WAIT'],
    prompt: 'What now?',
    complaints: [],
  }

  test('of an answer follows the price table', async () => {
    const server = await serve(said(chosen))
    // 21 and 8 tokens at 150 and 600 billionths of a dollar.
    expect(await ask(server, { prices })).toMatchObject({ cost: { tokens: 29, nanoUsd: 7_950 } })
  })

  test('is estimated at no less than all that is sent and may come back', () => {
    const decider = openai({ client, model: 'gpt-asked', prices, maxOutputTokens: 500 })
    const small = decider.estimate!(question)
    expect(small.tokens).toBeGreaterThan(500 + 'What now?'.length)
    expect(small.nanoUsd).toBe((small.tokens - 500) * 150 + 500 * 600)
    const longer = { ...question, prompt: 'é'.repeat(1_000), complaints: ['x'.repeat(100)] }
    expect(decider.estimate!(longer).tokens).toBeGreaterThan(small.tokens + 2_000)
    const more = { ...question, offered: ['BOOK', 'ask.user', 'WAIT'] }
    expect(decider.estimate!(more).tokens).toBeGreaterThan(small.tokens)
  })

  test('cannot be counted for a model that the table does not have', () => {
    expect(() => openai({ client, model: 'gpt-other', prices })).toThrow(
      'prices: gpt-other: expected the price of the model that is asked, got gpt-asked; ' +
        'add it in USD per million tokens, for example { input: 0.15, output: 0.6 }',
    )
    const negative = { 'gpt-asked': { input: -1, output: 0 } }
    expect(() => openai({ client, model: 'gpt-asked', prices: negative })).toThrow(
      'gpt-asked: input',
    )
  })
})

test('a server without the Responses API is recognised', async () => {
  const server = await serve(said(chosen), ['chat'])
  const answer = await ask(server)
  expect(answer).toMatchObject({ kind: 'abstained' })
  expect((answer as { reason: string }).reason).toContain("set `api: 'chat'`")
  expect(await ask(server, { api: 'chat' })).toMatchObject({ kind: 'chosen', option: chosen })
})
