import { findNonJson } from './json.ts'
import type { FailureLocation } from './location.ts'

/**
 * What happens next after an error, decided by its class:
 * - `terminal`: trying again cannot help; the input is refused or dead-lettered;
 * - `retryable`: the same call may succeed later, after `retryAfterMs`;
 * - `paused`: the actor keeps its mail and waits for an operator.
 */
export type Disposition = 'terminal' | 'retryable' | 'paused'

const dispositions: ReadonlySet<unknown> = new Set<Disposition>(['terminal', 'retryable', 'paused'])

/** Base of every error that Ashlar throws on purpose. `code` is stable, the message is for people. */
export class AshlarError extends Error {
  override readonly name: string = 'AshlarError'
  readonly code: string
  readonly disposition: Disposition
  readonly retryAfterMs: number | undefined

  constructor(
    code: string,
    message: string,
    options: { disposition?: Disposition; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.disposition = options.disposition ?? 'terminal'
    this.retryAfterMs = options.retryAfterMs
  }
}

/** Bad input from outside: names the field, what was expected, and what to do. Terminal. */
export class InputError extends AshlarError {
  override readonly name = 'InputError'

  constructor(problem: { field: string; expected: string; got?: unknown; todo: string }) {
    const got = problem.got === undefined ? '' : `, got ${show(problem.got)}`
    super('bad-input', `${problem.field}: expected ${problem.expected}${got}; ${problem.todo}`)
  }
}

/** Something outside (broker, tool host) did not answer; the outcome may be unknown. Retryable. */
export class UnavailableError extends AshlarError {
  override readonly name = 'UnavailableError'

  constructor(
    message: string,
    options: { code?: string; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    const { code = 'unavailable', ...rest } = options
    super(code, message, { disposition: 'retryable', retryAfterMs: 1000, ...rest })
  }
}

/** True for an error of ours that may be gone when the same is tried again. */
export function isRetryable(thrown: unknown): thrown is AshlarError {
  return thrown instanceof AshlarError && thrown.disposition === 'retryable'
}

/** Code of an outage of the cell's own store, as the modules of a process meet it. */
export const storeOutage = 'store-outage'

/** A bound of I9 was passed by one actor. Terminal for that actor, never for its host. */
export class LimitError extends AshlarError {
  override readonly name = 'LimitError'

  constructor(limit: string, allowed: number, got: number, where: string) {
    super('limit', `${where}: ${limit} is ${got}, more than the limit of ${allowed}`)
  }
}

/** Members of a thrown error beyond its name and message: so many, and so much text in each. */
const membersMax = 32
const memberMaxCharacters = 4_096

/** The JSON-safe form of any thrown value, as journals and replies carry it. */
export interface ErrorValue {
  name: string
  message: string
  /** A text for errors of ours; other libraries use numbers as well. */
  code?: string | number
  disposition?: Disposition
  /** Of an agent that failed: where it was. */
  location?: FailureLocation
  /** Further JSON members of a typed failure, such as `kind` and `attempts` of a tool failure. */
  [member: string]: unknown
}

/**
 * Turns any thrown value into JSON. Own members of an error that survive it, such as `status`, are
 * kept, so that a guard reads the same as it would from the error itself. Stacks stay out: they
 * differ between hosts and leak paths.
 */
export function toErrorValue(thrown: unknown): ErrorValue {
  if (thrown instanceof Error) {
    return { name: String(thrown.name), message: String(thrown.message), ...extrasOf(thrown) }
  }
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) {
    const { name, message } = thrown as { name?: unknown; message: unknown }
    return {
      ...membersOf(thrown),
      name: typeof name === 'string' ? name : 'Error',
      message: typeof message === 'string' ? message : show(message),
    }
  }
  return { name: 'Error', message: show(thrown) }
}

const notExtras: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause'])

/** Own enumerable members of an error that JSON can hold and that are not too large. */
function extrasOf(thrown: Error): Record<string, unknown> {
  const extras: Record<string, unknown> = {}
  for (const key of Object.keys(thrown)) {
    if (Object.keys(extras).length === membersMax) break
    if (notExtras.has(key)) continue
    const value = jsonMember(thrown, key)
    if (value !== undefined && isMember(key, value)) extras[key] = value
  }
  return extras
}

/** What JSON makes of a member; undefined when it would lose something of it, or is too large. */
function jsonMember(thrown: object, key: string): unknown {
  try {
    const value = (thrown as Record<string, unknown>)[key]
    if (findNonJson(value) !== undefined) return undefined
    const text = JSON.stringify(value)
    return text.length > memberMaxCharacters ? undefined : (JSON.parse(text) as unknown)
  } catch {
    // A getter that throws, or nesting that is too deep.
    return undefined
  }
}

/** Whether the value may stand under a name that has a meaning in every error value. */
function isMember(key: string, value: unknown): boolean {
  if (key === '__proto__') return false
  if (key === 'code') return typeof value === 'string' || typeof value === 'number'
  if (key === 'disposition') return dispositions.has(value)
  return true
}

/** The JSON members of a thrown object; none when JSON cannot hold it (a cycle, a bigint). */
function membersOf(thrown: object): object {
  try {
    const { stack: _stack, ...members } = JSON.parse(JSON.stringify(thrown)) as { stack?: unknown }
    return members
  } catch {
    return {}
  }
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : textOf(value)
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}

/** Never throws: it describes what was thrown, whatever that is. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return typeof value === 'bigint' ? String(value) : Object.prototype.toString.call(value)
  }
}
