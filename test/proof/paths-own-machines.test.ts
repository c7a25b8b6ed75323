import {
  approvalEvents,
  declareTool,
  defineAgent,
  defineApproval,
  defineSaga,
  toolActor,
} from 'ashlar'
import type { MachineTestOptions } from 'ashlar/testing'
import { testMachine } from 'ashlar/testing'
import { describe, test } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import * as z from 'zod'
import { hashJson } from '../../src/contracts/json.ts'
import type { ApprovalOptions } from '../../src/machines/approval.ts'
import { decisionMachine } from '../../src/machines/decision.ts'
import { memoryOperationMachine } from '../../src/machines/memory-operation.ts'
import { toolCallMachine } from '../../src/machines/tool-call.ts'

const all = { states: 100, transitions: 100, options: 100 }

function failure(members: object): Error {
  return Object.assign(new Error('it did not work'), members)
}

/** Inputs of tool calls that differ in one thing each. */
const call = {
  effect: 'once',
  retry: { attempts: 2, firstDelayMs: 100, maxDelayMs: 1_000 },
  timeoutMs: 5_000,
  jitter: 0.5,
  canReconcile: true,
  validation: { valid: true, value: { order: 'A1' } },
  admission: { admitted: true },
}
const toolCalls = [
  call,
  { ...call, canReconcile: false },
  { ...call, effect: 'read' },
  { ...call, validation: { valid: false, reason: 'order: missing' } },
  { ...call, admission: { admitted: false, reason: 'the breaker is open' } },
]

const chosen = { kind: 'chosen', option: { type: 'YES' }, confidence: 0.9 }
const answers = [
  { answer: chosen, check: { valid: true, option: { type: 'YES' } } },
  { answer: chosen, check: { valid: false, complaint: 'text: missing' } },
  { answer: { kind: 'malformed', complaint: 'no JSON' } },
  { answer: { kind: 'unavailable', reason: '429' }, waitMs: 100 },
  { answer: { kind: 'unavailable', reason: '429' }, waitMs: 100_000 },
  { answer: { kind: 'refused', reason: 'not that' } },
].map((asked) => ({ latencyMs: 5, ...asked }))
const question = {
  assembled: { prompt: 'Yes or no?', promptHash: 'hash' },
  metered: true,
  offered: ['YES', 'NO'],
  deciders: ['one', 'two'],
  repairs: 1,
  retries: 1,
  retryMaxMs: 1_000,
  timeoutMs: 5_000,
}
const questions = [
  question,
  { ...question, metered: false },
  { ...question, offered: [] },
  { ...question, assembled: { problem: 'the prompt is too long' } },
]

const machines: [AnyStateMachine, MachineTestOptions][] = [
  [
    toolCallMachine,
    {
      inputs: toolCalls,
      examples: {
        recordIntent: [
          { kind: 'new' },
          { kind: 'settled', outcome: { kind: 'done', output: 1 } },
          { kind: 'open' },
          { kind: 'open', waitMs: 800 },
          failure({ disposition: 'retryable' }),
        ],
        execute: [
          { receipt: 1 },
          failure({ disposition: 'terminal' }),
          failure({ code: 'store-outage' }),
        ],
        reconcile: [
          { kind: 'happened', output: { receipt: 1 } },
          { kind: 'didNotHappen' },
          { kind: 'superseded' },
          { kind: 'unknown' },
        ],
      },
    },
  ],
  [
    decisionMachine,
    {
      inputs: questions,
      examples: {
        reserve: [{ granted: true }, { granted: false, reason: 'the budget is spent' }],
        ask: answers,
      },
      // Reasons, costs and latencies grow with every answer; the course does not depend on them.
      stateKey: ({ snapshot: { context } }) => [
        context['metered'],
        context['offered'],
        context['current'],
        context['outages'],
        (context['complaints'] as unknown[]).length,
      ],
    },
  ],
  [
    memoryOperationMachine,
    {
      inputs: [{ input: { subject: 'ann' } }],
      examples: {
        validate: [
          { valid: true, value: { subject: 'ann' } },
          { valid: false, reason: 'subject: missing' },
        ],
        perform: [
          { kind: 'done', output: [] },
          { kind: 'contended' },
          failure({ disposition: 'retryable' }),
        ],
      },
    },
  ],
]

describe('every transition of the statecharts of the library is taken', () => {
  for (const [machine, options] of machines)
    testMachine(machine, { test, coverage: all, ...options })
})

const payment = z.object({ order: z.string(), cents: z.int() })
const effect = { order: 'A1', cents: 50_000 }
const hash = hashJson(effect)
const request = { effect, summary: 'pay 500.00 back', requestedBy: 'bot', required: 2 }
const approval = {
  version: '1',
  subject: payment,
  approvers: ['ann', 'bob', 'carl'],
  expiresAfterMs: 86_400_000,
}
const mail = toolActor(
  declareTool({
    name: 'send_mail',
    description: 'Tells people.',
    input: z.unknown(),
    output: z.null(),
    effect: 'once',
  }),
)

const approvals: ApprovalOptions<z.infer<typeof payment>>[] = [
  { id: 'plain-approval', ...approval },
  { id: 'own', ...approval, requesterMayApprove: true },
  { id: 'reminding', ...approval, remindEveryMs: 3_600_000, remindersMax: 2 },
  { id: 'renewing', ...approval, delegationRenews: true },
  {
    id: 'telling',
    ...approval,
    remindEveryMs: 3_600_000,
    remindersMax: 1,
    notify: mail,
  },
]

describe('every transition of approvals is taken', () => {
  for (const options of approvals) {
    const agent = defineAgent({ machine: defineApproval(options), events: approvalEvents })
    testMachine(agent, {
      test,
      coverage: all,
      inputs: [request, { ...request, required: 1 }],
      examples: {
        APPROVE: [
          { by: 'ann', hash },
          { by: 'bob', hash },
          { by: 'ann', hash: 'another' },
        ],
        REJECT: [
          { by: 'ann', hash },
          { by: 'nobody', hash },
        ],
        DELEGATE: [
          { by: 'ann', to: 'dora' },
          { by: 'nobody', to: 'dora' },
        ],
        WITHDRAW: [{ by: 'bot' }, { by: 'ann' }],
      },
      stateKey: ({ snapshot: { context } }) => [
        context['required'],
        context['approvedBy'],
        context['places'],
        context['reminders'],
      ],
    })
  }
})

const leg = z.object({ city: z.string() })
const tool = (name: string, effectClass: 'idempotent' | 'once', undo = true) => {
  const declared = { description: name, input: leg, output: leg, effect: effectClass } as const
  const cancel = declareTool({ name: `cancel_${name}`, ...declared })
  const compensate = { tool: cancel, input: ({ input }: { input: unknown }) => input }
  return declareTool({ name, ...declared, ...(undo ? { compensate } : {}) })
}

const saga = defineSaga({
  id: 'saga',
  version: '1',
  input: leg,
  steps: [
    { id: 'flight', tool: tool('flight', 'once'), input: ({ input }) => input },
    { id: 'hotel', tool: tool('hotel', 'once'), input: ({ input }) => input },
    { id: 'taxi', tool: tool('taxi', 'once', false), input: ({ input }) => input },
  ],
})

describe('every transition of a saga is taken', () => {
  testMachine(defineAgent({ machine: saga, input: leg }), { test, coverage: all })
})
