import type { Reservation, User } from '../../domain/records.ts'
import type { Arguments } from './arguments.ts'
import { charged } from './bags.ts'
import { inProfile, passengersNamed } from './booking.ts'
import { identified, methodsNamedLast } from './customer.ts'
import { bookable, legText, sameLeg, usedLegs, whyNotTheTrip } from './flights.ts'
import { allowedAsRead, firstObjection, forbidden, type Finding } from './objections.ts'
import type { Ruling, Situation } from './ruling.ts'
import { sentences } from './sentences.ts'

type FlightOrder = Arguments<'update_reservation_flights'>

/** May the flights or the cabin of this reservation be changed like this? */
export function ruleOnFlights(situation: Situation, order: FlightOrder): Ruling {
  const found = findReservation(situation, order.reservation_id)
  if ('allowed' in found) return found
  const { reservation, user } = found
  return firstObjection(
    ...changeable(situation, order, reservation),
    () => notBasicEconomy(situation, reservation, order),
    () => usedLegsKept(situation, reservation, order),
    () => sameTrip(situation, reservation, order),
    () => seatsToBeHad(situation, reservation, order),
    () => paidByCard(user, order.payment_id),
    () => paidAsNamed(situation, user, order.payment_id),
  )
}

/** May the checked bags of this reservation be changed like this? */
export function ruleOnBags(
  situation: Situation,
  order: Arguments<'update_reservation_baggages'>,
): Ruling {
  const found = findReservation(situation, order.reservation_id)
  if ('allowed' in found) return found
  const { reservation, user } = found
  const { cabin, passengers, total_baggages: had, nonfree_baggages: paid } = reservation
  return firstObjection(
    ...changeable(situation, order, reservation),
    () =>
      order.total_baggages < had
        ? forbidden(sentences.bagsAdded, `${had} bags would become ${order.total_baggages}`)
        : undefined,
    () => charged(user, cabin, passengers.length, order, paid),
    () => paidByCard(user, order.payment_id),
  )
}

/** May the passengers of this reservation be replaced by these? */
export function ruleOnPassengers(
  situation: Situation,
  order: Arguments<'update_reservation_passengers'>,
): Ruling {
  const found = findReservation(situation, order.reservation_id)
  if ('allowed' in found) return found
  const had = found.reservation.passengers.length
  const { length } = order.passengers
  return firstObjection(
    ...changeable(situation, order, found.reservation),
    () =>
      length === had
        ? undefined
        : forbidden(sentences.passengerNumber, `${had} passengers would become ${length}`),
    () => passengersNamed(order.passengers),
  )
}

function findReservation(
  { now }: Situation,
  id: string,
): Ruling | { reservation: Reservation; user: User } {
  const reservation = now.reservation(id)
  if (!reservation) return forbidden(sentences.changingIds, `there is no reservation ${id}`)
  const user = now.user(reservation.user_id)
  if (!user) return forbidden(sentences.changingIds, `there is no user ${reservation.user_id}`)
  return { reservation, user }
}

function changeable(
  situation: Situation,
  order: { insurance?: unknown },
  { reservation_id, user_id, status }: Reservation,
) {
  return [
    () => identified(situation, user_id, sentences.changingIds, reservation_id),
    () =>
      status === 'cancelled'
        ? forbidden(sentences.scope, `${reservation_id} is cancelled, there is nothing to modify`)
        : undefined,
    () =>
      order.insurance === undefined
        ? undefined
        : forbidden(sentences.insuranceLater, `insurance: ${JSON.stringify(order.insurance)}`),
  ]
}

function paidByCard(user: User, paymentId: string): Finding {
  const stranger = inProfile(new Set(Object.keys(user.payment_methods)), [
    { payment_id: paymentId },
  ])
  if (stranger) return stranger
  if (user.payment_methods[paymentId]?.source !== 'certificate') return undefined
  return forbidden(sentences.changePayment, `${paymentId} is a travel certificate`)
}

// The ground truth has changes for which the customer never speaks of paying, so silence is no
// objection; a method other than the one that the customer did provide is.
function paidAsNamed({ customerSaid, shown }: Situation, user: User, paymentId: string): Finding {
  const named = methodsNamedLast(customerSaid, user)
  if (named.size === 0 || named.has(paymentId)) return undefined
  const sentence = sentences.changePayment
  const before = [...named].join(' and ')
  if (shown?.includes(`not ${before}`) && shown.includes(paymentId)) {
    return allowedAsRead({
      sentence,
      why: `the customer named ${before} first, was told that it is ${paymentId} instead, and agreed`,
    })
  }
  return forbidden(sentence, `the customer provided ${before}, but ${paymentId} would be used`)
}

function sameLegs(reservation: Reservation, { flights }: FlightOrder): boolean {
  const had = reservation.flights
  return had.length === flights.length && flights.every((leg, at) => sameLeg(leg, had[at]!))
}

function notBasicEconomy(
  { before }: Situation,
  reservation: Reservation,
  order: FlightOrder,
): Finding {
  if (sameLegs(reservation, order)) return undefined
  const { reservation_id: id, cabin } = reservation
  if (cabin === 'basic_economy') {
    const had = reservation.flights.map(legText).join(', ')
    const wanted = order.flights.map(legText).join(', ')
    return forbidden(
      sentences.basicEconomy,
      `${id} is basic economy; its flights ${had} would become ${wanted}`,
    )
  }
  if (before.reservation(id)?.cabin !== 'basic_economy') return undefined
  return allowedAsRead({
    sentence: sentences.basicEconomy,
    why: `${id} was basic economy until this conversation upgraded it; the cabin of now counts`,
  })
}

function usedLegsKept({ now }: Situation, { flights }: Reservation, order: FlightOrder): Finding {
  const lost = usedLegs(now, flights).find((leg) => !order.flights.some((one) => sameLeg(one, leg)))
  if (!lost) return undefined
  return forbidden(sentences.used, `${legText(lost)} has been flown and would be replaced`)
}

function sameTrip({ now }: Situation, reservation: Reservation, order: FlightOrder): Finding {
  if (sameLegs(reservation, order)) return undefined
  const problem = whyNotTheTrip(now, order.flights, reservation)
  if (!problem) return undefined
  const { origin, destination, flight_type } = reservation
  return forbidden(
    sentences.sameTrip,
    `${problem}, but the reservation is ${flight_type} from ${origin} to ${destination}`,
  )
}

// A kept leg is not booked again, unless its cabin changes: then it is paid for at today's price.
function seatsToBeHad({ now }: Situation, reservation: Reservation, order: FlightOrder): Finding {
  const keepsCabin = order.cabin === reservation.cabin
  const booked = order.flights.filter(
    (leg) => !(keepsCabin && reservation.flights.some((kept) => sameLeg(kept, leg))),
  )
  const objection = bookable(now, booked)
  if (!objection || objection.allowed || !sameLegs(reservation, order)) return objection
  return forbidden(objection.sentence, objection.why, {
    sentence: sentences.cabinChange,
    why: 'it says all reservations, without an exception for those that are partly flown',
  })
}
