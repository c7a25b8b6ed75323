import type { Move } from '../contracts.ts'
import { paidBags } from '../domain/policy/bag-allowance.ts'
import { countBefore, countIn } from './choices.ts'
import { findReservation } from './finding.ts'
import type { Notes } from './notes.ts'
import { findPayment } from './paying.ts'
import { reply } from './wording.ts'

const howMany = 'How many checked bags shall I add?'

/** Adding checked bags to a reservation. */
export function planBags(notes: Notes): Move {
  const profile = notes.profile()
  if ('move' in profile) return profile.move
  const user = profile.value
  const found = findReservation(notes, user)
  if ('move' in found) return found.move
  const { reservation_id, total_baggages: now, cabin, passengers } = found.value
  const total = totalOf(notes, now)
  if (total === undefined) return reply(`${howMany} The reservation has ${now} now.`)
  const payment = findPayment(notes, user)
  if ('move' in payment) return payment.move
  return {
    type: 'PROPOSE',
    name: 'update_reservation_baggages',
    arguments: {
      reservation_id,
      total_baggages: total,
      nonfree_baggages: paidBags(total, user.membership, cabin, passengers.length),
      payment_id: payment.value,
    },
  }
}

/** How many there are to be in all, by what was said last. */
function totalOf(notes: Notes, now: number): number | undefined {
  const answer = notes.replyTo(howMany)
  for (const text of notes.words.toReversed()) {
    const inAll = /\bto (\d{1,2})\b|\b(\d{1,2}) [^.?!]*\b(?:in total|altogether|in all)\b/i.exec(
      text,
    )
    if (inAll) return Number(inAll[1] ?? inAll[2])
    const more = countBefore(text, 'bags?|baggage|luggage|suitcases?|pieces?')
    const added = more ?? (text === answer ? countIn(text) : undefined)
    if (added !== undefined) return now + added
  }
  return undefined
}
