import type OpenAI from 'openai'
import type { ModelRequest } from './openai.ts'
import type { Reading } from './openai-reading.ts'
import { functionsOf, wrapped } from './openai-wire.ts'

type Response = OpenAI.Responses.Response

/** Asks over the Responses API. Nothing is stored at the server. */
export async function askResponses(request: ModelRequest): Promise<Reading> {
  const { settings, schema, signal, onPiece } = request
  const { client, style } = settings
  const tools = style === 'tools' ? functionsOf(schema) : undefined
  const body = bodyOf(request, tools)
  if (!onPiece) return readingOf(await client.responses.create(body, { signal }), tools?.typeOf)
  const events = await client.responses.create({ ...body, stream: true }, { signal })
  const delta = tools ? 'response.function_call_arguments.delta' : 'response.output_text.delta'
  let whole: Response | undefined
  for await (const event of events) {
    if (event.type === delta) onPiece(event.delta)
    else if ('response' in event) whole = event.response
  }
  if (whole?.status === undefined || whole.status === 'in_progress') {
    throw new Error('the stream ended before the answer did')
  }
  return readingOf(whole, tools?.typeOf)
}

function bodyOf(
  { settings, instructions, messages, schema }: ModelRequest,
  tools: ReturnType<typeof functionsOf> | undefined,
): Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream'> {
  const { model, temperature, maxOutputTokens, confidence } = settings
  return {
    model,
    store: false,
    instructions,
    input: messages.map((content) => ({ role: 'user' as const, content })),
    ...(temperature === undefined ? {} : { temperature }),
    max_output_tokens: maxOutputTokens,
    ...(confidence && !tools ? { include: ['message.output_text.logprobs' as const] } : {}),
    ...(tools
      ? {
          tools: tools.list.map(({ name, description, parameters }) => ({
            type: 'function' as const,
            strict: schema.isStrict,
            name,
            description,
            parameters,
          })),
          tool_choice: 'required' as const,
          parallel_tool_calls: false,
        }
      : {
          text: {
            format: {
              type: 'json_schema' as const,
              name: 'choice',
              strict: schema.isStrict,
              schema: wrapped(schema),
            },
          },
        }),
  }
}

function readingOf(response: Response, typeOf?: (name: string) => string): Reading {
  const { model, usage, error, status, incomplete_details } = response
  if (status === 'failed') throw new Error(error?.message ?? 'the response failed')
  const served = {
    model,
    ...(usage
      ? { usage: { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens } }
      : {}),
  }
  if (status === 'incomplete') {
    const isFiltered = incomplete_details?.reason === 'content_filter'
    return { ...served, stopped: isFiltered ? 'filtered' : 'cut-off' }
  }
  for (const item of response.output) {
    if (item.type === 'function_call' && typeOf) {
      return { ...served, call: { type: typeOf(item.name), arguments: item.arguments } }
    }
    if (item.type !== 'message') continue
    for (const part of item.content) {
      if (part.type === 'refusal') return { ...served, refusal: part.refusal }
      if (part.type !== 'output_text' || typeOf) continue
      return { ...served, text: part.text, ...(part.logprobs ? { tokens: part.logprobs } : {}) }
    }
  }
  return served
}
