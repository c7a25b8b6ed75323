import type { ErrorValue } from '../contracts/error.ts'

/** Outputs of the committed steps, by step id; each has the type of its tool's output. */
// oxlint-disable-next-line typescript/no-explicit-any
export type SagaResults = Readonly<Record<string, any>>

/** What a saga knows between two steps. */
export interface SagaContext<Input> {
  input: Input
  results: SagaResults
  /** Steps whose call ended well, in order. */
  committed: string[]
  /** Steps that can be undone, or need not be. */
  undoable: string[]
  compensated: string[]
  failed: { step: string; error: ErrorValue } | null
  /** Steps that may have happened or not. */
  doubtful: string[]
  notCompensated: { step: string; error: ErrorValue }[]
  cancelled: boolean
}

/** How a saga ended. */
export interface SagaOutput {
  /**
   * `committed`: every step took effect. `compensated`: none does any more. `incomplete`: somebody
   * must look at the steps in `inDoubt` and `notCompensated`.
   */
  outcome: 'committed' | 'compensated' | 'incomplete'
  /** Steps that took effect, in order, whether or not they were undone. */
  done: string[]
  /** Steps that were undone, in the order in which it happened. */
  compensated: string[]
  /** The step that did not end well. Absent when the saga was cancelled, or committed. */
  failed?: { step: string; error: ErrorValue }
  /** Steps of which nobody knows whether they took effect, and which were not undone. */
  inDoubt: string[]
  /** Steps whose compensation failed, or is in doubt, or does not exist. */
  notCompensated: { step: string; error: ErrorValue }[]
  results: SagaResults
}

/** The output that a context amounts to. A saga that failed nowhere and was let be has committed. */
export function sagaOutput<Input>(context: SagaContext<Input>): SagaOutput {
  const { committed: done, compensated, doubtful, failed, cancelled, results } = context
  const base = { done, compensated, ...(failed ? { failed } : {}), results }
  if (!failed && !cancelled) {
    return { ...base, outcome: 'committed', inDoubt: [], notCompensated: [] }
  }
  const inDoubt = doubtful.filter((step) => !compensated.includes(step))
  const stuck = done.filter((step) => !context.undoable.includes(step)).map(withoutCompensation)
  const notCompensated = [...context.notCompensated, ...stuck]
  const isClean = inDoubt.length === 0 && notCompensated.length === 0
  return { ...base, outcome: isClean ? 'compensated' : 'incomplete', inDoubt, notCompensated }
}

function withoutCompensation(step: string): { step: string; error: ErrorValue } {
  const message = `step ${step} declares no compensation`
  return { step, error: { name: 'SagaError', code: 'no-compensation', message } }
}
