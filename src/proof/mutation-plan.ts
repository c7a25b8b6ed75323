import type { PathOptions } from './path-options.ts'

/** What `ashlar prove --mutants` needs to know of a machine, by its id. */
export interface MutationPlan {
  readonly kind: 'mutation'
  readonly machines: Readonly<Record<string, MachineMutations>>
}

export interface MachineMutations {
  /** Why a mutant may survive, by its name. */
  readonly explained?: Readonly<Record<string, string>>
  /** For the tests that are derived from the machine. Default: values made from its schemas. */
  readonly paths?: PathOptions
}

/** Declares what is known of the mutants of machines; to be exported beside their worlds. */
export function defineMutations(machines: MutationPlan['machines']): MutationPlan {
  return { kind: 'mutation', machines }
}
