import { AshlarError, InputError, toErrorValue } from '../contracts/error.ts'

/** Exit codes of every command; `ashlar --help` lists them. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  badInput: 2,
  unavailable: 3,
  notFound: 4,
  cutOff: 5,
  interrupted: 130,
} as const

/** Nothing of that name or address exists. */
export class NotFoundError extends AshlarError {
  override readonly name = 'NotFoundError'

  constructor(message: string) {
    super('not-found', message)
  }
}

/** @param agent its address, `machine/id` */
export function noSuchAgent(agent: string): NotFoundError {
  return new NotFoundError(`there is no agent ${agent}; \`ashlar ps\` lists them`)
}

/** Where a command writes: results on standard output, progress on standard error. */
export interface Output {
  readonly json: boolean
  /** A line for people; nothing with `--json`. */
  line(text?: string): void
  /** Progress; on standard error, so that results can be piped. */
  progress(text: string): void
  /** The result for machines: one JSON object on the last line, only with `--json`. */
  result(value: unknown): void
}

export function createOutput(json: boolean): Output {
  return {
    json,
    line: (text = '') => void (json || process.stdout.write(`${text}\n`)),
    progress: (text) => void process.stderr.write(`${text}\n`),
    result: (value) => void (json && process.stdout.write(`${JSON.stringify(value)}\n`)),
  }
}

/** The exit code that tells a script what kind of failure it was. */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof InputError) return exitCodes.badInput
  if (thrown instanceof NotFoundError) return exitCodes.notFound
  if (!(thrown instanceof AshlarError)) return exitCodes.failed
  if (thrown.code === 'bad-input' || thrown.code === 'registration') return exitCodes.badInput
  return thrown.disposition === 'retryable' ? exitCodes.unavailable : exitCodes.failed
}

/** Prints a failure: one message, and with `--json` one object. */
export function printFailure(thrown: unknown, output: Output): void {
  const error = toErrorValue(thrown)
  process.stderr.write(`ashlar: ${error.message}\n`)
  output.result({ error })
}
