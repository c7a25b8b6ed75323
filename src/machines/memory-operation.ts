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
  outcome: MemoryOutcome | null
}

function absent(): never {
  throw new Error('the host supplies this source')
}

/** Tries before a contended or unavailable store counts as failed. */
const maxAttempts = 6

/** A memory operation: validate, perform; lost races and short outages are tried again. */
export const memoryOperationMachine = setup({
  types: {} as { context: MemoryContext; input: MemoryOperationInput; output: MemoryOutcome },
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
  delays: { pause: ({ context }) => 5 * 2 ** context.attempts },
}).createMachine({
  id: 'memory-operation',
  version: '1',
  context: ({ input }) => ({ input: input.input, attempts: 0, outcome: null }),
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
      entry: assign({ attempts: ({ context }) => context.attempts + 1 }),
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
          { guard: 'attemptsLeft', target: 'pausing' },
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
            guard: ({ context, event }) =>
              (event.error as ErrorValue).disposition === 'retryable' &&
              context.attempts < maxAttempts,
            target: 'pausing',
          },
          {
            target: 'settled',
            actions: { type: 'fail', params: ({ event }) => event.error as ErrorValue },
          },
        ],
      },
    },
    pausing: { after: { pause: { target: 'performing' } } },
    settled: { type: 'final' },
  },
})
