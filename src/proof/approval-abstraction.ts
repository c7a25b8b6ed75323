import type { ApprovalContext, ApprovalOutput } from '../contracts/approval.ts'
import type { Abstraction } from './world.ts'

/**
 * For agents of `defineApproval`: who decided counts; the record of what was said and how often
 * something was refused is for people.
 */
export const approvalAbstraction: Abstraction = {
  context: (context: ApprovalContext): ApprovalContext => ({ ...context, audit: [], refusals: 0 }),
  output: (output: ApprovalOutput): ApprovalOutput => ({ ...output, audit: [], refusals: 0 }),
}
