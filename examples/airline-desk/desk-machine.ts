import type { ErrorValue, ToolFailure } from 'ashlar'
import { decisionActor, memoryActor, recall, remember, toolActor } from 'ashlar'
import { assign, emit, raise, setup } from 'xstate'
import { agrees } from './consent.ts'
import type { Act, Move } from './contracts.ts'
import { airlineTools, gatherFacts, handoverName, identifyCustomer, nextMove } from './contracts.ts'
import type { DeskContext, DeskInput } from './desk-context.ts'
import { describeAct } from './describe-act.ts'
import { failedCall, hashAct, initialContext, movesPerTurnMax, withLine } from './desk-context.ts'
import { lookUps, policyGuards, policyStates, searches, writes } from './desk-states.ts'
import { operationNamed } from './domain/operations/index.ts'
import type { Facts } from './domain/policy/index.ts'
import { isTransferDue, judge, transferNotNeeded } from './domain/policy/index.ts'
import { refusalVerdict, refused } from './refusing.ts'

export type DeskEvent =
  | { type: 'CUSTOMER'; text: string; turn: number }
  | { type: 'ANSWER'; text: string; number: number }
  | { type: 'LEAVE' }
  | Move

export interface DeskOutput {
  outcome: 'ended' | 'transferred'
  refusals: DeskContext['refusals']
  calls: DeskContext['calls']
  writes: DeskContext['writes']
  handover: string | null
}

const toolActors = Object.fromEntries(
  Object.entries(airlineTools).map(([name, contract]) => [name, toolActor(contract)]),
)

/** Customer silence after which the desk closes the conversation. */
const silenceMs = 60 * 60 * 1000
/** Time without a valid choice after which a person takes over. */
const thinkingMs = 10 * 60 * 1000

