import type { Facts } from './domain/policy/index.ts'
import { policyRules } from './domain/policy/index.ts'
import type { Act } from './contracts.ts'
import { lookUpNames, searchNames, writeNames } from './contracts.ts'

/**
 * The parts of the chart that repeat: one state per tool, one branch per rule of the policy. They
 * are generated so that a tool or a rule that is added appears in the chart, and in what is proved
 * about it, by itself.
 */

interface ToolStatesOptions {
  names: readonly string[]
  /** Where to go, and what to note, when the tool has answered. */
  onAnswer: object[]
}

/** A compound state that goes to the state of the tool that was asked for, and calls it there. */
export function toolStates({ names, onAnswer }: ToolStatesOptions): Record<string, object> {
  const calling = names.map((name) => [
    name,
    {
      invoke: {
        id: name,
        src: name,
        input: ({
          context,
        }: {
          context: { branch: string; act: { arguments: unknown } | null }
        }) => ({
          branch: context.branch,
          arguments: context.act?.arguments,
        }),
        onDone: onAnswer,
        onError: [
          // The tool refused the arguments: the model is told and chooses again.
          { guard: 'rejectedByTool', target: '#refusing', actions: 'noteToolRefusal' },
          { target: '#handingOver', actions: 'noteToolFailure' },
        ],
      },
    },
  ])
  return {
    choosing: {
      always: [
        ...names.map((name) => ({ guard: { type: 'actIs', params: { name } }, target: name })),
        { target: '#refusing', actions: 'noteUnknownTool' },
      ],
    },
    ...Object.fromEntries(calling),
  }
}

/** The kinds of writes, by the state in which their rules are checked. */
const kinds: Readonly<Record<string, string>> = {
  booking: 'book_reservation',
  cancelling: 'cancel_reservation',
  changingFlights: 'update_reservation_flights',
  changingBags: 'update_reservation_baggages',
  changingPassengers: 'update_reservation_passengers',
  compensating: 'send_certificate',
}

/**
 * A state per kind of write, and in it a branch per rule of the policy, in the order in which the
 * rules are tried. The guard of a branch is named after its rule.
 */
export const policyStates: Readonly<Record<string, object>> = {
  choosing: {
    always: [
      { guard: 'malformed', target: '#refusing', actions: { type: 'refuse', params: {} } },
      ...Object.entries(kinds).map(([state, name]) => ({
        guard: { type: 'actIs', params: { name } },
        target: state,
      })),
      { target: '#refusing', actions: 'noteUnknownTool' },
    ],
  },
  ...Object.fromEntries(
    Object.entries(kinds).map(([state, name]) => [
      state,
      {
        always: [
          ...policyRules
            .filter(({ tool }) => tool === name)
            .map(({ id }) => ({
              guard: id,
              target: '#refusing',
              actions: { type: 'refuse', params: { rule: id } },
            })),
          { guard: 'agreed', target: '#executing' },
          { target: '#confirming' },
        ],
      },
    ]),
  ),
}

type Guarded = { context: { act: Act | null; facts: Facts | null } }

/** A guard per rule of the policy: true when the act at hand breaks it. */
export const policyGuards: Readonly<Record<string, (args: Guarded) => boolean>> =
  Object.fromEntries(
    policyRules.map(({ id }) => [id, ({ context }) => breaks(context.act!, context.facts!, id)]),
  )

function breaks(act: Act, facts: Facts, rule: string): boolean {
  return policyRules.some(
    ({ tool, id, breach }) =>
      tool === act.name && id === rule && breach(act.arguments, facts) !== null,
  )
}

export const lookUps: Record<string, object> = toolStates({
  names: lookUpNames,
  onAnswer: [{ target: '#understanding', actions: 'noteAnswer' }],
})

export const searches: Record<string, object> = toolStates({
  names: searchNames,
  onAnswer: [{ target: '#understanding', actions: 'noteAnswer' }],
})

export const writes: Record<string, object> = toolStates({
  names: writeNames,
  onAnswer: [
    { guard: 'answerIsError', target: '#understanding', actions: 'noteAnswer' },
    { target: '#recording', actions: ['noteAnswer', 'noteWrite'] },
  ],
})
