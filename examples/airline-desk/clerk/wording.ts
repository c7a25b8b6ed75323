import type { Move } from '../contracts.ts'
import type { PaymentMethod, Reservation, User } from '../domain/records.ts'
import { showDate } from './dates.ts'

export function reply(text: string): Move {
  return { type: 'REPLY', text }
}

export function transfer(summary: string): Move {
  return { type: 'TRANSFER', summary }
}

export const anythingElse = 'Is there anything else?'

/** One line. */
export function briefly(reservation: Reservation): string {
  const { reservation_id: id, origin, destination, flights, status } = reservation
  const kind = reservation.flight_type === 'round_trip' ? 'round trip' : 'one way'
  const when = [...new Set(flights.map(({ date }) => showDate(date)))].join(', ')
  const over = status === 'cancelled' ? ', cancelled' : ''
  return `${id}: ${origin} to ${destination}, ${kind}, ${cabinName(reservation.cabin)}, ${when}${over}`
}

export function inDetail(reservation: Reservation): string {
  const { flights, passengers, total_baggages: bags, insurance } = reservation
  return [
    briefly(reservation),
    ...flights.map(
      ({ flight_number: number, origin, destination, date, price }) =>
        `- ${number}, ${origin} to ${destination}, ${showDate(date)}, $${price} per person`,
    ),
    `- ${passengers.map(({ first_name, last_name }) => `${first_name} ${last_name}`).join(', ')}`,
    `- checked bags: ${bags}; travel insurance: ${insurance}; booked at ${reservation.created_at}`,
  ].join('\n')
}

export function profileText({
  name,
  email,
  membership,
  payment_methods,
  reservations,
}: User): string {
  return [
    `${name.first_name} ${name.last_name}, ${email}, ${membership} member`,
    ...Object.values(payment_methods).map((method) => `- ${paymentText(method)}`),
    `- reservations: ${reservations.join(', ') || 'none'}`,
  ].join('\n')
}

export function paymentText(method: PaymentMethod): string {
  if (method.source !== 'credit_card') {
    return `${method.source.replace('_', ' ')} ${method.id} with $${method.amount}`
  }
  return `${method.brand} credit card ${method.id} ending in ${method.last_four}`
}

export function cabinName(cabin: Reservation['cabin']): string {
  return cabin.replace('_', ' ')
}
