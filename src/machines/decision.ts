import { assign, fromPromise, not, setup } from 'xstate'
import type { Cost } from '../contracts/budget.ts'
import { plus } from '../contracts/budget.ts'
import type {
  Answer,
  Asked,
  Check,
  DecisionOutcome,
  Provenance,
  Reservation,
  Usage,
} from '../contracts/decision.ts'
import type { ErrorValue } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'

export interface DecisionInput {
  /** The prompt, or why there is none: a function of the call, so it is known before it begins. */
  assembled: Assembled
  /** True when a budget is to be asked before a decider. */
  metered: boolean
  offered: string[]
  /** Names of the deciders, asked in this order. */
  deciders: string[]
  repairs: number
  retries: number
  retryMaxMs: number
  timeoutMs: number
}

interface DecisionContext extends Omit<DecisionInput, 'assembled'> {
  prompt: string
  promptHash: string
  /** Why no prompt could be assembled. */
  unprompted: string | null
  /** Index of the decider that is being asked. */
  current: number
  complaints: string[]
  /** How often the present decider could not answer. */
  outages: number
  /** Until it is asked again. */
  waitMs: number
  attempts: number
  usage: Usage | null
  cost: Cost | null
  answer: Extract<Answer, { kind: 'chosen' }> | null
  reasons: string[]
  isExhausted: boolean
  option: AgentEvent | null
  latencyMs: number
}

export type Assembled = { prompt: string; promptHash: string } | { problem: string }

function absent(): never {
  throw new Error('the host supplies this source')
}

/**
 * A decision: assemble the prompt, reserve budget, ask, check the answer against the contract and
 * the offered options, repair a bounded number of times, wait a bounded number of times for a
 * decider that is not available, then fall back to the next one, and abstain when none is left
 * (DESIGN §7).
 */
