import type { Sender } from '../contracts/envelope.ts'
import type { InboxState } from '../contracts/record.ts'
import { actorLimits } from './limits.ts'

export const emptyInbox: InboxState = { mailSeq: 0, seen: {} }

/** Where a message stands: its place in the mail (0: it did not come by mail) and its sender. */
export interface Arrival {
  mailSeq: number
  from: Sender
}

/** True when the message, or a later one of its sender, has been applied (I3). */
export function isDuplicate(inbox: InboxState, { mailSeq, from }: Arrival): boolean {
  if (mailSeq > 0 && mailSeq <= inbox.mailSeq) return true
  const seen = inbox.seen[from.name]
  if (!from.order || !seen) return false
  const { step, index } = from.order
  return step < seen.step || (step === seen.step && index <= seen.index)
}

/** The inbox after a message was applied. */
export function applied(inbox: InboxState, { mailSeq, from }: Arrival): InboxState {
  const newest = Math.max(inbox.mailSeq, mailSeq)
  if (!from.order) return { mailSeq: newest, seen: inbox.seen }
  const { [from.name]: _earlier, ...others } = inbox.seen
  const entries = [...Object.entries(others), [from.name, from.order] as const]
  return {
    mailSeq: newest,
    seen: Object.fromEntries(entries.slice(-actorLimits.rememberedSendersMax)),
  }
}
