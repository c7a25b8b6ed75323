import { checkMember } from '../contracts/declaration.ts'
import type { Decider } from '../contracts/decision.ts'

/**
 * Deciders to be asked in this order, for example a cheap model and then a better one: the next is
 * asked when one abstains, refuses, stays wrong or away, or is not sure enough. What the last one
 * says counts however sure it is.
 * @param minConfidence from 0 to 1. A decider that does not say how sure it is counts as sure.
 * @throws InputError when it is out of bounds
 */
export function chain<Input>(
  deciders: readonly Decider<Input>[],
  { minConfidence }: { minConfidence: number },
): Decider<Input>[] {
  const last = deciders.at(-1)
  return deciders.map((decider) => (decider === last ? decider : sure(decider, minConfidence)))
}

/**
 * A decider that abstains when it is less sure of its choice than it should be.
 * @throws InputError when the bound is not from 0 to 1
 */
export function sure<Input>(decider: Decider<Input>, minConfidence: number): Decider<Input> {
  const fits = minConfidence >= 0 && minConfidence <= 1
  const field = `decider ${decider.name}: minConfidence`
  checkMember(fits, field, 'a number from 0 to 1', minConfidence)
  return {
    name: decider.name,
    ...(decider.estimate ? { estimate: (question) => decider.estimate!(question) } : {}),
    async decide(question) {
      const answer = await decider.decide(question)
      if (answer.kind !== 'chosen' || (answer.confidence ?? 1) >= minConfidence) return answer
      const { confidence = 0, usage, cost } = answer
      const reason = `only ${confidence.toFixed(2)} sure, of at least ${minConfidence}`
      return { kind: 'abstained', reason, ...(usage ? { usage } : {}), ...(cost ? { cost } : {}) }
    },
  }
}
