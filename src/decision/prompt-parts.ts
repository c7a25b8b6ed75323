import { createHash } from 'node:crypto'
import { checkNumber } from '../contracts/declaration.ts'
import { redact } from './redact.ts'

/** A piece of a prompt. */
export interface PromptPart {
  /** Its heading, one line. */
  name: string
  text: string
  /**
   * Where it comes from. `ours`: written by the author of the agent. `data`: what a customer, a tool
   * or a document said; it is fenced and marked, so that the model does not take it as instruction.
   */
  origin: 'ours' | 'data'
  /** What is left out first when the prompt is too long: the greatest. Default: never left out. */
  dropOrder?: number
}

export interface PromptBounds {
  /** Bound of the whole prompt, by {@link estimateTokens}. Default: 24,000. */
  maxTokens?: number
  /** Texts that must not reach a model, beside what looks like a secret. */
  secrets?: readonly string[]
}

/** A prompt and what became of its parts. */
export interface AssembledPrompt {
  prompt: string
  tokens: number
  /** Names of the parts that were left out, in that order. */
  dropped: string[]
  /** How many secrets were taken out. */
  redacted: number
}

const defaultMaxTokens = 24_000
/** OpenAI's rule of thumb for English is four characters per token; other scripts need more. */
const bytesPerToken = 3

/** A guess from above for most texts, in tokens; it decides what is left out and nothing else. */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken)
}

/**
 * Puts a prompt together: a pure function, so that the prompt of a stored state can be made again.
 * The parts keep their order. Those with the greatest `dropOrder` are left out until the rest fits;
 * of equals, the first, which in a conversation is the oldest.
 */
export function assemblePrompt(
  parts: readonly PromptPart[],
  { maxTokens = defaultMaxTokens, secrets = [] }: PromptBounds = {},
): AssembledPrompt {
  checkNumber('maxTokens', maxTokens, 1)
  let redacted = 0
  const written = parts.map((part) => {
    const clean = redact(part.text, secrets)
    redacted += clean.count
    const text = write({ ...part, text: clean.text })
    return { part, text, tokens: estimateTokens(text) }
  })
  const dropped: string[] = []
  let tokens = written.reduce((sum, one) => sum + one.tokens, 0)
  const optional = written
    .filter(({ part }) => part.dropOrder !== undefined)
    .toSorted((a, b) => b.part.dropOrder! - a.part.dropOrder!)
  for (const one of optional) {
    if (tokens <= maxTokens) break
    tokens -= one.tokens
    dropped.push(one.part.name)
    written.splice(written.indexOf(one), 1)
  }
  const prompt = written.map(({ text }) => text).join('\n\n')
  return { prompt, tokens, dropped, redacted }
}

function write({ name, text, origin }: PromptPart): string {
  const heading = `## ${name.replace(/\s+/g, ' ')}`
  return origin === 'ours' ? `${heading}\n${text}` : `${heading}\n${fenced(text)}`
}

/**
 * The mark depends on the text and does not occur in it, so nothing inside can end the fence: who
 * writes the text would have to know its hash beforehand.
 */
function fenced(text: string): string {
  let mark = ''
  for (let salt = 0; mark === '' || text.includes(mark); salt++) {
    mark = createHash('sha256').update(`${salt}:${text}`).digest('hex').slice(0, 12)
  }
  return `<data ${mark}>\n${text}\n</data ${mark}>`
}
