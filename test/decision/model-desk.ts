import OpenAI from 'openai'
import * as z from 'zod'
import type { Answer, Question } from '../../src/contracts/decision.ts'
import type { OpenAISettings } from '../../src/decision/openai.ts'
import { openai } from '../../src/decision/openai.ts'
import type { Api, Reply, WireServer } from './wire-server.ts'
import { model, startWireServer, usage } from './wire-server.ts'

export const options = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('BOOK'),
    flight: z.string().min(3).describe('its number'),
    bags: z.int().min(0).optional(),
  }),
  z.object({ type: z.literal('ask.user'), text: z.string() }),
  z.object({ type: z.literal('WAIT') }),
])
export const served = { model, usage, cost: { tokens: 29, nanoUsd: 0 } }
export const free = { tokens: 0, nanoUsd: 0 }
export const chosen = { type: 'BOOK', flight: 'HAT001' }

const servers: WireServer[] = []
/** To be called after each test. */
export function closeServers(): Promise<unknown> {
  return Promise.all(servers.splice(0).map((server) => server.close()))
}

export async function serve(
  reply: Reply | readonly Reply[],
  has?: readonly Api[],
): Promise<WireServer> {
  const replies = Array.isArray(reply) ? (reply as readonly Reply[]) : [reply as Reply]
  const server = await startWireServer((_, count) => replies[count - 1] ?? replies.at(-1)!, has)
  servers.push(server)
  return server
}

function clientOf({ baseURL }: { baseURL: string }): OpenAI {
  return new OpenAI({ apiKey: 'sk-test', baseURL, timeout: 20_000 })
}

export async function ask(
  server: { baseURL: string },
  settings: Partial<OpenAISettings> = {},
  over: Partial<Question> = {},
): Promise<Answer> {
  const decider = openai({ client: clientOf(server), model: 'gpt-asked', ...settings })
  return decider.decide({
    decision: 'next',
    input: {},
    options,
    offered: ['BOOK', 'ask.user', 'WAIT'],
    prompt: 'What now?',
    complaints: [],
    signal: new AbortController().signal,
    ...over,
  })
}

export function said(text: unknown): Reply {
  return { kind: 'answer', text: JSON.stringify({ choice: text }) }
}

export function failure(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  code?: string,
): Reply {
  const message = 'no, said the server'
  return { kind: 'error', status, message, headers, ...(code === undefined ? {} : { code }) }
}