const desk = setup({
  types: {} as { context: DeskContext; events: DeskEvent; input: DeskInput; output: DeskOutput },
  actors: {
    ...toolActors,
    handOver: toolActor(airlineTools[handoverName]!),
    identifyCustomer: toolActor(identifyCustomer),
    gatherFacts: toolActor(gatherFacts),
    nextMove: decisionActor(nextMove),
    recall: memoryActor(recall),
    remember: memoryActor(remember),
  },
  delays: { silence: silenceMs, thinking: thinkingMs },
  guards: {
    nextTurn: ({ context, event }) => event.type === 'CUSTOMER' && event.turn === context.turn + 1,
    mayGoOn: ({ context }) => context.movesThisTurn <= movesPerTurnMax,
    actIs: ({ context }, { name }: { name: string }) => context.act?.name === name,
    malformed: ({ context }) => {
      const operation = operationNamed(context.act!.name)
      return operation?.input.safeParse(context.act!.arguments).success !== true
    },
    ...policyGuards,
    mayTransfer: ({ context }) => {
      const { calls, refusals, customerSaid } = context
      return isTransferDue({ customerSaid, attempts: calls.length + refusals.length })
    },
    answersThis: ({ context, event }) =>
      event.type === 'ANSWER' && event.number === context.confirmation?.number,
    confirmed: ({ context, event }) =>
      event.type === 'ANSWER' &&
      event.number === context.confirmation?.number &&
      agrees(event.text, context.act!.name),
    agreed: ({ context }) =>
      context.agreed !== null && context.agreed === hashAct(context.act!, context.facts!.charges),
    answerIsError: ({ event }) =>
      String((event as { output?: unknown }).output).startsWith('Error:'),
    rejectedByTool: ({ event }) => (event as { error?: ToolFailure }).error?.kind === 'rejected',
  },
  actions: {
    hearCustomer: assign(({ context, event }) => {
      if (event.type !== 'CUSTOMER') return {}
      return {
        turn: event.turn,
        movesThisTurn: 0,
        customerSaid: [...context.customerSaid, event.text],
        lines: withLine(context.lines, { from: 'customer', text: event.text }),
      }
    }),
    countMove: assign({
      moves: ({ context }) => context.moves + 1,
      movesThisTurn: ({ context }) => context.movesThisTurn + 1,
    }),
    keepAct: assign({
      act: ({ event }) => {
        const { name, arguments: args } = event as Act & { type: string }
        return { name, arguments: args }
      },
    }),
    keepReply: assign(({ context, event }) => {
      const { text } = event as { text: string }
      return { reply: text, lines: withLine(context.lines, { from: 'desk', text }) }
    }),
    sayReply: emit(({ context }) => ({ type: 'REPLY', text: context.reply ?? '' })),
    askToConfirm: assign({
      confirmation: ({ context }) => ({
        hash: hashAct(context.act!, context.facts!.charges),
        number: context.confirmations + 1,
        text: `Please confirm (yes/no): ${describeAct(context.act!, context.facts!)}`,
      }),
      confirmations: ({ context }) => context.confirmations + 1,
    }),
    sayConfirmation: emit(({ context }) => ({ type: 'CONFIRM', ...context.confirmation! })),
    refuse: assign(({ context }, { rule }: { rule?: string }) => {
      const act = context.act!
      const verdict = judge(act, context.facts!)
      const given = verdict.allowed ? { rule: 'unknown', reason: '' } : verdict
      return refused(context, rule ?? given.rule, given.reason, act)
    }),
    refuseTransfer: assign(({ context, event }) => {
      const { summary } = event as { summary: string }
      const act = { name: handoverName, arguments: { summary } }
      return refused(context, 'transfer-not-needed', transferNotNeeded, act)
    }),
    refuseUnconfirmed: assign(({ context, event }) => {
      const { text } = event as { text: string }
      const reason = `The customer did not agree to exactly this: ${text.slice(0, 200)}`
      return {
        ...refused(context, 'not-confirmed', reason, context.act!),
        customerSaid: withWords(context.customerSaid, text),
      }
    }),
    noteAnswer: assign(({ context, event }) => {
      const text = String((event as { output?: unknown }).output)
      const call = { tool: context.act!.name, ok: !text.startsWith('Error:') }
      const line = { from: 'tool' as const, text, call: context.act! }
      return { calls: [...context.calls, call], lines: withLine(context.lines, line) }
    }),
    noteWrite: assign(({ context }) => {
      const { name, arguments: args } = context.act!
      return { writes: [...context.writes, { tool: name, arguments: args }] }
    }),
    noteToolRefusal: assign(({ context, event }) => {
      const { message } = (event as unknown as { error: ErrorValue }).error
      return refused(context, 'bad-arguments', message, context.act!, 'tool')
    }),
    noteUnknownTool: assign(({ context }) => {
      const act = context.act ?? { name: '', arguments: {} }
      return refused(context, 'unknown-tool', `There is no tool ${act.name}.`, act)
    }),
    sayRefusal: emit(({ context }) => refusalVerdict(context.refusals.at(-1)!)),
    noteToolFailure: assign({
      handover: ({ event }) => {
        const { error } = event as { error?: ErrorValue }
        return `${failedCall}${error?.message ?? 'a call failed'}`
      },
    }),
    noteAgreement: assign({ agreed: ({ context }) => context.confirmation!.hash }),
    forgetAct: assign({ act: null, facts: null, confirmation: null, agreed: null }),
  },
})

/**
 * A customer-service desk. The model chooses moves; this chart owns what they may do: facts come
 * from tools, every rule of the policy is a branch of `checkingPolicy`, and no write is executed
 * that the customer has not confirmed, by hash, in exactly this form.
 */
