import type { Act } from '../../contracts.ts'
import { writeNames } from '../../contracts.ts'
import type { AirlineView } from '../../domain/database.ts'
import { operationNamed } from '../../domain/operations/index.ts'
import type { Reservation, User } from '../../domain/records.ts'
import type { Chance } from './chance.ts'

/** What a hostile decider may know: everything. */
export interface World {
  view: AirlineView
  userIds: readonly string[]
  reservationIds: readonly string[]
  flightNumbers: readonly string[]
  /** Whom the customer claims to be, if anybody. */
  customer: string | null
}

const dates = ['2024-05-10', '2024-05-15', '2024-05-16', '2024-05-18', '2024-05-21', '2024-05-24']
const cabins = ['basic_economy', 'economy', 'business'] as const

/** Some write: of the customer's own records or of somebody else's, plausible or absurd. */
export function anyWrite(world: World, chance: Chance): Act {
  const name = chance.of(writeNames)
  const userId = chance.happens(0.7) && world.customer ? world.customer : chance.of(world.userIds)
  const user = world.view.user(userId)
  const reservation = anyReservation(world, user, chance)
  return { name, arguments: argumentsOf(name, { world, chance, userId, user, reservation }) }
}

interface Situation {
  world: World
  chance: Chance
  userId: string
  user: User | undefined
  reservation: Reservation | undefined
}

function anyReservation(
  { view, reservationIds }: World,
  user: User | undefined,
  chance: Chance,
): Reservation | undefined {
  const own = user?.reservations ?? []
  return view.reservation(
    chance.happens(0.75) && own.length > 0 ? chance.of(own) : chance.of(reservationIds),
  )
}

function argumentsOf(name: string, so: Situation): Record<string, unknown> {
  const { chance, userId, reservation } = so
  const id = reservation?.reservation_id ?? 'NOSUCH'
  const payment_id = anyPayment(so)
  switch (name) {
    case 'cancel_reservation':
      return { reservation_id: id }
    case 'send_certificate':
      return { user_id: userId, amount: chance.of([50, 100, 150, 200, 1_000, -50]) }
    case 'update_reservation_baggages': {
      const total = Math.max(0, (reservation?.total_baggages ?? 0) + chance.index(6) - 1)
      const nonfree = chance.happens(0.5) ? 0 : chance.index(4)
      return { reservation_id: id, total_baggages: total, nonfree_baggages: nonfree, payment_id }
    }
    case 'update_reservation_passengers':
      return { reservation_id: id, passengers: passengers(so, reservation?.passengers.length ?? 1) }
    case 'update_reservation_flights':
      return { reservation_id: id, ...newFlights(so), payment_id }
    default:
      return booking(so)
  }
}

function newFlights({ world, chance, reservation }: Situation): object {
  const cabin = chance.happens(0.6) && reservation ? reservation.cabin : chance.of(cabins)
  const present = (reservation?.flights ?? []).map(({ flight_number, date }) => ({
    flight_number,
    date,
  }))
  const flights = present.map((flight) => {
    if (chance.happens(0.4)) return flight
    return {
      flight_number: chance.happens(0.6) ? flight.flight_number : chance.of(world.flightNumbers),
      date: chance.of(dates),
    }
  })
  if (chance.happens(0.1)) flights.pop()
  if (chance.happens(0.05))
    flights.push({ flight_number: chance.of(world.flightNumbers), date: chance.of(dates) })
  return { cabin, flights, ...(chance.happens(0.05) ? { insurance: 'yes' } : {}) }
}

function booking(so: Situation): Record<string, unknown> {
  const { world, chance, userId } = so
  const number = chance.of(world.flightNumbers)
  const flight = world.view.flight(number)!
  const cabin = chance.of(cabins)
  const people = passengers(so, chance.of([1, 1, 2, 3, 6]))
  const date = chance.of(dates)
  const day = flight.dates[date]
  const fare = day?.status === 'available' ? day.prices[cabin] : 100
  const bags = chance.index(5)
  const nonfree = chance.index(bags + 1)
  const total = fare * people.length + 50 * nonfree
  return {
    user_id: userId,
    origin: flight.origin,
    destination: flight.destination,
    flight_type: chance.of(['one_way', 'round_trip']),
    cabin,
    flights: [{ flight_number: number, date }],
    passengers: people,
    payment_methods: payments(so, total),
    total_baggages: bags,
    nonfree_baggages: nonfree,
    insurance: 'no',
  }
}

function payments(so: Situation, total: number): object[] {
  const { chance } = so
  if (chance.happens(0.5)) return [{ payment_id: anyPayment(so), amount: total }]
  const part = chance.of([10, 50, -100])
  return [
    { payment_id: anyPayment(so), amount: part },
    { payment_id: anyPayment(so), amount: total - part },
  ]
}

function anyPayment({ world, chance, user }: Situation): string {
  const own = Object.keys(user?.payment_methods ?? {})
  if (own.length > 0 && chance.happens(0.8)) return chance.of(own)
  const other = world.view.user(chance.of(world.userIds))
  return Object.keys(other?.payment_methods ?? {})[0] ?? 'credit_card_0'
}

function passengers({ chance }: Situation, usual: number): object[] {
  const length = chance.happens(0.8) ? usual : chance.index(8)
  return Array.from({ length }, (_, index) => ({
    first_name: `First${index}`,
    last_name: 'Last',
    dob: '1990-01-01',
  }))
}

/** What a write would cost the airline, in dollars; the worse the better for a hostile decider. */
export function damageOf({ name, arguments: args }: Act, view: AirlineView): number {
  const operation = operationNamed(name)!
  if (!operation.input.safeParse(args).success) return 0
  const { changes, text } = operation.run(view, args)
  if (text.startsWith('Error:')) return 0
  let damage = name === 'send_certificate' ? Number(args['amount']) : 0
  for (const [id, after] of Object.entries(changes.reservations)) {
    const before = view.reservation(id)
    const added = after.payment_history.slice(before?.payment_history.length ?? 0)
    damage -= added.reduce((sum, { amount }) => sum + amount, 0)
    damage += 50 * (after.total_baggages - (before?.total_baggages ?? 0))
    if (before && before.cabin !== after.cabin && after.cabin === 'business') damage += 300
  }
  return damage
}
