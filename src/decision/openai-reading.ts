import type { Answer, Usage } from '../contracts/decision.ts'
import { isObject, readText } from '../contracts/json.ts'

/** What came back from a model, whatever its wire form. */
export interface Reading {
  readonly model?: string
  readonly usage?: Usage
  /** Why it stopped, when not because it was done. */
  readonly stopped?: 'cut-off' | 'filtered'
  /** Said by the model instead of an answer. */
  readonly refusal?: string
  readonly text?: string
  /** Of the style `tools`: the option that was called. */
  readonly call?: { readonly type: string; readonly arguments: string }
  readonly tokens?: readonly Token[]
  /** Where the server says it itself. */
  readonly confidence?: number
}

/** A piece of the text with its log probability. */
export interface Token {
  readonly token: string
  readonly logprob: number
}

/** The property of the structured answer that holds the option. */
export const choiceKey = 'choice'

/** Turns what came back into an answer of the port. */
export function answerOf(reading: Reading): Answer {
  const { refusal, stopped, call, text } = reading
  if (refusal !== undefined) return { kind: 'refused', reason: refusal || 'without a reason' }
  if (stopped === 'filtered') return { kind: 'refused', reason: 'a content filter stopped it' }
  if (stopped === 'cut-off') {
    return malformed('it was cut off at the bound of output tokens; be shorter')
  }
  if (call) return callOf(call)
  if (text === undefined || text.trim() === '') return malformed('it was empty')
  return choiceOf(text, reading)
}

function malformed(complaint: string): Answer {
  return { kind: 'malformed', complaint }
}

function callOf(call: { type: string; arguments: string }): Answer {
  const given = readText(call.arguments.trim() === '' ? '{}' : call.arguments)
  if (!isObject(given)) return malformed(`the arguments of ${call.type} are no JSON object`)
  return { kind: 'chosen', option: { ...given, type: call.type } }
}

function choiceOf(text: string, { tokens, confidence: said }: Reading): Answer {
  const answer = readText(text)
  if (answer === undefined) return malformed('it was no JSON')
  // A server that does not hold a model to the schema may leave the wrapping out.
  const option = isObject(answer) && choiceKey in answer ? answer[choiceKey] : answer
  const confidence = said ?? (tokens && confidenceOf(option, tokens))
  return { kind: 'chosen', option, ...(confidence === undefined ? {} : { confidence }) }
}

/**
 * The probability that the model gave to the option's `type`: the product over the tokens that
 * spell it. Under a schema the tokens before are certain, so it is that of the choice itself.
 */
function confidenceOf(option: unknown, tokens: readonly Token[]): number | undefined {
  const type = isObject(option) ? option['type'] : undefined
  if (typeof type !== 'string') return undefined
  const text = tokens.map(({ token }) => token).join('')
  const spelled = JSON.stringify(type)
  const at = /"type"\s*:\s*/.exec(text)
  const begin = at ? at.index + at[0].length : -1
  if (begin < 0 || !text.startsWith(spelled, begin)) return undefined
  let position = 0
  let logprob = 0
  for (const piece of tokens) {
    const isPart = position < begin + spelled.length && position + piece.token.length > begin
    if (isPart) logprob += piece.logprob
    position += piece.token.length
  }
  return Math.exp(logprob)
}
