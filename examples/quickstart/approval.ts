import {
  approvalEvents,
  defineAgent,
  defineApproval,
  defineService,
  defineTool,
  isApprovalOf,
  toolActor,
} from 'ashlar'
import type { ApprovalOutput } from 'ashlar'
import { assign, setup } from 'xstate'
import * as z from 'zod'

const payment = z.object({ order: z.string(), cents: z.int().positive() })

const payOut = defineTool({
  name: 'pay_out_approved',
  input: payment,
  output: z.object({ receipt: z.string() }),
  effect: 'idempotent',
  execute: ({ order, cents }) => ({ receipt: `${order}:${cents}` }),
})

const sendMail = defineTool({
  name: 'mail_approvers',
  input: z.object({ to: z.array(z.string()), summary: z.string() }),
  output: z.null(),
  effect: 'idempotent',
  // Here a real one would send it; the key begins with the address for `ashlar approve`.
  execute: () => null,
})

// An ordinary XState machine, with which people approve exactly one payment.
const approval = defineApproval({
  id: 'payment-approval',
  version: '1',
  subject: z.object({ name: z.literal('pay_out'), arguments: payment }),
  approvers: ['finance'],
  roles: { finance: ['ann', 'bob'] },
  expiresAfterMs: 24 * 3_600_000,
  remindEveryMs: 4 * 3_600_000,
  notify: toolActor(sendMail),
})

interface Context {
  order: string
  cents: number
  approval: ApprovalOutput | null
}

// The effect is made in one place, for people, for the guard and for the call.
const effectOf = ({ order, cents }: Context) => ({
  name: 'pay_out' as const,
  arguments: { order, cents },
})

const machine = setup({
  types: {} as {
    context: Context
    input: { order: string; cents: number }
    events: { type: 'AMEND'; cents: number }
  },
  actors: { approval, payOut: toolActor(payOut) },
  guards: {
    small: ({ context }) => context.cents <= 10_000,
    approved: ({ context }) => isApprovalOf(context.approval, effectOf(context)),
  },
}).createMachine({
  id: 'payment',
  version: '1',
  context: ({ input }) => ({ ...input, approval: null }),
  initial: 'checking',
  // The amount may change at any time before the payment: an approval of the old one is void.
  on: { AMEND: { actions: assign({ cents: ({ event }) => event.cents }) } },
  states: {
    checking: {
      always: [
        { guard: 'small', target: 'paying' },
        { guard: 'approved', target: 'paying' },
        { target: 'asking' },
      ],
    },
    asking: {
      invoke: {
        id: 'approval',
        src: 'approval',
        input: ({ context }) => ({
          effect: effectOf(context),
          summary: `Pay ${(context.cents / 100).toFixed(2)} EUR back for order ${context.order}`,
          requestedBy: 'payment agent',
        }),
        onDone: [
          {
            guard: ({ event }) => event.output.kind === 'approved',
            target: 'checking',
            actions: assign({ approval: ({ event }) => event.output }),
          },
          { target: 'refused' },
        ],
        onError: { target: 'refused' },
      },
    },
    paying: {
      on: { AMEND: {} }, // Too late.
      invoke: {
        id: 'payOut',
        src: 'payOut',
        input: ({ context }) => effectOf(context).arguments,
        onDone: { target: 'paid' },
        onError: { target: 'refused' },
      },
    },
    paid: { type: 'final' },
    refused: { type: 'final' },
  },
  output: ({ context }) => ({ cents: context.cents, approvedBy: context.approval?.by ?? [] }),
})

export const paymentAgent = defineAgent({ machine })
export const approvalAgent = defineAgent({ machine: approval, events: approvalEvents })

export default defineService('payments', () => ({
  agents: [paymentAgent, approvalAgent],
  tools: [payOut, sendMail],
}))
