import { fileURLToPath } from 'node:url'
import type { AnyDecision, Decider } from 'ashlar'
import {
  assemblePrompt,
  defineDecision,
  defineService,
  InputError,
  openai,
  recorded,
  rules,
} from 'ashlar'
import type { NextMoveInput } from './contracts.ts'
import { nextMove } from './contracts.ts'
import { loadRuns } from './domain/load.ts'
import type { Recording } from './recording.ts'
import { readRecording } from './recording.ts'

/**
 * The decision process: a model when one is named (`--set model=gpt-4o-mini`, and for another server
 * than OpenAI's `--set baseURL=http://127.0.0.1:8000/v1 --set api=chat`), else the recorded choices;
 * and a person when nobody knows what to do next.
 */
export default defineService('airline-decisions', async ({ options }) => {
  const model = await modelOf(options)
  if (model) return { decisions: [createDecision([model])] }
  const file = options.runs ?? fileURLToPath(new URL('./data/conversations.json', import.meta.url))
  return { decisions: [createDecision([replayed((await loadRuns(file)).map(readRecording))])] }
})

/** What the desk does next, as the deciders say, in this order. */
export function createDecision(deciders: readonly Decider<NextMoveInput>[]): AnyDecision {
  return defineDecision({
    ...nextMove,
    prompt: describe,
    deciders: [
      ...deciders,
      rules<NextMoveInput>(
        () => ({ type: 'TRANSFER', summary: 'Nobody here knows how to go on.' }),
        'hand-over',
      ),
    ],
  })
}

/** The choices that a model once made. */
export function replayed(recordings: readonly Recording[]): Decider<NextMoveInput> {
  const moves = new Map(recordings.map(({ name, moves: made }) => [name, made]))
  return recorded<NextMoveInput>(moves, ({ recording, index }) => ({
    recording: recording ?? '',
    index,
  }))
}

/** What was said and found out is data; the oldest of it is left out first. */
function describe({ customer, lines }: NextMoveInput, offered: readonly string[]): string {
  const { prompt } = assemblePrompt([
    {
      name: 'Task',
      text: 'You serve customers of an airline. Choose exactly one move.',
      origin: 'ours',
    },
    { name: 'Moves that are possible now', text: offered.join(', '), origin: 'ours' },
    { name: 'Customer', text: customer ?? 'not identified yet', origin: 'data' },
    ...lines.map(({ from, text }, index) => ({
      name: `${index + 1}. ${from}`,
      text,
      origin: from === 'policy' ? ('ours' as const) : ('data' as const),
      dropOrder: 1,
    })),
  ])
  return prompt
}

async function modelOf(
  options: Readonly<Record<string, string>>,
): Promise<Decider<NextMoveInput> | undefined> {
  const { model, baseURL, api } = options
  if (model === undefined) return undefined
  const { default: OpenAI } = await import('openai')
  const chat = api === 'chat' ? { api: 'chat' as const } : {}
  const client = (): InstanceType<typeof OpenAI> => {
    try {
      return new OpenAI(baseURL === undefined ? {} : { baseURL })
    } catch {
      // The client wants a key; a server of one's own often needs none.
      if (baseURL !== undefined) return new OpenAI({ baseURL, apiKey: 'none' })
      throw new InputError({
        field: 'OPENAI_API_KEY',
        expected: `a key for ${model}`,
        todo: 'set it in the environment, or name another server with --set baseURL=...',
      })
    }
  }
  return openai<NextMoveInput>({ client: client(), model, ...chat })
}
