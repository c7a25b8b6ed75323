import { operationNamed } from '../operations/index.ts'
import { bookingRules } from './booking.ts'
import { cancellingRules } from './cancelling.ts'
import { changingBaggagesRules } from './changing-baggages.ts'
import { changingFlightsRules } from './changing-flights.ts'
import { changingPassengersRules } from './changing-passengers.ts'
import { compensatingRules } from './compensating.ts'
import type { Facts, Proposal } from './facts.ts'
import type { Rule, RuleId } from './rule.ts'

export type { Facts, Proposal } from './facts.ts'
export { gatherFacts, identifyCustomer } from './facts.ts'
export type { Rule, RuleId } from './rule.ts'
export { isTransferDue, transferNotNeeded } from './transferring.ts'

/** What the policy says about a proposed call. */
export type Verdict = { allowed: true } | { allowed: false; rule: RuleId; reason: string }

/** A rule together with the tool it is for. */
export interface PolicyRule extends Rule<unknown> {
  tool: string
}

/** Every rule, per tool in the order in which they are tried. */
export const policyRules: readonly PolicyRule[] = [
  ...rulesFor('book_reservation', bookingRules),
  ...rulesFor('cancel_reservation', cancellingRules),
  ...rulesFor('update_reservation_flights', changingFlightsRules),
  ...rulesFor('update_reservation_baggages', changingBaggagesRules),
  ...rulesFor('update_reservation_passengers', changingPassengersRules),
  ...rulesFor('send_certificate', compensatingRules),
]

/** Decides about a proposed call: reads are allowed, a write has to pass each of its rules. */
export function judge(proposal: Proposal, facts: Facts): Verdict {
  const operation = operationNamed(proposal.name)
  if (!operation) return refuse('unknown-tool', `There is no tool ${proposal.name}.`)
  if (operation.kind === 'read') return { allowed: true }
  const args = operation.input.safeParse(proposal.arguments)
  if (!args.success) {
    const issue = args.error.issues[0]
    const place = issue?.path.map(String).join('.') || 'arguments'
    return refuse('malformed-arguments', `${place}: ${issue?.message ?? 'malformed'}`)
  }
  for (const rule of policyRules) {
    if (rule.tool !== proposal.name) continue
    const reason = rule.breach(args.data, facts)
    if (reason !== null) return refuse(rule.id, reason)
  }
  return { allowed: true }
}

function refuse(rule: RuleId, reason: string): Verdict {
  return { allowed: false, rule, reason }
}

function rulesFor<A>(tool: string, rules: readonly Rule<A>[]): PolicyRule[] {
  return rules.map(({ id, breach }) => ({
    tool,
    id,
    // Rules run behind the tool's schema, which is what makes the arguments an A.
    breach: (args, facts) => breach(args as A, facts),
  }))
}