export const decisionMachine = setup({
  types: {} as {
    context: DecisionContext
    input: DecisionInput
    output: DecisionOutcome
    events: { type: 'CANCEL' }
  },
  actors: {
    reserve: fromPromise<Reservation, { decider: string; prompt: string; complaints: string[] }>(
      absent,
    ),
    ask: fromPromise<
      Asked,
      { decider: string; prompt: string; complaints: string[]; outages: number }
    >(absent),
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
    noteCost: assign({
      latencyMs: ({ context }, asked: Asked) => context.latencyMs + asked.latencyMs,
      usage: ({ context }, { answer }: Asked) =>
        sum(context.usage, 'usage' in answer ? answer.usage : undefined),
      cost: ({ context }, { answer }: Asked) => sum(context.cost, answer.cost),
    }),
    noteChoice: assign({
      answer: (_, asked: Asked) => asked.answer as DecisionContext['answer'],
      option: (_, asked: Asked) => optionOf(asked),
    }),
    noteOutage: assign({
      outages: ({ context }) => context.outages + 1,
      waitMs: (_, asked: Asked) => asked.waitMs ?? 0,
    }),
    nextDecider: assign({
      current: ({ context }) => context.current + 1,
      complaints: [],
      outages: 0,
    }),
  },
  guards: {
    nothingOffered: ({ context }) => context.offered.length === 0,
    unprompted: ({ context }) => context.unprompted !== null,
    metered: ({ context }) => context.metered,
    fits: (_, asked: Asked) => asked.answer.kind === 'chosen' && asked.check?.valid === true,
    broken: (_, asked: Asked) =>
      asked.answer.kind === 'chosen' || asked.answer.kind === 'malformed',
    mayWait: ({ context }, { answer, waitMs = 0 }: Asked) =>
      answer.kind === 'unavailable' &&
      context.outages < context.retries &&
      waitMs <= context.retryMaxMs,
    repairsLeft: ({ context }) => context.complaints.length <= context.repairs,
    decidersLeft: ({ context }) => context.current < context.deciders.length,
  },
  delays: {
    timeout: ({ context }) => context.timeoutMs,
    wait: ({ context }) => context.waitMs,
  },
}).createMachine({
  id: 'decision',
  version: '1',
  context: ({ input: { assembled, ...question } }) => ({
    ...question,
    prompt: 'prompt' in assembled ? assembled.prompt : '',
    promptHash: 'prompt' in assembled ? assembled.promptHash : '',
    unprompted: 'problem' in assembled ? assembled.problem : null,
    current: 0,
    complaints: [],
    outages: 0,
    waitMs: 0,
    attempts: 0,
    usage: null,
    cost: null,
    answer: null,
    reasons: [],
    isExhausted: false,
    option: null,
    latencyMs: 0,
  }),
  initial: 'assembling',
  output: ({ context }): DecisionOutcome =>
    context.option
      ? { kind: 'decided', option: context.option, provenance: provenance(context) }
      : {
          kind: 'abstained',
          reasons: context.reasons,
          ...(context.isExhausted ? { isExhausted: true } : {}),
        },
  on: {
    CANCEL: {
      target: '.abstained',
      actions: { type: 'giveReason', params: 'the agent has left the state that asked' },
    },
  },
  states: {
    assembling: {
      always: [
        {
          guard: 'nothingOffered',
          target: 'abstained',
          actions: { type: 'giveReason', params: 'the state accepts none of the options' },
        },
        {
          guard: 'unprompted',
          target: 'abstained',
          actions: { type: 'giveReason', params: ({ context }) => context.unprompted! },
        },
        { target: 'pickingDecider' },
      ],
    },
    pickingDecider: {
      always: [
        { guard: not('decidersLeft'), target: 'abstained' },
        { guard: 'metered', target: 'reserving' },
        { target: 'asking' },
      ],
    },
    reserving: {
      invoke: {
        id: 'reserve',
        src: 'reserve',
        input: ({ context }) => ({
          decider: context.deciders[context.current]!,
          prompt: context.prompt,
          complaints: context.complaints,
        }),
        onDone: [
          { guard: ({ event }) => event.output.granted, target: 'asking' },
          {
            target: 'fallingBack',
            actions: [
              assign({ isExhausted: true }),
              {
                type: 'giveReason',
                params: ({ event }) => (event.output.granted ? '' : event.output.reason),
              },
            ],
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
          outages: context.outages,
        }),
        onDone: [
          {
            guard: { type: 'fits', params: ({ event }) => event.output },
            target: 'decided',
            actions: [
              { type: 'noteCost', params: ({ event }) => event.output },
              { type: 'noteChoice', params: ({ event }) => event.output },
            ],
          },
          {
            guard: { type: 'broken', params: ({ event }) => event.output },
            target: 'repairing',
            actions: [
              { type: 'noteCost', params: ({ event }) => event.output },
              { type: 'complain', params: ({ event }) => complaintOf(event.output) },
            ],
          },
          {
            guard: { type: 'mayWait', params: ({ event }) => event.output },
            target: 'waiting',
            actions: [
              { type: 'noteCost', params: ({ event }) => event.output },
              { type: 'noteOutage', params: ({ event }) => event.output },
            ],
          },
          {
            target: 'fallingBack',
            actions: [
              { type: 'noteCost', params: ({ event }) => event.output },
              { type: 'giveReason', params: ({ event }) => reasonOf(event.output) },
            ],
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
    repairing: {
      always: [
        { guard: 'repairsLeft', target: 'pickingDecider' },
        {
          target: 'fallingBack',
          actions: {
            type: 'giveReason',
            params: ({ context }) => `broke the contract: ${context.complaints.at(-1)}`,
          },
        },
      ],
    },
    waiting: { after: { wait: 'pickingDecider' } },
    fallingBack: {
      entry: 'nextDecider',
      always: { target: 'pickingDecider' },
    },
    decided: { type: 'final' },
    abstained: { type: 'final' },
  },
})

function optionOf({ check }: Asked): AgentEvent {
  return (check as Extract<Check, { valid: true }>).option
}

function complaintOf({ answer, check }: Asked): string {
  if (answer.kind === 'malformed') return answer.complaint
  return check?.valid === false ? check.complaint : ''
}

function reasonOf({ answer }: Asked): string {
  if (answer.kind === 'refused') return `refused: ${answer.reason}`
  return 'reason' in answer ? answer.reason : ''
}

/** What was counted so far, and what one more answer took, where either is known. */
function sum<T extends { [K in keyof T]: number }>(
  before: T | null,
  more: T | undefined,
): T | null {
  return before && more ? plus(before, more) : (more ?? before)
}

function messageOf(error: unknown): string {
  return (error as ErrorValue).message
}

function provenance(context: DecisionContext): Provenance {
  const { model, confidence } = context.answer!
  const { usage, cost } = context
  return {
    decider: context.deciders[context.current]!,
    ...(model === undefined ? {} : { model }),
    ...(usage === null ? {} : { usage }),
    ...(cost === null ? {} : { cost }),
    ...(confidence === undefined ? {} : { confidence }),
    promptHash: context.promptHash,
    attempts: context.attempts,
    latencyMs: context.latencyMs,
  }
}
