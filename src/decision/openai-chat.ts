import type OpenAI from 'openai'
import type { ModelRequest } from './openai.ts'
import type { Reading } from './openai-reading.ts'
import { functionsOf, wrapped } from './openai-wire.ts'

type Completion = OpenAI.Chat.Completions.ChatCompletion

/** Asks over Chat Completions, which most compatible servers have. */
export async function askChat(request: ModelRequest): Promise<Reading> {
  const { settings, instructions, messages, schema, signal } = request
  const { client, model, style, temperature, maxOutputTokens, confidence } = settings
  const tools = style === 'tools' ? functionsOf(schema) : undefined
  const completion = await client.chat.completions.create(
    {
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
    },
    { signal },
  )
  return readingOf(completion, tools?.typeOf)
}

function readingOf(completion: Completion, typeOf?: (name: string) => string): Reading {
  const { model, usage, choices } = completion
  const served = {
    model,
    ...(usage
      ? { usage: { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens } }
      : {}),
  }
  // A compatible server may leave out what OpenAI always sends.
  const choice = choices?.[0]
  if (!choice) return served
  const { message, finish_reason, logprobs } = choice
  if (message.refusal) return { ...served, refusal: message.refusal }
  if (finish_reason === 'content_filter') return { ...served, stopped: 'filtered' }
  if (finish_reason === 'length') return { ...served, stopped: 'cut-off' }
  const call = message.tool_calls?.[0]
  if (typeOf && call?.type === 'function') {
    const { name, arguments: given } = call.function
    return { ...served, call: { type: typeOf(name), arguments: given } }
  }
  if (typeOf || message.content === null) return served
  const tokens = logprobs?.content
  return { ...served, text: message.content, ...(tokens ? { tokens } : {}) }
}
