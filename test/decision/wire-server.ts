import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sendStream } from './wire-stream.ts'

export type Api = 'responses' | 'chat' | 'decisions'

/** One request as the server saw it. */
export interface Asked {
  readonly api: Api
  readonly body: Record<string, unknown>
  /** Settles when the client has gone away before the answer. */
  readonly gone: Promise<void>
}

/** What the server does with a request. */
export type Reply =
  | {
      readonly kind: 'answer'
      readonly text?: string
      readonly call?: { readonly name: string; readonly arguments: string }
      readonly refusal?: string
      readonly stopped?: 'length' | 'content_filter'
      readonly tokens?: readonly (readonly [token: string, probability: number])[]
    }
  | {
      readonly kind: 'error'
      readonly status: number
      readonly message: string
      readonly code?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** Anything, as it is. */
  | { readonly kind: 'raw'; readonly body: string }
  /** The connection breaks in the middle of the answer. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'silence' }

export interface WireServer {
  readonly baseURL: string
  readonly asked: readonly Asked[]
  close(): Promise<void>
}

const paths: Record<string, Api> = {
  '/v1/responses': 'responses',
  '/v1/chat/completions': 'chat',
  '/v1/decisions': 'decisions',
}
export const model = 'gpt-wire-1'
export const usage = { inputTokens: 21, outputTokens: 8 }

function listModels(response: ServerResponse, models: readonly string[]): void {
  const data = models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'test' }))
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ object: 'list', data }))
}

/** A server of OpenAI's wire protocol whose answers the test decides, request by request. */
export async function startWireServer(
  reply: (asked: Asked, count: number) => Reply,
  has: readonly Api[] = ['responses', 'chat', 'decisions'],
  models: readonly string[] = [model],
): Promise<WireServer> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    if (request.url === '/v1/models') return listModels(response, models)
    void read(request).then((body) => {
      const api = paths[request.url ?? '']
      if (!api || !has.includes(api)) {
        return fail(response, { status: 404, message: `Invalid URL (POST ${request.url})` })
      }
      const gone = new Promise<void>((resolve) => response.on('close', resolve))
      const one = { api, body, gone }
      asked.push(one)
      send(response, one, reply(one, asked.length))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    asked,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

async function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return JSON.parse(text) as Record<string, unknown>
}

function send(response: ServerResponse, { api, body }: Asked, reply: Reply): void {
  const isStream = body['stream'] === true
  switch (reply.kind) {
    case 'answer': {
      const whole = api === 'chat' ? chat(reply) : responses(reply)
      if (isStream) return sendStream(response, api, whole)
      return json(response, 200, JSON.stringify(whole))
    }
    case 'error':
      return fail(response, reply)
    case 'raw':
      return json(response, 200, reply.body)
    case 'reset':
      if (isStream) return sendStream(response, api, broken(api), 4)
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"id":', () => response.socket?.resetAndDestroy())
      return
    case 'silence':
      return
  }
}

function json(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body)
}

function fail(
  response: ServerResponse,
  { status, message, code, headers }: Omit<Extract<Reply, { kind: 'error' }>, 'kind'>,
): void {
  const error = { message, type: 'wire_error', param: null, code: code ?? null }
  json(response, status, JSON.stringify({ error }), headers)
}

type AnswerReply = Extract<Reply, { kind: 'answer' }>

/** What a stream that breaks would have said. */
function broken(api: Api): Record<string, unknown> {
  const reply = { kind: 'answer', text: '{"choice":{"type":"WAIT"}}' } as const
  return api === 'chat' ? chat(reply) : responses(reply)
}

function chat({ text, call, refusal, stopped, tokens }: AnswerReply): Record<string, unknown> {
  const toolCalls = call ? { tool_calls: [{ id: 'call_1', type: 'function', function: call }] } : {}
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model,
    choices: [
      {
        index: 0,
        finish_reason: stopped ?? (call ? 'tool_calls' : 'stop'),
        message: {
          role: 'assistant',
          content: text ?? null,
          refusal: refusal ?? null,
          ...toolCalls,
        },
        logprobs: tokens ? { content: logprobs(tokens), refusal: null } : null,
      },
    ],
    usage: {
      prompt_tokens: usage.inputTokens,
      completion_tokens: usage.outputTokens,
      total_tokens: usage.inputTokens + usage.outputTokens,
    },
  }
}

function responses({ text, call, refusal, stopped, tokens }: AnswerReply): Record<string, unknown> {
  const part =
    refusal === undefined
      ? { type: 'output_text', text, annotations: [], logprobs: tokens ? logprobs(tokens) : [] }
      : { type: 'refusal', refusal }
  const isSaid = refusal !== undefined || text !== undefined
  const status = stopped ? 'incomplete' : 'completed'
  const message = { id: 'msg_1', type: 'message', role: 'assistant', status, content: [part] }
  const called = { id: 'fc_1', type: 'function_call', call_id: 'call_1', status, ...call }
  const reasons = { length: 'max_output_tokens', content_filter: 'content_filter' }
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_000,
    model,
    status,
    error: null,
    incomplete_details: stopped ? { reason: reasons[stopped] } : null,
    output: [...(isSaid ? [message] : []), ...(call ? [called] : [])],
    usage: {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      total_tokens: usage.inputTokens + usage.outputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
    },
  }
}

function logprobs(tokens: readonly (readonly [string, number])[]): object[] {
  return tokens.map(([token, probability]) => ({
    token,
    logprob: Math.log(probability),
    bytes: [...Buffer.from(token)],
    top_logprobs: [],
  }))
}
