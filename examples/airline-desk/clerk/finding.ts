import type { Reservation, User } from '../domain/records.ts'
import { numbered, pick } from './choices.ts'
import { datesIn } from './dates.ts'
import type { Notes, Step } from './notes.ts'
import { idLike } from './notes.ts'
import { anythingElse, briefly, reply } from './wording.ts'

const which = 'Which reservation do you mean?'
/** As many are looked at to find the one that is meant. */
const lookedAtMost = 12

/** The reservation that the matter is about: named, described, talked about before, or asked for. */
export function findReservation(notes: Notes, user: User): Step<Reservation> {
  const named = idsIn(notes.said, user).at(-1)
  if (named !== undefined) return notes.reservation(named)
  const foreign = foreignIn(notes.said, user)
  if (foreign !== undefined) {
    const own = user.reservations.join(', ') || 'none'
    return { move: reply(`I find no reservation ${foreign} of yours. Yours are: ${own}. ${which}`) }
  }
  if (user.reservations.length === 0) {
    return { move: reply(`You have no reservations with us. ${anythingElse}`) }
  }
  if (user.reservations.length > lookedAtMost) {
    return { move: reply(`${which} Please tell me its id, six letters and digits.`) }
  }
  return byDescription(notes, user)
}

/** Every reservation of the customer, as far as they were looked at; else the next look. */
export function allReservations(notes: Notes, user: User): Step<Reservation[]> {
  const all: Reservation[] = []
  for (const id of user.reservations.slice(0, lookedAtMost)) {
    const found = notes.reservation(id)
    if ('move' in found) return found
    all.push(found.value)
  }
  return { value: all }
}

/** The customer's own reservations that a text names, in its order. */
export function idsIn(text: string, user: User): string[] {
  return [...new Set(idLike(text).filter((word) => user.reservations.includes(word)))]
}

/** What looks like an id and is none of the customer's: letters and digits, as people write ids. */
function foreignIn(text: string, user: User): string | undefined {
  const words = text.match(/\b(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{6}\b/g) ?? []
  return words.find((word) => !user.reservations.includes(word) && !/^[A-Z]{3}\d{3}$/.test(word))
}

function byDescription(notes: Notes, user: User): Step<Reservation> {
  const all = allReservations(notes, user)
  if ('move' in all) return all
  const cities = notes.airports()
  if ('move' in cities) return cities
  const open = all.value.filter(({ status }) => status !== 'cancelled')
  if (open.length === 0) {
    return { move: reply(`All your reservations are cancelled already. ${anythingElse}`) }
  }
  if (open.length === 1) return { value: open[0]! }
  const chosen = pick(open, notes.replyTo(which) ?? '')
  if (chosen) return { value: chosen }
  const fitting = open.filter((one) => fits(one, notes.said, cities.value))
  if (fitting.length === 1) return { value: fitting[0]! }
  const before = notes.reservationsBefore
    .map((id) => open.find(({ reservation_id }) => reservation_id === id))
    .find((one) => one !== undefined)
  if (before && fitting.length === 0) return { value: before }
  return { move: reply(`${which}\n${numbered(open.map(briefly))}`) }
}

/** A reservation is described by where it goes, where it begins, and when. */
function fits(
  { origin, destination, flights }: Reservation,
  said: string,
  cities: Readonly<Record<string, string>>,
): boolean {
  const places = Object.keys(cities).filter((code) => mentions(said, code, cities))
  const dates = datesIn(said, flights[0]?.date)
  const own = [origin, destination, ...flights.flatMap((one) => [one.origin, one.destination])]
  const isThere = places.length === 0 || places.some((code) => own.includes(code))
  const isThen = dates.length === 0 || flights.some(({ date }) => dates.includes(date))
  if (places.length > 0) return isThere
  return dates.length > 0 && isThen
}

/** True when a text names an airport by its code, or the city. */
export function mentions(
  text: string,
  code: string,
  cities: Readonly<Record<string, string>>,
): boolean {
  const city = cities[code]
  const isNamed = city !== undefined && text.toLowerCase().includes(city.toLowerCase())
  return isNamed || new RegExp(String.raw`\b${code}\b`).test(text)
}
