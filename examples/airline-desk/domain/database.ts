import type { Flight, Reservation, User } from './records.ts'

/** The airline's database as loaded; nothing in this example changes it. */
export interface AirlineData {
  users: Record<string, User>
  reservations: Record<string, Reservation>
  flights: Record<string, Flight>
}

/** The records that differ from the database, whole, so that they can be kept as JSON. */
export interface Changes {
  users: Record<string, User>
  reservations: Record<string, Reservation>
}

/** What an operation sees: the database with the changes on top. */
export interface AirlineView {
  user(id: string): User | undefined
  reservation(id: string): Reservation | undefined
  flight(number: string): Flight | undefined
  flights(): Iterable<Flight>
}

/** A copy-on-write view of `base` with `changes` on top; neither is ever mutated. */
export function overlay(base: AirlineData, changes: Changes = noChanges()): AirlineView {
  return {
    user: (id) => own(changes.users, id) ?? own(base.users, id),
    reservation: (id) => own(changes.reservations, id) ?? own(base.reservations, id),
    flight: (number) => own(base.flights, number),
    flights: () => Object.values(base.flights),
  }
}

/** Changes that change nothing. */
export function noChanges(): Changes {
  return { users: {}, reservations: {} }
}

/** The changes of `first`, then those of `second`, as one. */
export function mergeChanges(first: Changes, second: Changes): Changes {
  return {
    users: { ...first.users, ...second.users },
    reservations: { ...first.reservations, ...second.reservations },
  }
}

// A model may name a record `constructor`; only what the database holds itself counts.
function own<T>(records: Record<string, T>, id: string): T | undefined {
  return Object.hasOwn(records, id) ? records[id] : undefined
}
