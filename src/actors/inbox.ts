import type { Sender } from '../contracts/envelope.ts'
import type { InboxState } from '../contracts/record.ts'
import { actorLimits } from './limits.ts'
import { letterSender, outsider } from './outsider.ts'

export const emptyInbox: InboxState = { mailSeq: 0, seen: {} }

/** Where a message stands: its place in the mail (0: it did not come by mail) and its sender. */
export interface Arrival {
  mailSeq: number
  from: Sender
  messageId: string
}

/** True when the message, or a later one of its sender, has been applied (I3). */
export function isDuplicate(inbox: InboxState, arrival: Arrival): boolean {
  const { mailSeq, from, messageId } = arrival
  if (mailSeq > 0 && mailSeq <= inbox.mailSeq) return true
  if (isChosen(arrival) && inbox.recent?.includes(messageId)) return true
  const seen = inbox.seen[from.name]
  if (!from.order || !seen) return false
  const { step, index } = from.order
  return step < seen.step || (step === seen.step && index <= seen.index)
}

/** The inbox after a message was applied. */
export function applied(inbox: InboxState, arrival: Arrival): InboxState {
  const { mailSeq, from, messageId } = arrival
  const next: InboxState = { ...inbox, mailSeq: Math.max(inbox.mailSeq, mailSeq) }
  if (isChosen(arrival)) {
    next.recent = [...(inbox.recent ?? []), messageId].slice(-actorLimits.rememberedIdsMax)
  }
  if (!from.order) return next
  const { [from.name]: _earlier, ...others } = inbox.seen
  const entries = [...Object.entries(others), [from.name, from.order] as const]
  next.seen = Object.fromEntries(entries.slice(-actorLimits.rememberedSendersMax))
  return next
}

/**
 * True for a dead letter that is sent again, and for the message of an outsider who chose its id.
 * Whoever repeats it, perhaps from another process and after the broker's window, has no place in
 * an order that could tell.
 */
function isChosen({ from, messageId }: Arrival): boolean {
  if (from.name === letterSender) return true
  const isOutsider = from.name.startsWith(outsider) && from.order !== undefined
  return isOutsider && messageId !== `${from.name}:${from.order?.step}`
}
