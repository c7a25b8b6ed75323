import type { Clause } from './clause.ts'
import { deciderClauses } from './decision-deciders.ts'
import { declaredDecisionClauses } from './decision-declared.ts'
import { decisionFaultClauses } from './decision-faults.ts'
import type { DecisionUnderTest } from './decision-under-test.ts'

/** The contract of a decision, clause by clause, from its declaration. */
export function decisionClauses(under: DecisionUnderTest): Clause[] {
  return [
    ...declaredDecisionClauses(under),
    ...decisionFaultClauses(under),
    ...deciderClauses(under),
  ]
}
