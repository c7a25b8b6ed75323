import type { Reservation } from '../../domain/records.ts'
import type { Arguments } from './arguments.ts'
import { identified } from './customer.ts'
import { legText, statusOf, usedLegs } from './flights.ts'
import { allowedAsRead, firstObjection, forbidden, type Finding } from './objections.ts'
import { reasonGiven, waivesRefund } from './reasons.ts'
import type { Ruling, Situation } from './ruling.ts'
import { sentences } from './sentences.ts'

const NOW = Date.parse('2024-05-15T15:00:00Z')
const HOUR = 60 * 60 * 1000

/**
 * May this reservation be cancelled? Which reason the customer has matters only to the insurance;
 * whether one was given at all cannot be told from the words, since any other reason is one too.
 */
export function ruleOnCancelling(
  situation: Situation,
  { reservation_id: id }: Arguments<'cancel_reservation'>,
): Ruling {
  const { now } = situation
  const reservation = now.reservation(id)
  if (!reservation) return forbidden(sentences.cancellingIds, `there is no reservation ${id}`)
  return firstObjection(
    () => identified(situation, reservation.user_id, sentences.cancellingIds, id),
    () =>
      reservation.status === 'cancelled'
        ? forbidden(sentences.refund, `${id} is cancelled; it would be refunded a second time`)
        : undefined,
    () => notFlown(situation, reservation),
    () => entitled(situation, reservation),
  )
}

function notFlown({ now }: Situation, { reservation_id, flights }: Reservation): Finding {
  const used = usedLegs(now, flights)
  if (used.length === 0) return undefined
  const legs = used.map((leg) => `${legText(leg)} (${statusOf(now, leg)})`)
  return forbidden(
    sentences.used,
    `of the ${flights.length} segments of ${reservation_id} these have taken off: ${legs.join(', ')}`,
  )
}

function entitled(situation: Situation, reservation: Reservation): Finding {
  const { now, before, customerSaid } = situation
  const { reservation_id: id, cabin, insurance, created_at, flights } = reservation
  // Both are local times without a zone; reading both as UTC keeps their distance exact.
  const age = (NOW - Date.parse(`${created_at}Z`)) / HOUR
  if (age >= 0 && age <= 24) return undefined
  if (flights.some((leg) => statusOf(now, leg) === 'cancelled')) return undefined
  if (cabin === 'business') {
    const upgraded = before.reservation(id)?.cabin !== 'business'
    const why = `${id} was not business until this conversation upgraded it; the cabin of now counts`
    return allowedAsRead(upgraded ? { sentence: sentences.whenToCancel, why } : undefined)
  }
  const facts = `${id} was booked ${Math.floor(age)} hours ago in ${cabin}`
  if (insurance !== 'yes') {
    return forbidden(
      sentences.whenToCancel,
      `${facts} without insurance, and no flight is cancelled`,
    )
  }
  return insured(facts, customerSaid)
}

function insured(facts: string, customerSaid: readonly string[]): Finding {
  const reason = reasonGiven(customerSaid)
  if (reason === 'health' || reason === 'weather') return undefined
  if (waivesRefund(customerSaid)) {
    return allowedAsRead({
      sentence: sentences.whenToCancel,
      why: 'the condition is one for the refund, and the customer wants to cancel without a refund',
    })
  }
  const why = `${facts} with insurance, but the customer has given no health or weather reason`
  if (reason !== 'somebody') return forbidden(sentences.whenToCancel, why)
  return forbidden(sentences.whenToCancel, `${why} of the customer's own`, {
    sentence: sentences.insurance,
    why: 'it does not say whose health; the customer speaks of somebody else who is not well',
  })
}
