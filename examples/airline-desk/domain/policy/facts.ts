import type { AirlineData, AirlineView, Changes } from '../database.ts'
import { overlay } from '../database.ts'
import type { Disruption } from './complaint.ts'
import { complaintsOf } from './complaint.ts'
import { operationNamed } from '../operations/index.ts'
import type { Payment, Reservation, User } from '../records.ts'

/** What the airline knows of one flight of a reservation on its date. */
export interface SegmentStatus {
  flight_number: string
  date: string
  status: string
}

/** Where a flight goes. */
export interface Route {
  origin: string
  destination: string
}

/** Everything a policy decision rests on. None of it is what the model claims. */
export interface Facts {
  /** The customer, identified by an id from the customer's own messages. */
  user: User | null
  reservation: Reservation | null
  segments: SegmentStatus[]
  /** The customer's own messages so far. */
  customerSaid: string[]
  /** Routes of the reservation's flights and of the proposed ones, as far as known. */
  flightRoutes: Record<string, Route>
  /** The customer's id, which the profile itself does not hold. */
  userId: string | null
  /** What the call would take from, or give back to, each payment method; in dollars. */
  charges: Payment[]
  /** Whether this conversation already changed or cancelled the reservation. */
  touched: boolean
}

/** A call that someone wants to make. */
export interface Proposal {
  name: string
  arguments: unknown
}

/** Looks up the facts that {@link judge} needs for a proposal. */
export function gatherFacts(
  base: AirlineData,
  changes: Changes,
  proposal: Proposal,
  customerSaid: string[],
): Facts {
  const view = overlay(base, changes)
  const userId = identifyCustomer(view, customerSaid)
  const user = userId === null ? null : (view.user(userId) ?? null)
  const id =
    proposal.name === 'send_certificate'
      ? disruptedReservation(overlay(base), user, customerSaid)
      : stringAt(proposal.arguments, 'reservation_id')
  const reservation = (id !== undefined && view.reservation(id)) || null
  // Compensation is about the trip as it was booked, even if its flights were changed since.
  const booked =
    proposal.name === 'send_certificate' && id !== undefined
      ? (overlay(base).reservation(id) ?? reservation)
      : reservation
  return {
    user,
    userId,
    reservation,
    segments: booked ? segmentsOf(view, booked) : [],
    customerSaid,
    flightRoutes: routes(view, [
      ...flightNumbers(reservation),
      ...flightNumbers(proposal.arguments),
    ]),
    charges: chargesOf(view, proposal),
    touched: id !== undefined && Object.hasOwn(changes.reservations, id),
  }
}

/** The first user id in the customer's own messages that belongs to a customer. */
export function identifyCustomer(view: AirlineView, customerSaid: string[]): string | null {
  for (const message of customerSaid) {
    for (const [word] of message.toLowerCase().matchAll(/[a-z]+_[a-z]+_\d+/g)) {
      if (view.user(word)) return word
    }
  }
  return null
}

/** The status of each flight of a reservation on its date. */
export function segmentsOf(view: AirlineView, reservation: Reservation): SegmentStatus[] {
  return reservation.flights.map(({ flight_number, date }) => ({
    flight_number,
    date,
    status: view.flight(flight_number)?.dates[date]?.status ?? 'unknown',
  }))
}

/** A trial run: operations only compute what would change. */
function chargesOf(view: AirlineView, { name, arguments: args }: Proposal): Payment[] {
  const operation = operationNamed(name)
  if (operation?.kind !== 'write' || !operation.input.safeParse(args).success) return []
  const { changes } = operation.run(view, args)
  return Object.entries(changes.reservations).flatMap(([id, { payment_history: after }]) =>
    after.slice(view.reservation(id)?.payment_history.length ?? 0),
  )
}

// A certificate call names no reservation, so the customer's words have to: by its id or by one of
// its flights; failing both, any disrupted trip of the customer's own.
function disruptedReservation(
  view: AirlineView,
  user: User | null,
  customerSaid: string[],
): string | undefined {
  const said = customerSaid.join('\n').toUpperCase()
  const own = (user?.reservations ?? [])
    .map((id) => view.reservation(id))
    .filter((reservation) => reservation !== undefined)
  const named = own.filter((reservation) =>
    [reservation.reservation_id, ...flightNumbers(reservation)].some((name) => said.includes(name)),
  )
  const candidates = named.length > 0 ? named : own
  const complaints = complaintsOf(customerSaid)
  const withStatus = (status: Disruption): Reservation | undefined =>
    candidates.find(
      (reservation) =>
        complaints.has(status) &&
        segmentsOf(view, reservation).some((segment) => segment.status === status),
    )
  const found = withStatus('cancelled') ?? withStatus('delayed') ?? candidates[0]
  return found?.reservation_id
}

function routes(view: AirlineView, numbers: string[]): Record<string, Route> {
  const known: Record<string, Route> = {}
  for (const number of numbers) {
    const flight = view.flight(number)
    if (flight) known[number] = { origin: flight.origin, destination: flight.destination }
  }
  return known
}

function flightNumbers(value: unknown): string[] {
  const flights = propertyOf(value, 'flights')
  if (!Array.isArray(flights)) return []
  return flights.flatMap((flight) => stringAt(flight, 'flight_number') ?? [])
}

function stringAt(value: unknown, key: string): string | undefined {
  const property = propertyOf(value, key)
  return typeof property === 'string' ? property : undefined
}

function propertyOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Record<string, unknown>)[key]
}
