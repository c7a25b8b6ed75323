/**
 * What happens next after an error, decided by its class:
 * - `terminal`: trying again cannot help; the input is refused or dead-lettered;
 * - `retryable`: the same call may succeed later, after `retryAfterMs`;
 * - `paused`: the actor keeps its mail and waits for an operator.
 */
export type Disposition = 'terminal' | 'retryable' | 'paused'

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

/** A bound of I9 was passed by one actor. Terminal for that actor, never for its host. */
export class LimitError extends AshlarError {
  override readonly name = 'LimitError'

  constructor(limit: string, allowed: number, got: number, where: string) {
    super('limit', `${where}: ${limit} is ${got}, more than the limit of ${allowed}`)
  }
}

/** The JSON-safe form of any thrown value, as journals and replies carry it. */
export interface ErrorValue {
  name: string
  message: string
  code?: string
  disposition?: Disposition
  /** Further JSON members of a typed failure, such as `kind` and `attempts` of a tool failure. */
  [member: string]: unknown
}

/** Turns any thrown value into JSON. Stacks stay out: they differ between hosts and leak paths. */
export function toErrorValue(thrown: unknown): ErrorValue {
  if (thrown instanceof AshlarError) {
    const { name, message, code, disposition } = thrown
    return { name, message, code, disposition }
  }
  if (thrown instanceof Error) {
    return { name: String(thrown.name), message: String(thrown.message) }
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

/** The JSON members of a thrown object; none when JSON cannot hold it (a cycle, a bigint). */
function membersOf(thrown: object): object {
  try {
    return JSON.parse(JSON.stringify(thrown)) as object
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
