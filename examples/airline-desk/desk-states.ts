import { policyRules } from './domain/policy/index.ts'
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
          { guard: 'rejectedByTool', target: '#understanding', actions: 'noteToolRefusal' },
          { target: '#handingOver', actions: 'noteToolFailure' },
        ],
      },
    },
  ])
  return {
    choosing: {
      always: [
        ...names.map((name) => ({ guard: { type: 'actIs', params: { name } }, target: name })),
        { target: '#understanding', actions: 'noteUnknownTool' },
      ],
    },
    ...Object.fromEntries(calling),
  }
}

/** Every rule of the policy as a branch of its own, in the order in which the rules are tried. */
export function policyBranches(): object[] {
  return [
    { guard: 'malformed', target: 'refusing', actions: { type: 'refuse', params: { rule: null } } },
    ...policyRules.map(({ tool, id }) => ({
      guard: { type: 'breaks', params: { tool, rule: id } },
      target: 'refusing',
      actions: { type: 'refuse', params: { rule: id } },
    })),
  ]
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
