import type OpenAI from 'openai'
import type { ModelRequest } from './openai.ts'
import type { Reading } from './openai-reading.ts'
import { functionsOf, wrapped } from './openai-wire.ts'

type Usage = OpenAI.Completions.CompletionUsage
type Tokens = OpenAI.Chat.Completions.ChatCompletionTokenLogprob[]

interface Message {
  content: string | null
  refusal: string | null
  tool_calls?: { type: string; function?: { name: string; arguments: string } }[]
}

/** What is read of a completion. A compatible server may leave out what OpenAI always sends. */
interface Said {
  model?: string
  usage?: Usage | null | undefined
  choices: {
    message: Message
    finish_reason: string | null
    logprobs: { content: Tokens | null } | null
  }[]
}

/** Asks over Chat Completions, which most compatible servers have. */
export async function askChat(request: ModelRequest): Promise<Reading> {
  const { settings, schema, signal, onPiece } = request
  const { client, style } = settings
  const tools = style === 'tools' ? functionsOf(schema) : undefined
  const body = bodyOf(request, tools)
  const { completions } = client.chat
  if (!onPiece) return readingOf(await completions.create(body, { signal }), tools?.typeOf)
  const streamed = { ...body, stream: true, stream_options: { include_usage: true } } as const
  const chunks = await completions.create(streamed, { signal })
  return readingOf(await gathered(chunks, onPiece), tools?.typeOf)
}

/**
 * The chunks of a stream as one completion. The client's own helper also parses what it gathers, and
 * of an answer that it cannot parse it keeps nothing, the usage included.
 */
async function gathered(
  chunks: AsyncIterable<OpenAI.Chat.Completions.ChatCompletionChunk>,
  onPiece: (piece: string) => void,
): Promise<Said> {
  const said: Said = { choices: [] }
  const message: Message = { content: null, refusal: null }
  for await (const { model, usage, choices } of chunks) {
    said.model = model
    said.usage = usage ?? said.usage
    const [choice] = choices
    if (!choice) continue
    const { delta, finish_reason, logprobs } = choice
    const present = (said.choices[0] ??= {
      message,
      finish_reason: null,
      logprobs: { content: [] },
    })
    present.finish_reason = finish_reason ?? present.finish_reason
    present.logprobs?.content?.push(...(logprobs?.content ?? []))
    message.content = joined(message.content, delta.content)
    message.refusal = joined(message.refusal, delta.refusal)
    const called = delta.tool_calls?.[0]?.function
    if (called) {
      const before = message.tool_calls?.[0]?.function
      const name = before?.name ?? called.name ?? ''
      const given = `${before?.arguments ?? ''}${called.arguments ?? ''}`
      message.tool_calls = [{ type: 'function', function: { name, arguments: given } }]
    }
    const piece = called ? called.arguments : delta.content
    if (piece) onPiece(piece)
  }
  if (!said.choices[0]?.finish_reason) throw new Error('the stream ended before the answer did')
  return said
}

function joined(before: string | null, more: string | null | undefined): string | null {
  return more === null || more === undefined ? before : `${before ?? ''}${more}`
}

function bodyOf(
  { settings, instructions, messages, schema }: ModelRequest,
  tools: ReturnType<typeof functionsOf> | undefined,
): OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming {
  const { model, temperature, maxOutputTokens, confidence } = settings
  return {
    model,
    messages: [
      { role: 'system', content: instructions },
      ...messages.map((content) => ({ role: 'user' as const, content })),
    ],
    ...(temperature === undefined ? {} : { temperature }),
    max_completion_tokens: maxOutputTokens,
    ...(confidence && !tools ? { logprobs: true } : {}),
    ...(tools
      ? {
          tools: tools.list.map((tool) => ({
            type: 'function' as const,
            function: { ...tool, strict: schema.isStrict },
          })),
          tool_choice: 'required' as const,
          parallel_tool_calls: false,
        }
      : {
          response_format: {
            type: 'json_schema' as const,
            json_schema: { name: 'choice', strict: schema.isStrict, schema: wrapped(schema) },
          },
        }),
  }
}

function readingOf(completion: Said, typeOf?: (name: string) => string): Reading {
  const { model, usage, choices } = completion
  const served = {
    ...(model === undefined ? {} : { model }),
    ...(usage
      ? { usage: { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens } }
      : {}),
  }
  const choice = choices?.[0]
  if (!choice) return served
  const { message, finish_reason, logprobs } = choice
  if (message.refusal) return { ...served, refusal: message.refusal }
  if (finish_reason === 'content_filter') return { ...served, stopped: 'filtered' }
  if (finish_reason === 'length') return { ...served, stopped: 'cut-off' }
  const call = message.tool_calls?.[0]
  if (typeOf && call?.function) {
    const { name, arguments: given } = call.function
    return { ...served, call: { type: typeOf(name), arguments: given } }
  }
  if (typeOf || message.content === null) return served
  const tokens = logprobs?.content
  return { ...served, text: message.content, ...(tokens ? { tokens } : {}) }
}
