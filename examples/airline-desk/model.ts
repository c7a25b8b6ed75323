import type { Decider } from 'ashlar'
import { InputError, openai } from 'ashlar'
import type OpenAI from 'openai'
import type { NextMoveInput } from './contracts.ts'

const defaultModel = 'gpt-4o-mini'

/** How a model is chosen: options of the process first, then what the official client reads too. */
export type ModelOptions = Readonly<Record<string, string>>

/** True when a key, a server or a model is configured. */
export function isModelConfigured(options: ModelOptions): boolean {
  const { OPENAI_API_KEY: key, OPENAI_BASE_URL: url } = process.env
  return [options.model, options.baseURL, key, url].some(Boolean)
}

/**
 * The model as a decider. Options: `model`; `baseURL` of a server that is not OpenAI's; `api`
 * (`responses`, `chat` or `decisions`; default: `chat` for a server of one's own); `style` (`schema`
 * or `tools`).
 * @throws InputError naming what is missing
 */
export async function createModel(options: ModelOptions): Promise<Decider<NextMoveInput>> {
  const { default: Client } = await import('openai')
  const { OPENAI_API_KEY: key, OPENAI_BASE_URL: url } = process.env
  const baseURL = options.baseURL || url
  if (!key && !baseURL) {
    throw new InputError({
      field: 'OPENAI_API_KEY',
      expected: `a key for ${options.model ?? defaultModel}`,
      todo: 'set it in the environment, or name another server with --set baseURL=...',
    })
  }
  // The client wants a key; a server of one's own often needs none.
  const client = new Client({ apiKey: key || 'none', ...(baseURL ? { baseURL } : {}) })
  const model = options.model || (baseURL ? await onlyModel(client, baseURL) : defaultModel)
  return openai<NextMoveInput>({
    client,
    model,
    api:
      oneOf('api', options.api, ['responses', 'chat', 'decisions']) ??
      (baseURL ? 'chat' : 'responses'),
    style: oneOf('style', options.style, ['schema', 'tools']) ?? 'schema',
  })
}

/** What a server of one's own serves, when that is one model. */
async function onlyModel(client: OpenAI, baseURL: string): Promise<string> {
  const names: string[] = []
  try {
    for await (const { id } of client.models.list()) names.push(id)
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    throw missing(`${baseURL} does not list its models (${why})`)
  }
  if (names.length === 1) return names[0]!
  throw missing(`${baseURL} has ${names.slice(0, 10).join(', ') || 'none'}`)
}

function missing(got: string): InputError {
  const todo = 'name one with --set model=...'
  return new InputError({ field: 'model', expected: 'the name of a model', got, todo })
}

function oneOf<T extends string>(
  field: string,
  value: string | undefined,
  known: readonly T[],
): T | undefined {
  if (value === undefined || known.includes(value as T)) return value as T | undefined
  const todo = `correct --set ${field}=...`
  throw new InputError({ field, expected: known.join(', '), got: value, todo })
}
