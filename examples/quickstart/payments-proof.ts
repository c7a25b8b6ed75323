import {
  approvalAbstraction,
  broken,
  defineWorld,
  everyExpectedEventIsTaken,
  everyStateIsReached,
  keysAreHonoured,
  monitor,
  noAgentFails,
  noUnhandledEvent,
  settles,
} from 'ashlar/proof'
import { approvalAgent, paymentAgent } from './approval.ts'

/** The payment with its approval, an order that changes meanwhile, and people who say anything. */
export default defineWorld<null>({
  name: 'payments',
  agents: [{ definition: paymentAgent, id: 'p1', input: { order: 'A-7', cents: 12_000 } }],
  children: [approvalAgent],
  outside: null,
  tools: {
    pay_out_approved: { execute: () => [{ output: { receipt: 'r' } }] },
    mail_approvers: { execute: () => [{ output: null }] },
  },
  outsiders: [
    {
      name: 'shop',
      to: 'payment/p1',
      most: 1,
      events: ({ snapshot }) => [
        { event: { type: 'AMEND', cents: 15_000 }, isExpected: snapshot.value === 'asking' },
      ],
    },
    {
      name: 'finance',
      to: 'payment-approval/*',
      events: ({ snapshot }) => {
        const { hash } = snapshot.context as { hash: string }
        return [
          { event: { type: 'APPROVE', by: 'ann', hash }, isExpected: true },
          { event: { type: 'APPROVE', by: 'mallory', hash } },
          { event: { type: 'APPROVE', by: 'bob', hash: 'of something else' } },
          { event: { type: 'REJECT', by: 'bob', hash }, isExpected: true },
          { event: { type: 'WITHDRAW', by: 'payment agent', hash }, isExpected: true },
        ]
      },
    },
  ],
  abstractions: { 'payment-approval': approvalAbstraction },
  properties: [
    monitor<null, number>('what is paid was approved, to the cent', {
      initial: 0,
      of: ['emitted', 'sent', 'executed'],
      next: (approved, occurrence) => {
        if (occurrence.kind === 'emitted' && occurrence.event.type === 'ASK') {
          const { effect } = occurrence.event as unknown as {
            effect: { arguments: { cents: number } }
          }
          return -effect.arguments.cents
        }
        if (occurrence.kind === 'sent' && occurrence.event.type === 'APPROVE') {
          const isTheirs = occurrence.event['by'] === 'ann'
          return isTheirs ? Math.abs(approved) : approved
        }
        if (occurrence.kind !== 'executed' || occurrence.tool !== 'pay_out_approved')
          return approved
        const { cents } = occurrence.input as { cents: number }
        return cents === approved ? approved : broken(`${cents} cents were paid`)
      },
    }),
    keysAreHonoured(),
    noAgentFails(),
    everyExpectedEventIsTaken(),
    noUnhandledEvent({ except: ['APPROVE', 'REJECT', 'WITHDRAW', 'AMEND'] }),
    settles(),
    everyStateIsReached(),
  ],
})
