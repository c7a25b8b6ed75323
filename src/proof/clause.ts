import { AshlarError, toErrorValue } from '../contracts/error.ts'

/** What came of a clause. */
export type ClauseOutcome =
  | { kind: 'ok' }
  | { kind: 'failed'; reason: string }
  /** The declaration says that there is nothing to test, such as retries of a `once` tool. */
  | { kind: 'notApplicable'; reason: string }
  /** It could be tested with something that was not given. */
  | { kind: 'notRun'; reason: string }

/** One sentence of a contract, and what tests it. */
export interface Clause {
  /** Short and stable, such as `same-key`. */
  readonly id: string
  /** The sentence, as people read it behind the name of the tool or decision. */
  readonly says: string
  /** True when the declaration says that there is nothing to test, so that it need not be listed. */
  readonly isMoot?: boolean
  /** Never throws. */
  run(): Promise<ClauseOutcome>
}

/** What a clause says is not so. */
class BrokenClauseError extends AshlarError {
  override readonly name = 'BrokenClauseError'

  constructor(reason: string) {
    super('broken-clause', reason)
  }
}

/** A clause could not be tested. */
class NotRunError extends AshlarError {
  override readonly name = 'NotRunError'

  constructor(reason: string) {
    super('not-run', reason)
  }
}

/** Whatever the body throws is a failure of the clause. */
export function clause(id: string, says: string, body: () => Promise<void> | void): Clause {
  return {
    id,
    says,
    async run() {
      try {
        await body()
        return { kind: 'ok' }
      } catch (thrown) {
        const reason = toErrorValue(thrown).message
        return { kind: thrown instanceof NotRunError ? 'notRun' : 'failed', reason }
      }
    },
  }
}

/** A clause of which it is known beforehand that it is not tested. */
export function untested(
  id: string,
  says: string,
  kind: 'notApplicable' | 'notRun',
  reason: string,
): Clause {
  return { id, says, isMoot: kind === 'notApplicable', run: async () => ({ kind, reason }) }
}

/** @throws BrokenClauseError */
export function expectThat(holds: boolean, reason: string | (() => string)): asserts holds {
  if (!holds) throw new BrokenClauseError(typeof reason === 'string' ? reason : reason())
}

/** Ends the clause that is running: it cannot be tested. */
export function cannotTest(reason: string): never {
  throw new NotRunError(reason)
}

/** A value for a message, cut where it is long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 200 ? `${text.slice(0, 197)}...` : text
}
