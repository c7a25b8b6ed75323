import type { Move } from '../contracts.ts'
import { insuredReason } from '../domain/policy/insured-reason.ts'
import { findReservation } from './finding.ts'
import type { Notes } from './notes.ts'
import { anythingElse, reply } from './wording.ts'

const why = 'What is the reason for cancelling?'
const reasons =
  /\b(?:because|since|due to|as i|reasons?|plans?|sick|ill(?:ness)?|health|medical|doctor|hospital|surgery|injur\w+|pregnan\w+|covid|flu|fever|weather|storm|hurricane|snow|airline|you) ?(?:cancel+ed|changed?|of)?\b|\b(?:delay(?:ed)?|funeral|death|died|passed away|emergency|conflict|work|personal|meeting|mistake|(?:can't|cannot|can not|no longer|not able to|unable to) \w+|don't need|do not need|changed my mind|stay (?:at )?home)\b/i

/** Cancelling a whole reservation. Whether it may be, the policy in the desk's chart decides. */
export function planCancelling(notes: Notes): Move {
  const profile = notes.profile()
  if ('move' in profile) return profile.move
  const found = findReservation(notes, profile.value)
  if ('move' in found) return found.move
  const { reservation_id, status } = found.value
  if (status === 'cancelled')
    return reply(`Reservation ${reservation_id} is cancelled already. ${anythingElse}`)
  if (!isReasonKnown(notes)) {
    const known =
      'a change of plans, a flight that the airline cancelled, health, weather, or other'
    return reply(`${why} For example ${known}.`)
  }
  return { type: 'PROPOSE', name: 'cancel_reservation', arguments: { reservation_id } }
}

function isReasonKnown(notes: Notes): boolean {
  if (notes.replyTo(why) !== undefined || reasons.test(notes.said)) return true
  return insuredReason([...notes.words]) !== null
}
