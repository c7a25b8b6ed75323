import { assign, fromPromise, setup } from 'xstate'
import type { ErrorValue } from '../contracts/error.ts'
import { storeOutage } from '../contracts/error.ts'
import type { EffectClass, Reconciled, RetryPolicy, ToolOutcome } from '../contracts/tool.ts'

interface CallTerms {
  effect: EffectClass
  retry: RetryPolicy
  timeoutMs: number
  /** A random number in [0, 1). */
  jitter: number
  canReconcile: boolean
}

/**
 * One call, as the tool-call statechart knows it. What the schema and the breaker say of it is known
 * before it begins: both are functions of what the process has in memory.
 */
export interface ToolCallInput extends CallTerms {
  validation: Validation
  admission: Admission
}

interface ToolCallContext extends CallTerms {
  /** What the schema made of the input of the call. */
  input: unknown
  /** Why the input breaks its schema. */
  invalid: string | null
  /** Why the call is not admitted. */
  refused: string | null
  attempt: number
  lastError: ErrorValue | null
  /** Until an earlier execution must be over. */
  waitMs: number
  /** How often the store of intents did not answer. */
  storeAttempts: number
  outcome: ToolOutcome | null
}

export type Validation = { valid: true; value: unknown } | { valid: false; reason: string }
export type Admission = { admitted: true } | { admitted: false; reason: string }
/** `settled`: an earlier delivery ran to its end; `open`: it was begun and its end is unknown. */
export type Intent =
  | { kind: 'new' }
  | { kind: 'settled'; outcome: ToolOutcome }
  | { kind: 'open'; waitMs?: number }

/** `superseded`: another delivery of the call took the intent over while one asked. */
export type Asked = Reconciled<unknown> | { kind: 'superseded' }

function done(output: unknown): ToolOutcome {
  return { kind: 'done', output }
}

function absent(): never {
  throw new Error('the host supplies this source')
}

/** How long a call waits before it asks the store of intents again: doubling, up to the longest. */
const storeRetryMs = 200
const longestStoreRetryMs = 2_000

/** How long a call waits before it looks whether an earlier execution has ended. */
const lookAgainMs = 500

const timedOut: ErrorValue = { name: 'TimeoutError', message: 'no result in time', code: 'timeout' }

/**
 * A tool call: validate, admit, execute with retries, settle. Calls of a `once` tool record their
 * intent first; where the end of an execution is unknown they are reconciled, else settle in doubt
 * (DESIGN §6).
 */