export const deskMachine = desk.createMachine({
  id: 'airline-desk',
  version: '1',
  context: ({ input }) => initialContext(input),
  initial: 'listening',
  output: ({ context, event }) => ({
    outcome: (event as { output?: DeskOutput['outcome'] }).output ?? 'ended',
    refusals: context.refusals,
    calls: context.calls,
    writes: context.writes,
    handover: context.handover,
  }),
  states: {
    listening: {
      on: {
        CUSTOMER: [
          {
            guard: ({ context, event }) =>
              event.turn === context.turn + 1 && context.customer !== null,
            target: 'understanding',
            actions: 'hearCustomer',
          },
          { guard: 'nextTurn', target: 'identifying', actions: 'hearCustomer' },
        ],
        LEAVE: { target: 'ended' },
      },
      after: { silence: { target: 'ended' } },
    },
    identifying: {
      invoke: {
        id: 'identifyCustomer',
        src: 'identifyCustomer',
        input: ({ context }) => ({ branch: context.branch, customerSaid: context.customerSaid }),
        onDone: [
          {
            guard: ({ event }) => event.output.userId !== null,
            target: 'recalling',
            actions: assign({ customer: ({ event }) => event.output.userId }),
          },
          { target: 'understanding' },
        ],
        onError: { target: 'handingOver', actions: 'noteToolFailure' },
      },
    },
    recalling: {
      invoke: {
        id: 'recall',
        src: 'recall',
        input: ({ context }) => ({ subject: customerSubject(context), kind: 'last-change' }),
        onDone: {
          target: 'understanding',
          actions: assign({
            remembered: ({ event }) => event.output.map(({ value }) => JSON.stringify(value)),
          }),
        },
        // What earlier conversations left is a help, not a condition.
        onError: { target: 'understanding' },
      },
    },
    understanding: {
      id: 'understanding',
      // Counted before the model is asked: what is offered must still be taken when it answers.
      entry: ['forgetAct', 'countMove'],
      invoke: {
        id: 'nextMove',
        src: 'nextMove',
        input: ({ context }) => ({
          recording: context.recording,
          index: context.moves - 1,
          customer: context.customer,
          remembered: context.remembered,
          lines: context.lines,
        }),
        onDone: { actions: raise(({ event }) => event.output) },
        onError: { target: 'handingOver', actions: 'noteToolFailure' },
      },
      on: {
        REPLY: { target: 'replying', actions: 'keepReply' },
        LOOK_UP: [{ guard: 'mayGoOn', target: 'lookingUp', actions: 'keepAct' }],
        SEARCH: [{ guard: 'mayGoOn', target: 'searching', actions: 'keepAct' }],
        PROPOSE: [{ guard: 'mayGoOn', target: 'proposing', actions: 'keepAct' }],
        TRANSFER: [
          {
            guard: 'mayTransfer',
            target: 'handingOver',
            actions: assign({ handover: ({ event }) => event.summary }),
          },
          { target: 'refusing', actions: 'refuseTransfer' },
        ],
      },
      after: { thinking: { target: 'handingOver' } },
    },
    replying: { entry: 'sayReply', always: { target: 'listening' } },
    lookingUp: { initial: 'choosing', states: lookUps as never },
    searching: { initial: 'choosing', states: searches as never },
    proposing: {
      invoke: {
        id: 'gatherFacts',
        src: 'gatherFacts',
        input: ({ context }) => ({
          branch: context.branch,
          proposal: context.act!,
          customerSaid: context.customerSaid,
        }),
        onDone: {
          target: 'checkingPolicy',
          actions: assign({ facts: ({ event }): Facts => event.output }),
        },
        onError: { target: 'handingOver', actions: 'noteToolFailure' },
      },
    },
    checkingPolicy: { initial: 'choosing', states: policyStates as never },
    refusing: { id: 'refusing', entry: 'sayRefusal', always: { target: 'understanding' } },
    confirming: {
      id: 'confirming',
      entry: ['askToConfirm', 'sayConfirmation'],
      on: {
        ANSWER: [
          // The policy is checked again, on fresh facts, right before the write.
          { guard: 'confirmed', target: 'proposing', actions: 'noteAgreement' },
          { guard: 'answersThis', target: 'refusing', actions: 'refuseUnconfirmed' },
        ],
        LEAVE: { target: 'ended' },
      },
      after: { silence: { target: 'ended' } },
    },
    executing: { id: 'executing', initial: 'choosing', states: writes as never },
    recording: {
      id: 'recording',
      invoke: {
        id: 'remember',
        src: 'remember',
        input: ({ context }) => ({
          subject: customerSubject(context),
          kind: 'last-change',
          value: { tool: context.act!.name, reservation: reservationOf(context.act!) },
          toolResult: context.act!.name,
        }),
        onDone: { target: 'understanding' },
        onError: { target: 'understanding' },
      },
    },
    handingOver: {
      id: 'handingOver',
      invoke: {
        id: 'handOver',
        src: 'handOver',
        input: ({ context }) => ({
          branch: context.branch,
          arguments: { summary: context.handover ?? 'The desk cannot go on.' },
        }),
        onDone: { target: 'transferred' },
        // A person takes over all the same: the conversation stands in the journal.
        onError: { target: 'transferred' },
      },
    },
    ended: { type: 'final', output: () => 'ended' },
    transferred: { type: 'final', output: () => 'transferred' },
  },
})

function customerSubject(context: DeskContext): string {
  return `customer/${context.branch}/${context.customer ?? 'unknown'}`
}

/** What is answered to a question of the desk is said by the customer as well, once. */
function withWords(customerSaid: string[], text: string): string[] {
  return customerSaid.at(-1) === text ? customerSaid : [...customerSaid, text]
}

function reservationOf(act: Act): string | null {
  const { reservation_id: id } = act.arguments
  return typeof id === 'string' ? id : null
}
