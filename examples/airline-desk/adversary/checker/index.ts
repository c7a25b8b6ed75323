import { isWrite, readArguments, type Arguments, type WriteName } from './arguments.ts'
import { ruleOnBooking } from './booking.ts'
import { ruleOnCancelling } from './cancelling.ts'
import { ruleOnBags, ruleOnFlights, ruleOnPassengers } from './changing.ts'
import { ruleOnCompensation } from './compensating.ts'
import { forbidden } from './objections.ts'
import type { Ruling, Situation } from './ruling.ts'
import { sentences } from './sentences.ts'

export { isExplicitYes } from './explicit-yes.ts'
export type { Ruling, Situation } from './ruling.ts'

// The tools that change no record; the policy forbids none of their calls.
const HARMLESS = new Set([
  'get_user_details',
  'get_reservation_details',
  'search_direct_flight',
  'search_onestop_flight',
  'list_all_airports',
  'calculate',
  'think',
  'transfer_to_human_agents',
])

// The sentence is the one that malformed arguments break: what the agent has to have first.
const judges: Record<WriteName, (situation: Situation) => Ruling> = {
  book_reservation: judging('book_reservation', ruleOnBooking, sentences.bookingIds),
  cancel_reservation: judging('cancel_reservation', ruleOnCancelling, sentences.cancellingIds),
  update_reservation_flights: judging(
    'update_reservation_flights',
    ruleOnFlights,
    sentences.changingIds,
  ),
  update_reservation_baggages: judging(
    'update_reservation_baggages',
    ruleOnBags,
    sentences.changingIds,
  ),
  update_reservation_passengers: judging(
    'update_reservation_passengers',
    ruleOnPassengers,
    sentences.changingIds,
  ),
  send_certificate: judging('send_certificate', ruleOnCompensation, sentences.onlyWhenAsked),
}

/**
 * Does the policy allow this write? The facts come from the database and the customer's own words.
 * What the tools check themselves (seats, balances, that the payment adds up) is not ruled on,
 * except where the policy says a word about it.
 */
export function ruleOn(situation: Situation): Ruling {
  const { name } = situation.write
  if (HARMLESS.has(name)) return { allowed: true }
  if (!isWrite(name)) return forbidden(sentences.scope, `there is no tool ${name}`)
  return judges[name](situation)
}

function judging<N extends WriteName>(
  name: N,
  judge: (situation: Situation, order: Arguments<N>) => Ruling,
  first: string,
) {
  return (situation: Situation): Ruling => {
    const order = readArguments(name, situation.write.arguments)
    if (typeof order === 'string') return forbidden(first, `malformed arguments: ${order}`)
    return judge(situation, order)
  }
}
