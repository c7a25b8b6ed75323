import type { AirlineView } from '../../domain/database.ts'
import type { Reservation, User } from '../../domain/records.ts'
import type { Arguments } from './arguments.ts'
import { asksForCompensation, complaintsIn } from './complaints.ts'
import { identified } from './customer.ts'
import { legText, statusOf } from './flights.ts'
import { firstObjection, forbidden, type Finding } from './objections.ts'
import type { Ruling, Situation } from './ruling.ts'
import { sentences } from './sentences.ts'

type Order = Arguments<'send_certificate'>

/** A reservation for which a certificate may be given, and of which amount. */
interface Ground {
  reservation: Reservation
  amount: number
  because: string
}

/** May this certificate be sent? */
export function ruleOnCompensation(situation: Situation, order: Order): Ruling {
  const user = situation.now.user(order.user_id)
  if (!user) return forbidden(sentences.onlyWhenAsked, `there is no user ${order.user_id}`)
  return firstObjection(
    () => identified(situation, order.user_id, sentences.changingIds),
    () => askedFor(situation),
    () => grounded(situation, user, order),
    () => notYetGiven(situation, user, order),
  )
}

function askedFor({ customerSaid }: Situation): Finding {
  const { cancelled, delayed } = complaintsIn(customerSaid)
  if (!cancelled && !delayed) {
    const why = 'the customer has not complained about a cancelled or delayed flight'
    return forbidden(sentences.onlyWhenAsked, why)
  }
  if (asksForCompensation(customerSaid)) return undefined
  return forbidden(sentences.onlyWhenAsked, 'the customer has not asked for any compensation')
}

function grounded(situation: Situation, user: User, { amount }: Order): Finding {
  const { cancelled } = complaintsIn(situation.customerSaid)
  const grounds = groundsOf(situation, user)
  if (grounds.some((ground) => ground.amount === amount)) return undefined
  const [first] = grounds
  const sentence = cancelled ? sentences.cancelledFlights : sentences.delayedFlights
  if (first) {
    const due = grounds.map((ground) => `$${ground.amount} for ${ground.because}`).join(', ')
    return forbidden(sentence, `$${amount} would be given, but due is ${due}`)
  }
  return whyNothing(situation, user, sentence)
}

function whyNothing({ before, customerSaid }: Situation, user: User, sentence: string): Finding {
  const complaints = complaintsIn(customerSaid)
  const disrupted = reservationsOf(before, user).flatMap((reservation) => [
    ...(complaints.cancelled && legsThatAre(before, reservation, 'cancelled') ? [reservation] : []),
    ...(complaints.delayed && legsThatAre(before, reservation, 'delayed') ? [reservation] : []),
  ])
  if (disrupted.length === 0) {
    const kind = complaints.cancelled ? 'cancelled' : 'delayed'
    return forbidden(sentence, `none of the customer's flights is ${kind} in the data`)
  }
  const eligible = disrupted.find((reservation) => qualifies(user, reservation))
  if (!eligible) {
    const ids = disrupted.map(({ reservation_id, cabin }) => `${reservation_id} in ${cabin}`)
    return forbidden(
      sentences.notCompensated,
      `a regular member without insurance: ${ids.join(', ')}`,
    )
  }
  return forbidden(
    sentences.delayedFlights,
    `${eligible.reservation_id} has a delayed flight, but was neither changed nor cancelled`,
  )
}

/** What is due by the data, as it was before this conversation changed or cancelled anything. */
function groundsOf({ before, touched, customerSaid }: Situation, user: User): Ground[] {
  const complaints = complaintsIn(customerSaid)
  return reservationsOf(before, user)
    .filter((reservation) => qualifies(user, reservation))
    .flatMap((reservation) => {
      const { reservation_id: id, passengers } = reservation
      const cancelled = complaints.cancelled && legsThatAre(before, reservation, 'cancelled')
      const delayed =
        complaints.delayed && touched.has(id) && legsThatAre(before, reservation, 'delayed')
      return [
        ...(cancelled ? [{ amount: 100 * passengers.length, because: `${id}: ${cancelled}` }] : []),
        ...(delayed ? [{ amount: 50 * passengers.length, because: `${id}: ${delayed}` }] : []),
      ].map((ground) => ({ ...ground, reservation }))
    })
}

// The tool does not say for what a certificate is, so each one has to find a reservation of its own.
function notYetGiven(situation: Situation, user: User, { user_id, amount }: Order): Finding {
  const grounds = groundsOf(situation, user)
  const had = situation.before.user(user_id)?.payment_methods ?? {}
  const given = Object.values(user.payment_methods).filter(
    (method) => method.source === 'certificate' && !Object.hasOwn(had, method.id),
  )
  const alike = given.filter(
    (method) => method.source === 'certificate' && method.amount === amount,
  )
  const due = new Set(grounds.map(({ reservation }) => reservation.reservation_id)).size
  const dueAlike = grounds.filter((ground) => ground.amount === amount).length
  if (situation.certificates < due && alike.length < dueAlike) return undefined
  const [ground] = grounds.filter((one) => one.amount === amount)
  return forbidden(
    ground?.because.includes('cancelled') ? sentences.cancelledFlights : sentences.delayedFlights,
    `certificates sent already: ${situation.certificates}; due in all: ${due}`,
  )
}

function reservationsOf(view: AirlineView, user: User): Reservation[] {
  return user.reservations.flatMap((id) => view.reservation(id) ?? [])
}

function qualifies({ membership }: User, { insurance, cabin }: Reservation): boolean {
  return membership !== 'regular' || insurance === 'yes' || cabin === 'business'
}

function legsThatAre(
  view: AirlineView,
  { flights }: Reservation,
  status: 'cancelled' | 'delayed',
): string | undefined {
  const legs = flights.filter((leg) => statusOf(view, leg) === status).map(legText)
  return legs.length > 0 ? `${legs.join(', ')} ${status}` : undefined
}
