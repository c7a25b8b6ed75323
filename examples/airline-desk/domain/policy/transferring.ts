const asksForPerson =
  /\b(?:speak|talk|transfer|connect|pass|escalate|get|want|need|put)\b[^.?!]*\b(?:human|person|people|representative|supervisor|manager|agent|someone|somebody)\b/i

/** After so many messages of the customer, the desk has had its chance. */
const patience = 3

export const transferNotNeeded =
  'A person takes over only what the desk cannot do, and nothing was tried yet.'

/**
 * A person takes over when the desk has tried and could not serve, when the customer asks for one,
 * or when the conversation goes on without anything that the desk could try.
 */
export function isTransferDue(so: { customerSaid: string[]; attempts: number }): boolean {
  const { customerSaid, attempts } = so
  if (attempts > 0 || customerSaid.length >= patience) return true
  return customerSaid.some((message) => asksForPerson.test(message))
}
