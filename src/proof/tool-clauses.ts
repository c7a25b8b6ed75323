import type { Clause } from './clause.ts'
import { untested } from './clause.ts'
import { declaredClauses } from './tool-declared.ts'
import { answers, cleanFailure, letsGo, oneRequest } from './tool-execution.ts'
import { faultClauses } from './tool-faults.ts'
import { reconcileClauses, secondCall } from './tool-keys.ts'
import type { ToolUnderTest } from './tool-under-test.ts'

/** The contract of a tool, clause by clause, from its declaration. */
export function toolClauses(under: ToolUnderTest): Clause[] {
  return [...declaredClauses(under), ...faultClauses(under), ...executeClauses(under)]
}

function executeClauses(under: ToolUnderTest): Clause[] {
  const { tool, options } = under
  const isOnce = tool.effect === 'once'
  const clauses = [
    answers(under),
    secondCall(under),
    letsGo(under),
    oneRequest(under),
    ...(isOnce ? [cleanFailure(under)] : []),
    ...reconcileClauses(under),
  ]
  if (options.execute !== false) return clauses
  const reason = 'its own code is not executed; `--execute` (or `execute: true`) allows it'
  return clauses.map((one) => (one.isMoot ? one : untested(one.id, one.says, 'notRun', reason)))
}
