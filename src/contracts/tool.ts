import type * as z from 'zod'
import type { ErrorValue } from './error.ts'

/**
 * What a call may do outside: `read` may be repeated freely; `idempotent` may be repeated because
 * the outside system honours the idempotency key; `once` must not be repeated blindly.
 */
export type EffectClass = 'read' | 'idempotent' | 'once'

/** Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", AWS 2015). */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  attempts: number
  firstDelayMs: number
  maxDelayMs: number
}

/** The public face of a tool: what a caller and a state machine need to know of it. */
export interface ToolContract<Input = unknown, Output = unknown> {
  readonly kind: 'tool'
  readonly name: string
  readonly version: string
  readonly description: string
  readonly input: z.ZodType<Input>
  readonly output: z.ZodType<Output>
  readonly effect: EffectClass
  /** Longest time that one attempt may take. */
  readonly timeoutMs: number
  readonly retry: RetryPolicy
  /** Calls that one process executes at the same time. */
  readonly concurrency: number
  /** What undoes a committed call; sagas use it where a step has no compensation of its own. */
  readonly compensate?: ToolCompensation<Input, Output>
}

/** A call that undoes another one. */
export interface ToolCompensation<Input = unknown, Output = unknown> {
  readonly tool: AnyToolContract
  /** Input of the compensating call. Without an output when the first call ended in doubt. */
  input(call: { input: Input; output: Output }): unknown
  /** It does no harm when the call did not happen, so it is made for one in doubt as well. */
  readonly ifInDoubt?: boolean
}

/** A contract of whatever input and output: schemas are invariant, so `unknown` would fit none. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyToolContract = ToolContract<any, any>

export interface ToolScope {
  /** The effect identity of the call: the same for every attempt and re-delivery (I3). */
  readonly idempotencyKey: string
  /** 1 for the first attempt of this delivery. */
  readonly attempt: number
  /** Aborts on timeout and when the caller has left the state that made the call. */
  readonly signal: AbortSignal
}

/** What a `reconcile` learned from the outside system about an earlier intent. */
export type Reconciled<Output> =
  | { kind: 'happened'; output: Output }
  | { kind: 'didNotHappen' }
  | { kind: 'unknown' }

export interface Tool<Input = unknown, Output = unknown> extends ToolContract<Input, Output> {
  /**
   * A throw is a failed attempt and may be retried; throw a terminal AshlarError when trying again
   * cannot help. Of a `once` tool a terminal error says that nothing happened outside; any other
   * throw leaves the call to be reconciled, else in doubt.
   */
  execute(input: Input, scope: ToolScope): Promise<Output> | Output
  /** Only for `once`: asks the outside system whether an intent took effect. */
  reconcile?(input: Input, scope: ToolScope): Promise<Reconciled<Output>> | Reconciled<Output>
}

/** A tool of whatever input and output: schemas are invariant, so `unknown` would fit none. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyTool = Tool<any, any>

/** How a call ended. Everything but `done` reaches the caller's `onError` as a {@link ToolFailure}. */
export type ToolOutcome =
  | { kind: 'done'; output: unknown }
  | { kind: 'rejected'; reason: string }
  | { kind: 'failed'; attempts: number; error: ErrorValue }
  | { kind: 'inDoubt'; reason: string }

/** The error value of a call that did not end well; `kind` tells the three cases apart. */
export interface ToolFailure extends ErrorValue {
  name: 'ToolFailure'
  kind: 'rejected' | 'failed' | 'inDoubt'
  tool: string
  attempts?: number
}

export function toolFailure(
  tool: string,
  outcome: Exclude<ToolOutcome, { kind: 'done' }>,
): ToolFailure {
  const base = { name: 'ToolFailure' as const, kind: outcome.kind, tool }
  if (outcome.kind === 'failed') {
    const message = `${tool} failed after ${outcome.attempts} attempt(s): ${outcome.error.message}`
    return { ...base, message, attempts: outcome.attempts, cause: outcome.error }
  }
  return { ...base, message: `${tool} ${outcome.kind}: ${outcome.reason}` }
}
