import type { Source } from '../actors/source.ts'
import type { ErrorValue } from '../contracts/error.ts'
import { toolFailure } from '../contracts/tool.ts'

/** What a source may end with, whatever it was asked. */
export function errorsOf(source: Source): ErrorValue[] {
  switch (source.kind) {
    case 'tool': {
      const { name, effect } = source.contract
      const error = { name: 'Error', message: 'it did not work' }
      return [
        toolFailure(name, { kind: 'rejected', reason: 'not allowed' }),
        toolFailure(name, { kind: 'failed', attempts: 1, error }),
        ...(effect === 'once'
          ? [toolFailure(name, { kind: 'inDoubt', reason: 'nobody answered' })]
          : []),
      ]
    }
    case 'decision': {
      const decision = source.contract.name
      const failure = { name: 'DecisionFailure', kind: 'abstained', decision }
      const message = `nobody decided ${decision}`
      return [
        { ...failure, message },
        { ...failure, message: `${message}: the budget is spent`, isExhausted: true },
        { ...failure, kind: 'failed', message: `decision ${decision} was not finished` },
      ]
    }
    case 'memory': {
      const { name } = source.contract
      return [
        { name: 'MemoryFailure', kind: 'rejected', message: `${name} rejected` },
        { name: 'MemoryFailure', kind: 'failed', message: `${name} failed after 1 attempt(s)` },
      ]
    }
    case 'promise':
    case 'agent':
      return [{ name: 'Error', message: 'it did not work' }]
  }
}

const fact = {
  subject: 'somebody',
  kind: 'note',
  value: 'something',
  source: { actor: 'machine/somebody' },
  at: 0,
  asOf: 0,
  version: 1,
  stale: false,
}

/** What the memory answers. */
export const memoryOutputs: Readonly<Record<'remember' | 'recall' | 'forget', readonly unknown[]>> =
  {
    remember: [
      { kind: 'remembered', version: 1 },
      { kind: 'conflict', present: fact },
      { kind: 'conflict', present: null },
    ],
    recall: [[], [fact], [{ ...fact, stale: true }]],
    forget: [{ forgotten: 0 }, { forgotten: 1 }],
  }
