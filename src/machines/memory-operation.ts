import { assign, fromPromise, setup } from 'xstate'
import type { ErrorValue } from '../contracts/error.ts'

export interface MemoryOperationInput {
  input: unknown
}

/** `contended`: another writer came in between and the caller set no expectation. */
export type Performed = { kind: 'done'; output: unknown } | { kind: 'contended' }
export type MemoryOutcome =
  | { kind: 'done'; output: unknown }
  | { kind: 'rejected'; reason: string }
  | { kind: 'failed'; attempts: number; error: ErrorValue }

interface MemoryContext {
  input: unknown
  attempts: number
  /** How often in a row the store did not answer. */
  outages: number
  outcome: MemoryOutcome | null
}

function absent(): never {
  throw new Error('the host supplies this source')
}

/** Tries before other writers count as too many. */
const maxAttempts = 6
const longestPauseMs = 2_000

/**
 * A memory operation: validate, perform. A lost race is tried again a few times, an outage of the
 * store is waited out: its caller could not take note of a failure before the store is back.
 */
export const memoryOperationMachine = setup({
  types: {} as {
    context: MemoryContext
    input: MemoryOperationInput
    output: MemoryOutcome
    events: { type: 'CANCEL' }
  },
  actors: {
    validate: fromPromise<
      { valid: true; value: unknown } | { valid: false; reason: string },
      { input: unknown }
    >(absent),
    perform: fromPromise<Performed, { input: unknown }>(absent),
  },
  actions: {
    settle: assign({ outcome: (_, outcome: MemoryOutcome) => outcome }),
    fail: assign({
      outcome: ({ context }, error: ErrorValue): MemoryOutcome => ({
        kind: 'failed',
        attempts: context.attempts,
        error,
      }),
    }),
  },
  guards: { attemptsLeft: ({ context }) => context.attempts < maxAttempts },
  delays: {
    pause: ({ context }) =>
      // The first of either kind waits 10 ms.
      Math.min(longestPauseMs, 5 * 2 ** Math.min(16, context.attempts - 1 + context.outages)),
  },
}).createMachine({
  id: 'memory-operation',
  version: '1',
  context: ({ input }) => ({ input: input.input, attempts: 1, outages: 0, outcome: null }),
  initial: 'validating',
  output: ({ context }) => context.outcome!,
  states: {
    validating: {
      invoke: {
        id: 'validate',
        src: 'validate',
        input: ({ context }) => ({ input: context.input }),
        onDone: [
          {
            guard: ({ event }) => event.output.valid,
            target: 'performing',
            actions: assign({
              input: ({ context, event }) =>
                event.output.valid ? event.output.value : context.input,
            }),
          },
          {
            target: 'settled',
            actions: {
              type: 'settle',
              params: ({ event }) => ({
                kind: 'rejected',
                reason: event.output.valid ? '' : event.output.reason,
              }),
            },
          },
        ],
      },
    },
    performing: {
      invoke: {
        id: 'perform',
        src: 'perform',
        input: ({ context }) => ({ input: context.input }),
        onDone: [
          {
            guard: ({ event }) => event.output.kind === 'done',
            target: 'settled',
            actions: {
              type: 'settle',
              params: ({ event }) => event.output as Extract<Performed, { kind: 'done' }>,
            },
          },
          {
            guard: 'attemptsLeft',
            target: 'pausing',
            actions: assign({ attempts: ({ context }) => context.attempts + 1, outages: 0 }),
          },
          {
            target: 'settled',
            actions: {
              type: 'fail',
              params: { name: 'ContentionError', message: 'other writers kept changing the fact' },
            },
          },
        ],
        onError: [
          {
            guard: ({ event }) => (event.error as ErrorValue).disposition === 'retryable',
            target: 'pausing',
            actions: assign({ outages: ({ context }) => context.outages + 1 }),
          },
          {
            target: 'settled',
            actions: { type: 'fail', params: ({ event }) => event.error as ErrorValue },
          },
        ],
      },
    },
    pausing: {
      after: { pause: { target: 'performing' } },
      // A write under way cannot be taken back, but none is.
      on: {
        CANCEL: {
          target: 'settled',
          actions: {
            type: 'fail',
            params: { name: 'CancelledError', message: 'the caller has left' },
          },
        },
      },
    },
    settled: { type: 'final' },
  },
})
