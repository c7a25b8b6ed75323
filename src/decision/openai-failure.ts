import type { Cost } from '../contracts/budget.ts'
import type { Answer } from '../contracts/decision.ts'

/** How the server was asked, for messages that say what to change. */
interface Asking {
  readonly api: 'responses' | 'chat' | 'decisions'
  readonly style: 'schema' | 'tools'
  readonly url: string
}

/** What the official client throws has these; a broken stream throws whatever the socket threw. */
interface Thrown {
  readonly status?: number
  readonly code?: string | null
  readonly message?: string
  readonly headers?: { get(name: string): string | null }
  readonly cause?: unknown
}

/** No key is missing and nothing is wrong with the request: another try may do. */
const passing: ReadonlySet<number> = new Set([408, 409, 425, 429])
/** A 429 that no wait mends. */
const exhausted = 'insufficient_quota'

/** What a request costs that the server itself refused. */
const nothing: Cost = { tokens: 0, nanoUsd: 0 }
/** Something between us and the server lost its answer, which may have cost something. */
const gateways: ReadonlySet<number> = new Set([502, 504])

/** What a failed request means for the decision. */
export function failureOf(thrown: unknown, asking: Asking): Answer {
  const { status, code, headers } = thrown as Thrown
  const said = messageOf(thrown)
  if (status === undefined) {
    return { kind: 'unavailable', reason: `no answer from ${asking.url}: ${said}` }
  }
  if (code === exhausted) {
    return { kind: 'abstained', reason: `the quota is used up: ${said}`, cost: nothing }
  }
  const cost = gateways.has(status) ? {} : { cost: nothing }
  if (passing.has(status) || status >= 500) {
    const retryAfterMs = headers && retryAfter(headers)
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
    return { kind: 'unavailable', reason: `${asking.url} answered ${said}`, ...wait, ...cost }
  }
  const reason = `${asking.url} answered ${said}${todo(status, said, asking)}`
  return { kind: 'abstained', reason, ...cost }
}

function todo(status: number, said: string, { api, style }: Asking): string {
  if (status === 401 || status === 403) return '; check the key and what it may use'
  if (status === 404 && api === 'responses') {
    return "; check the model, or set `api: 'chat'` if the server has no Responses API"
  }
  if (status === 404 && api === 'decisions') {
    return "; set `api: 'responses'` or `'chat'` if the server has no Decisions API"
  }
  if (status === 404) return '; check the model and the base URL'
  if (status === 400 && style === 'schema' && /schema|response_format|format/i.test(said)) {
    return "; set `style: 'tools'` if the server has no structured outputs"
  }
  return ''
}

/**
 * In ms. `retry-after-ms` is OpenAI's; `retry-after` is in seconds or a date (RFC 9110, 10.2.3), and
 * the date counts from the answer's own `date`, so that no clock of ours matters.
 */
function retryAfter(headers: { get(name: string): string | null }): number | undefined {
  const ms = Number(headers.get('retry-after-ms') ?? Number.NaN)
  if (ms >= 0) return ms
  const text = headers.get('retry-after')
  if (text === null) return undefined
  const seconds = Number(text)
  if (seconds >= 0) return seconds * 1_000
  const waitMs = Date.parse(text) - Date.parse(headers.get('date') ?? '')
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs)
}

function messageOf(thrown: unknown): string {
  const { message, cause } = thrown as Thrown
  const text = message ?? String(thrown)
  const inner = cause instanceof Error ? cause.message : undefined
  return inner === undefined || text.includes(inner) ? text : `${text} (${inner})`
}
