import type OpenAI from 'openai'
import { plus } from '../contracts/budget.ts'
import type { Usage } from '../contracts/decision.ts'
import type { ModelRequest } from './openai.ts'
import type { Reading } from './openai-reading.ts'
import { choiceKey } from './openai-reading.ts'
import { askResponses } from './openai-responses.ts'
import { shapesOf } from './option-schema.ts'

type Answer = OpenAI.Decision['answers'][number]

/**
 * Asks OpenAI's Decisions API which option to take, with how probable that is; then, where the option
 * needs more than its `type`, the Responses API for the rest of it.
 */
export async function askDecisions(request: ModelRequest): Promise<Reading> {
  const { schema } = request
  const types = [...schema.byType.keys()]
  // It wants two choices at least.
  if (types.length < 2) return askResponses(request)
  const { answer, ...served } = await askWhich(request, types)
  if (!answer) return served
  if (answer.type === 'refusal') return { ...served, refusal: 'the Decisions API refused' }
  if (answer.type !== 'choice') return served
  const type = String(answer.choice)
  const chosen = schema.byType.get(type)
  const { confidence } = answer
  if (!chosen || isBare(chosen)) {
    return { ...served, confidence, text: JSON.stringify({ [choiceKey]: { type } }) }
  }
  const narrowed = { ...schema, byType: new Map([[type, chosen]]) }
  const rest = await askResponses({ ...request, schema: narrowed })
  return { ...rest, confidence, ...total(served.usage, rest.usage) }
}

async function askWhich(
  { settings, instructions, messages, schema, signal }: ModelRequest,
  types: readonly string[],
): Promise<Pick<Reading, 'model' | 'usage'> & { answer: Answer | undefined }> {
  const { client, model } = settings
  const decision = await client.decisions.create(
    {
      model,
      input: [
        { role: 'developer', content: instructions },
        ...messages.map((content) => ({ role: 'user' as const, content })),
      ],
      questions: [
        {
          type: 'choice',
          name: 'move',
          instructions: 'Which move is the right one now?',
          choices: types.map((value) => {
            const description = schema.byType.get(value)?.['description']
            return { value, ...(typeof description === 'string' ? { description } : {}) }
          }),
        },
      ],
    },
    { signal },
  )
  const { input_tokens: inputTokens, output_tokens: outputTokens } = decision.usage
  return {
    model: decision.model,
    usage: { inputTokens, outputTokens },
    answer: decision.answers[0],
  }
}

/** Nothing but its `type` is to be said. */
function isBare(option: Record<string, unknown>): boolean {
  const [first, ...others] = shapesOf(option)
  return others.length === 0 && Object.keys(first!['properties'] ?? {}).length <= 1
}

/** Half of what it cost would count as all of it. */
function total(one: Usage | undefined, other: Usage | undefined): Pick<Reading, 'usage'> {
  return one && other ? { usage: plus(one, other) } : {}
}
