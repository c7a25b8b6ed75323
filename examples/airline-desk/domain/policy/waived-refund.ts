const ANYWAY = /\b(anyway|regardless|even (if|though|without)|nevertheless|nonetheless)\b/i
const NO_REFUND = /\b(not|no|without|n't|never|won't|don't|cannot|can't)\b[^.!?]*\brefund(s|ed)?\b/i
const CONDITION = /\b(don't|do not|will not|won't|would not|wouldn't) want to cancel\b/i

/**
 * Whether the customer has said to go ahead even without a refund.
 *
 * The policy's text alone does not make this a reason to cancel. The reference outcomes do: in
 * the task where all trips are to be cancelled `even if` there is no refund, the insured economy
 * trip is cancelled although nobody is ill, and the uninsured ones are not.
 */
export function waivesRefund(customerSaid: string[]): boolean {
  return customerSaid
    .flatMap((message) => message.replace(/[’‘]/g, "'").split(/(?<=[.!?\n])/))
    .some(
      (sentence) =>
        ANYWAY.test(sentence) &&
        NO_REFUND.test(sentence) &&
        !CONDITION.test(sentence) &&
        !sentence.includes('?'),
    )
}
