import type { Arguments } from './arguments.ts'
import { charged } from './bags.ts'
import { identified } from './customer.ts'
import { bookable, whyNotTheTrip } from './flights.ts'
import { allowedAsRead, firstObjection, forbidden, type Finding } from './objections.ts'
import type { Ruling, Situation } from './ruling.ts'
import { sentences } from './sentences.ts'

type Order = Arguments<'book_reservation'>

/** May this trip be booked? */
export function ruleOnBooking(situation: Situation, order: Order): Ruling {
  const { now } = situation
  const user = now.user(order.user_id)
  if (!user) return forbidden(sentences.bookingIds, `there is no user ${order.user_id}`)
  const known = new Set(Object.keys(user.payment_methods))
  return firstObjection(
    () => identified(situation, order.user_id, sentences.bookingIds),
    () => passengersNamed(order.passengers),
    () => bookable(now, order.flights),
    () => asDeclared(situation, order),
    () => inProfile(known, order.payment_methods),
    () => paymentMix(situation, order),
    () => charged(user, order.cabin, order.passengers.length, order),
  )
}

/** Objects to passengers of whom something is missing, and to more than five. */
export function passengersNamed(passengers: Order['passengers']): Finding {
  if (passengers.length > 5) {
    return forbidden(sentences.atMostFive, `${passengers.length} passengers`)
  }
  const at = passengers.findIndex(
    ({ first_name, last_name, dob }) =>
      first_name.trim() === '' || last_name.trim() === '' || !/^\d{4}-\d{2}-\d{2}$/.test(dob),
  )
  if (at === -1) return undefined
  return forbidden(
    sentences.passengerDetails,
    `of passenger ${at + 1} a name or the date of birth is missing: ${JSON.stringify(passengers[at])}`,
  )
}

// The policy only says that the agent asks for the trip; that the flights have to make it is plain,
// but not written.
function asDeclared({ now, shown }: Situation, order: Order): Finding {
  const problem = whyNotTheTrip(now, order.flights, order)
  if (!problem) return undefined
  const { origin, destination, flight_type } = order
  const sentence = sentences.bookingIds
  const why = 'it says what to ask for, not that the flights booked have to match'
  // The customer was told that it is no such trip, and wanted it all the same.
  if (shown?.includes(`no ${flight_type.replace('_', ' ')}`)) {
    return allowedAsRead({ sentence, why })
  }
  return forbidden(
    sentence,
    `${problem}, so it is not a ${flight_type} trip from ${origin} to ${destination}`,
    { sentence, why },
  )
}

/** Objects to a payment method that the customer's profile does not hold. */
export function inProfile(
  known: ReadonlySet<string>,
  payments: readonly { payment_id: string }[],
): Finding {
  const stranger = payments.find(({ payment_id }) => !known.has(payment_id))
  if (!stranger) return undefined
  return forbidden(sentences.inProfile, `${stranger.payment_id} is not in the customer's profile`)
}

function paymentMix({ now }: Situation, { user_id, payment_methods }: Order): Finding {
  const methods = now.user(user_id)?.payment_methods ?? {}
  const used = new Set(payment_methods.map(({ payment_id }) => payment_id))
  const limits = { certificate: 1, credit_card: 1, gift_card: 3 } as const
  for (const [source, most] of Object.entries(limits)) {
    const ids = [...used].filter((id) => methods[id]?.source === source)
    if (ids.length > most) {
      return forbidden(
        sentences.paymentMix,
        `${ids.length} methods of the kind ${source} (${ids.join(', ')}), at most ${most}`,
      )
    }
  }
  return undefined
}
