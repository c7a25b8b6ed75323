import type { Move } from '../contracts.ts'
import type { Cabin, Reservation } from '../domain/records.ts'
import { showDate } from './dates.ts'
import { findReservation } from './finding.ts'
import type { Leg } from './legs.ts'
import { legsMeant, legsOf, newDate } from './legs.ts'
import type { Notes, Step } from './notes.ts'
import { chooseOffer, findOffers, listOffers } from './offers.ts'
import { findPayment } from './paying.ts'
import { cabinName, reply } from './wording.ts'

interface FlightChoice {
  flight_number: string
  date: string
}

const whichWay = 'Which way do you want to change: there, back, or both?'
const askDay = 'To which day do you want to move the'

/** Changing the flights or the cabin of a reservation. */
export function planChanging(notes: Notes): Move {
  const profile = notes.profile()
  if ('move' in profile) return profile.move
  const found = findReservation(notes, profile.value)
  if ('move' in found) return found.move
  const reservation = found.value
  const cabin = newCabin(notes.said, reservation.cabin)
  const flights = newFlights(notes, reservation, cabin)
  if ('move' in flights) return flights.move
  const payment = findPayment(notes, profile.value)
  if ('move' in payment) return payment.move
  return {
    type: 'PROPOSE',
    name: 'update_reservation_flights',
    arguments: {
      reservation_id: reservation.reservation_id,
      cabin,
      flights: flights.value,
      payment_id: payment.value,
    },
  }
}

/** The cabin that the customer wants instead; the present one when none was named. */
function newCabin(said: string, present: Cabin): Cabin {
  const wants =
    /\b(?:up|down)grad\w+|\bcabin\b|\bclass\b|\b(?:to|in|into) (?:basic |business|economy)/i
  if (!wants.test(said)) return present
  const named = [...said.matchAll(/\b(basic economy|economy|business)\b/gi)].map(
    ([name]) => name.toLowerCase().replace(' ', '_') as Cabin,
  )
  const others = named.filter((name) => name !== present)
  return others.at(-1) ?? (/\bupgrad/i.test(said) ? 'business' : present)
}

function newFlights(notes: Notes, reservation: Reservation, cabin: Cabin): Step<FlightChoice[]> {
  const legs = legsOf(reservation)
  const cities = notes.airports()
  if ('move' in cities) return cities
  const said = [notes.said, notes.replyTo(whichWay) ?? ''].join('\n')
  const isBasic = reservation.cabin === 'basic_economy'
  const isAboutDays = !isBasic && legs.some((leg) => newDate(leg, legs, said) !== undefined)
  if (cabin !== reservation.cabin && !isAboutDays) return { value: present(reservation) }
  if (isBasic) {
    const text = 'The flights of a basic economy reservation cannot be changed, only its cabin.'
    return { move: reply(`${text} Shall I change the cabin? If so, to economy or to business?`) }
  }
  const meant = legsMeant(legs, said, cities.value)
  if (meant.length === 0) return { move: reply(whichWay) }
  const flights: FlightChoice[] = []
  for (const leg of legs) {
    const chosen = meant.includes(leg)
      ? flightsOf(notes, { leg, legs: meant, reservation, cabin })
      : { value: leg.flights }
    if ('move' in chosen) return chosen
    flights.push(...chosen.value.map(({ flight_number, date }) => ({ flight_number, date })))
  }
  return isOrdered(flights) ? { value: flights } : { move: reply(backBeforeThere) }
}

const backBeforeThere =
  'The way back would be before the way there. To which days do you want to move them?'

function flightsOf(
  notes: Notes,
  order: { leg: Leg; legs: readonly Leg[]; reservation: Reservation; cabin: Cabin },
): Step<FlightChoice[]> {
  const { leg, legs, reservation, cabin } = order
  const question = `${askDay} ${leg.name} flight`
  // Of two ways, each is asked for by itself; of one, the day that was named last counts.
  const answer = legs.length > 1 ? notes.replyTo(question) : undefined
  const date = (answer && newDate(leg, [leg], answer)) || newDate(leg, legs, notes.said)
  const route = `${leg.origin} to ${leg.destination}`
  if (date === undefined) {
    return { move: reply(`${question} (${route}, now ${showDate(leg.date)})?`) }
  }
  const query = { leg, date, cabin, people: reservation.passengers.length }
  const offers = findOffers(notes, query)
  if ('move' in offers) return offers
  if (offers.value.length === 0) {
    const none = `There is none from ${route} on ${showDate(date)} with seats in ${cabinName(cabin)}.`
    return { move: reply(`${question}? ${none}`) }
  }
  const chosen = chooseOffer(notes, query, offers.value)
  if (chosen) return { value: chosen.flights }
  return { move: reply(`${listOffers(query, offers.value)}\nWhich one do you want?`) }
}

function present({ flights }: Reservation): FlightChoice[] {
  return flights.map(({ flight_number, date }) => ({ flight_number, date }))
}

function isOrdered(flights: readonly FlightChoice[]): boolean {
  return flights.every(({ date }, index) => index === 0 || flights[index - 1]!.date <= date)
}