export const toolCallMachine = setup({
  types: {} as {
    context: ToolCallContext
    input: ToolCallInput
    output: ToolOutcome
    events: { type: 'CANCEL' }
  },
  actors: {
    recordIntent: fromPromise<Intent>(absent),
    execute: fromPromise<unknown, { input: unknown; attempt: number }>(absent),
    reconcile: fromPromise<Asked, { input: unknown; attempt: number }>(absent),
    recordOutcome: fromPromise<void, { outcome: ToolOutcome }>(absent),
  },
  actions: {
    settle: assign({ outcome: (_, outcome: ToolOutcome) => outcome }),
    reject: assign({
      outcome: ({ context }): ToolOutcome => ({
        kind: 'rejected',
        reason: context.invalid ?? context.refused ?? '',
      }),
    }),
    fail: assign({
      outcome: ({ context }): ToolOutcome => ({
        kind: 'failed',
        attempts: context.attempt,
        error: context.lastError ?? timedOut,
      }),
    }),
    doubt: assign({
      outcome: ({ context }): ToolOutcome => ({
        kind: 'inDoubt',
        reason: context.lastError?.message ?? 'an earlier execution was cut off',
      }),
    }),
    noteError: assign({ lastError: (_, error: ErrorValue) => error }),
  },
  guards: {
    invalid: ({ context }) => context.invalid !== null,
    refused: ({ context }) => context.refused !== null,
    once: ({ context }) => context.effect === 'once',
    canReconcile: ({ context }) => context.canReconcile,
    terminal: (_, error: ErrorValue) => error.disposition === 'terminal',
    /** For ever: nothing was executed, and nobody could be told of a failure before it is back. */
    askStoreAgain: (_, error: ErrorValue) => error.disposition === 'retryable',
    repeatable: ({ context }) =>
      context.effect !== 'once' && context.attempt < context.retry.attempts,
    /** Of the cell's own store, while a repeatable call used it. */
    outage: ({ context }) => context.effect !== 'once' && context.lastError?.code === storeOutage,
  },
  delays: {
    timeout: ({ context }) => context.timeoutMs,
    storeRetry: ({ context }) =>
      Math.min(longestStoreRetryMs, storeRetryMs * 2 ** Math.min(8, context.storeAttempts - 1)),
    earlierOver: ({ context }) => Math.min(context.waitMs, lookAgainMs),
    backoff: ({ context }) => {
      const { firstDelayMs, maxDelayMs } = context.retry
      const ceilingMs = Math.min(maxDelayMs, firstDelayMs * 2 ** (context.attempt - 1))
      return Math.round(ceilingMs * context.jitter)
    },
  },
}).createMachine({
  id: 'tool-call',
  version: '1',
  context: ({ input: { validation, admission, ...terms } }) => ({
    ...terms,
    input: validation.valid ? validation.value : null,
    invalid: validation.valid ? null : validation.reason,
    refused: admission.admitted ? null : admission.reason,
    attempt: 0,
    waitMs: 0,
    storeAttempts: 0,
    lastError: null,
    outcome: null,
  }),
  initial: 'validating',
  output: ({ context }) => context.outcome!,
  on: {
    CANCEL: {
      target: '.settled',
      actions: {
        type: 'settle',
        params: { kind: 'rejected', reason: 'the caller has left the state that made the call' },
      },
    },
  },
  states: {
    validating: {
      always: [{ guard: 'invalid', target: 'settled', actions: 'reject' }, { target: 'admitting' }],
    },
    admitting: {
      always: [
        { guard: 'refused', target: 'settled', actions: 'reject' },
        { guard: 'once', target: 'recording' },
        { target: 'executing' },
      ],
    },
    recording: {
      invoke: {
        id: 'recordIntent',
        src: 'recordIntent',
        onDone: [
          { guard: ({ event }) => event.output.kind === 'new', target: 'executing' },
          {
            guard: ({ event }) => event.output.kind === 'settled',
            target: 'settled',
            actions: {
              type: 'settle',
              params: ({ event }) => (event.output as Extract<Intent, { kind: 'settled' }>).outcome,
            },
          },
          {
            guard: ({ event }) => ((event.output as { waitMs?: number }).waitMs ?? 0) > 0,
            target: 'waitingForEarlier',
            actions: assign({
              waitMs: ({ event }) => (event.output as { waitMs?: number }).waitMs ?? 0,
            }),
          },
          { target: 'reconciling' },
        ],
        onError: [
          {
            // Nothing was executed yet: the call waits for the store.
            guard: { type: 'askStoreAgain', params: ({ event }) => event.error as ErrorValue },
            target: 'waitingForStore',
          },
          {
            target: 'settled',
            actions: [
              { type: 'noteError', params: ({ event }) => event.error as ErrorValue },
              'fail',
            ],
          },
        ],
      },
    },
    // It may end in time and leave its outcome, so one looks again and again.
    waitingForEarlier: { after: { earlierOver: { target: 'recording' } } },
    waitingForStore: {
      entry: assign({ storeAttempts: ({ context }) => context.storeAttempts + 1 }),
      after: { storeRetry: { target: 'recording' } },
    },
    executing: {
      entry: assign({ attempt: ({ context }) => context.attempt + 1 }),
      invoke: {
        id: 'execute',
        src: 'execute',
        input: ({ context }) => ({ input: context.input, attempt: context.attempt }),
        onDone: [
          {
            guard: 'once',
            target: 'closing',
            actions: { type: 'settle', params: ({ event }) => done(event.output) },
          },
          {
            target: 'settled',
            actions: { type: 'settle', params: ({ event }) => done(event.output) },
          },
        ],
        onError: {
          target: 'judging',
          actions: { type: 'noteError', params: ({ event }) => event.error as ErrorValue },
        },
      },
      after: { timeout: { target: 'judging', actions: { type: 'noteError', params: timedOut } } },
    },
    judging: {
      always: [
        {
          guard: { type: 'terminal', params: ({ context }) => context.lastError! },
          target: 'closing',
          actions: 'fail',
        },
        { guard: 'once', target: 'reconciling' },
        // No attempt: the call may have taken effect, and to call it failed would be to guess.
        { guard: 'outage', target: 'outliving' },
        { guard: 'repeatable', target: 'backingOff' },
        { target: 'closing', actions: 'fail' },
      ],
    },
    outliving: {
      entry: assign({
        attempt: ({ context }) => context.attempt - 1,
        storeAttempts: ({ context }) => context.storeAttempts + 1,
      }),
      after: { storeRetry: { target: 'executing' } },
    },
    backingOff: {
      // Every execution of a `once` call has its own intent, and the time of it.
      after: { backoff: [{ guard: 'once', target: 'recording' }, { target: 'executing' }] },
    },
    reconciling: {
      initial: 'deciding',
      states: {
        deciding: {
          always: [
            { guard: 'canReconcile', target: 'asking' },
            { target: '#tool-call.settled', actions: 'doubt' },
          ],
        },
        asking: {
          invoke: {
            id: 'reconcile',
            src: 'reconcile',
            input: ({ context }) => ({ input: context.input, attempt: context.attempt }),
            onDone: [
              {
                guard: ({ event }) => event.output.kind === 'happened',
                target: '#tool-call.closing',
                actions: {
                  type: 'settle',
                  params: ({ event }) => ({
                    kind: 'done',
                    output: (event.output as { output?: unknown }).output,
                  }),
                },
              },
              {
                guard: ({ event }) => event.output.kind === 'superseded',
                target: '#tool-call.recording',
              },
              {
                guard: ({ event, context }) =>
                  event.output.kind === 'didNotHappen' && context.attempt < context.retry.attempts,
                target: '#tool-call.backingOff',
              },
              {
                guard: ({ event }) => event.output.kind === 'didNotHappen',
                target: '#tool-call.closing',
                actions: 'fail',
              },
              { target: '#tool-call.settled', actions: 'doubt' },
            ],
            onError: { target: '#tool-call.settled', actions: 'doubt' },
          },
          after: { timeout: { target: '#tool-call.settled', actions: 'doubt' } },
        },
      },
    },
    closing: {
      always: { guard: ({ context }) => context.effect !== 'once', target: 'settled' },
      invoke: {
        id: 'recordOutcome',
        src: 'recordOutcome',
        input: ({ context }) => ({ outcome: context.outcome! }),
        onDone: { target: 'settled' },
        // The outcome is known and is told to the caller; only a re-delivery would have to reconcile.
        onError: { target: 'settled' },
      },
    },
    settled: { type: 'final' },
  },
})
