import type { Act } from './contracts.ts'
import type { Facts } from './domain/policy/index.ts'
import type { PaymentMethod, User } from './domain/records.ts'

/**
 * What the customer should know before saying yes, because it is not as the customer said before, or
 * not what it is called. The policy forbids none of it; the customer decides.
 */
export function noticesOf(act: Act, facts: Facts): string[] {
  return [...otherPayment(act, facts), ...otherTrip(act, facts)]
}

function otherPayment({ arguments: args }: Act, { user, customerSaid }: Facts): string[] {
  const used = [args['payment_id']].flat().filter((id) => typeof id === 'string')
  if (!user || used.length === 0) return []
  const named = namedLast(user, customerSaid)
  if (named.length === 0 || used.some((id) => named.includes(id))) return []
  return [`this uses ${used.join(' and ')}, not ${named.join(' and ')}, which you named`]
}

/** The payment methods that the customer named by their numbers, when last any was named. */
function namedLast(user: User, customerSaid: readonly string[]): string[] {
  const methods = Object.values(user.payment_methods)
  for (const text of customerSaid.toReversed()) {
    const named = methods.filter((method) => isNamed(method, text))
    if (named.length > 0) return named.map(({ id }) => id)
  }
  return []
}

function isNamed(method: PaymentMethod, text: string): boolean {
  const digits = [method.id.replace(/^\D+/, '')]
  if (method.source === 'credit_card') digits.push(method.last_four)
  return digits.some((number) => new RegExp(String.raw`(?<!\d)${number}(?!\d)`).test(text))
}

function otherTrip({ name, arguments: args }: Act, { flightRoutes }: Facts): string[] {
  if (name !== 'book_reservation') return []
  const { origin, destination, flight_type, flights } = args as {
    origin: string
    destination: string
    flight_type: string
    flights: { flight_number: string }[]
  }
  const route = flights.map(({ flight_number }) => flightRoutes[flight_number])
  const [first, last] = [route[0], route.at(-1)]
  if (!first || !last) return []
  const home = flight_type === 'round_trip' ? origin : destination
  const isGapless = route.every((leg, at) => at === 0 || leg?.origin === route[at - 1]?.destination)
  const isThere = route.some((leg) => leg?.destination === destination)
  if (isGapless && isThere && first.origin === origin && last.destination === home) return []
  const kind = flight_type.replace('_', ' ')
  const way = [first.origin, ...route.map((leg) => leg?.destination ?? '?')].join(' to ')
  return [`these flights lead ${way}: that is no ${kind} from ${origin} to ${destination}`]
}
