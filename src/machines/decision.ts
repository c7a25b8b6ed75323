import { assign, fromPromise, setup } from 'xstate'
import type { Answer, DecisionOutcome, Provenance } from '../contracts/decision.ts'
import type { ErrorValue } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'

export interface DecisionInput {
  offered: string[]
  /** Names of the deciders, asked in this order. */
  deciders: string[]
  repairs: number
  timeoutMs: number
}

interface DecisionContext extends DecisionInput {
  prompt: string
  promptHash: string
  /** Index of the decider that is being asked. */
  current: number
  complaints: string[]
  attempts: number
  answer: Extract<Answer, { kind: 'chosen' }> | null
  reasons: string[]
  option: AgentEvent | null
  latencyMs: number
}

export interface Assembled {
  prompt: string
  promptHash: string
}
export type Reservation = { granted: true } | { granted: false; reason: string }
export interface Asked {
  answer: Answer
  latencyMs: number
}
export type Check = { valid: true; option: AgentEvent } | { valid: false; complaint: string }

function absent(): never {
  throw new Error('the host supplies this source')
}

/**
 * A decision: assemble the prompt, reserve budget, ask, check the answer against the contract and
 * the offered options, repair a bounded number of times, then fall back to the next decider, and
 * abstain when none is left (DESIGN §7).
 */
export const decisionMachine = setup({
  types: {} as {
    context: DecisionContext
    input: DecisionInput
    output: DecisionOutcome
    events: { type: 'CANCEL' }
  },
  actors: {
    assemble: fromPromise<Assembled>(absent),
    reserve: fromPromise<Reservation, { decider: string }>(absent),
    ask: fromPromise<Asked, { decider: string; prompt: string; complaints: string[] }>(absent),
    check: fromPromise<Check, { option: unknown }>(absent),
  },
  actions: {
    complain: assign({
      complaints: ({ context }, complaint: string) => [...context.complaints, complaint],
    }),
    giveReason: assign({
      reasons: ({ context }, reason: string) => [
        ...context.reasons,
        `${context.deciders[context.current] ?? 'nobody'}: ${reason}`,
      ],
    }),
    nextDecider: assign({
      current: ({ context }) => context.current + 1,
      complaints: [],
      answer: null,
    }),
  },
  guards: {
    nothingOffered: ({ context }) => context.offered.length === 0,
    repairsLeft: ({ context }) => context.complaints.length <= context.repairs,
    decidersLeft: ({ context }) => context.current < context.deciders.length,
  },
  delays: { timeout: ({ context }) => context.timeoutMs },
}).createMachine({
  id: 'decision',
  version: '1',
  context: ({ input }) => ({
    ...input,
    prompt: '',
    promptHash: '',
    current: 0,
    complaints: [],
    attempts: 0,
    answer: null,
    reasons: [],
    option: null,
    latencyMs: 0,
  }),
  initial: 'assembling',
  output: ({ context }): DecisionOutcome =>
    context.option
      ? { kind: 'decided', option: context.option, provenance: provenance(context) }
      : { kind: 'abstained', reasons: context.reasons },
  on: {
    CANCEL: {
      target: '.abstained',
      actions: { type: 'giveReason', params: 'the agent has left the state that asked' },
    },
  },
  states: {
    assembling: {
      always: {
        guard: 'nothingOffered',
        target: 'abstained',
        actions: { type: 'giveReason', params: 'the state accepts none of the options' },
      },
      invoke: {
        id: 'assemble',
        src: 'assemble',
        onDone: { target: 'reserving', actions: assign(({ event }) => event.output) },
        onError: {
          target: 'abstained',
          actions: { type: 'giveReason', params: ({ event }) => messageOf(event.error) },
        },
      },
    },
    reserving: {
      always: {
        guard: ({ context }) => context.current >= context.deciders.length,
        target: 'abstained',
      },
      invoke: {
        id: 'reserve',
        src: 'reserve',
        input: ({ context }) => ({ decider: context.deciders[context.current]! }),
        onDone: [
          { guard: ({ event }) => event.output.granted, target: 'asking' },
          {
            target: 'fallingBack',
            actions: {
              type: 'giveReason',
              params: ({ event }) => (event.output.granted ? '' : event.output.reason),
            },
          },
        ],
        onError: {
          target: 'fallingBack',
          actions: { type: 'giveReason', params: ({ event }) => messageOf(event.error) },
        },
      },
    },
    asking: {
      entry: assign({ attempts: ({ context }) => context.attempts + 1 }),
      invoke: {
        id: 'ask',
        src: 'ask',
        input: ({ context }) => ({
          decider: context.deciders[context.current]!,
          prompt: context.prompt,
          complaints: context.complaints,
        }),
        onDone: [
          {
            guard: ({ event }) => event.output.answer.kind === 'chosen',
            target: 'checking',
            actions: assign({
              answer: ({ event }) => event.output.answer as DecisionContext['answer'],
              latencyMs: ({ context, event }) => context.latencyMs + event.output.latencyMs,
            }),
          },
          {
            target: 'fallingBack',
            actions: {
              type: 'giveReason',
              params: ({ event }) => (event.output.answer as { reason?: string }).reason ?? '',
            },
          },
        ],
        onError: {
          target: 'fallingBack',
          actions: { type: 'giveReason', params: ({ event }) => messageOf(event.error) },
        },
      },
      after: {
        timeout: {
          target: 'fallingBack',
          actions: { type: 'giveReason', params: 'no answer in time' },
        },
      },
    },
    checking: {
      invoke: {
        id: 'check',
        src: 'check',
        input: ({ context }) => ({ option: context.answer!.option }),
        onDone: [
          {
            guard: ({ event }) => event.output.valid,
            target: 'decided',
            actions: assign({
              option: ({ event }) => (event.output.valid ? event.output.option : null),
            }),
          },
          {
            target: 'repairing',
            actions: {
              type: 'complain',
              params: ({ event }) => (event.output.valid ? '' : event.output.complaint),
            },
          },
        ],
        onError: {
          target: 'fallingBack',
          actions: { type: 'giveReason', params: ({ event }) => messageOf(event.error) },
        },
      },
    },
    repairing: {
      always: [
        { guard: 'repairsLeft', target: 'reserving' },
        {
          target: 'fallingBack',
          actions: {
            type: 'giveReason',
            params: ({ context }) => `broke the contract: ${context.complaints.at(-1)}`,
          },
        },
      ],
    },
    fallingBack: {
      entry: 'nextDecider',
      always: [{ guard: 'decidersLeft', target: 'reserving' }, { target: 'abstained' }],
    },
    decided: { type: 'final' },
    abstained: { type: 'final' },
  },
})

function messageOf(error: unknown): string {
  return (error as ErrorValue).message
}

function provenance(context: DecisionContext): Provenance {
  const { model, usage, confidence } = context.answer!
  return {
    decider: context.deciders[context.current]!,
    ...(model === undefined ? {} : { model }),
    ...(usage === undefined ? {} : { usage }),
    ...(confidence === undefined ? {} : { confidence }),
    promptHash: context.promptHash,
    attempts: context.attempts,
    latencyMs: context.latencyMs,
  }
}
