/** What is wrong between a stored instance and a chart, by a name that stays. */
export type ProblemKind =
  /** The chart differs under one version: the runtime folds the old state with it unawares. */
  | 'raise-version'
  /** The instance pauses until a host of its own version runs. */
  | 'other-version'
  | 'state-gone'
  | 'state-incomplete'
  | 'state-ended'
  | 'child-orphaned'
  | 'child-changed'
  | 'source-gone'
  | 'option-untaken'
  | 'invoke-not-started'
  | 'timer-untaken'
  | 'after-not-set'
  | 'delay-changed'
  | 'no-way-out'
  | 'throws'
  | 'event-untaken'
  | 'always-due'
  | 'history-gone'
  | 'budget-kept'
  | 'context-missing'

/** One thing that would go wrong, or be lost, if an instance went on under another chart. */
export interface InstanceProblem {
  readonly kind: ProblemKind
  /** True: the instance cannot go on by itself. False: it goes on, with something lost or changed. */
  readonly strands: boolean
  /** Of the state node, as a dotted path; the machine's id where it is about all of it. */
  readonly path: string
  /** The child, timer, event or member that it is about; '' where there is none. */
  readonly about: string
  /** What is wrong and what to do. */
  readonly message: string
}
