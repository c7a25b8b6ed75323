import type { Move } from '../contracts.ts'
import { TODAY } from '../domain/clock.ts'
import type { Cabin } from '../domain/records.ts'
import { countBefore } from './choices.ts'
import { datesIn } from './dates.ts'
import { allReservations, idsIn, mentions } from './finding.ts'
import type { Notes } from './notes.ts'
import { findOffers, listOffers } from './offers.ts'
import { anythingElse, briefly, inDetail, profileText, reply } from './wording.ts'

/** The customer's profile: tier, ways to pay, reservations. */
export function planProfile(notes: Notes): Move {
  const profile = notes.profile()
  if ('move' in profile) return profile.move
  return reply(`${profileText(profile.value)}\n${anythingElse}`)
}

/** The reservations that were named in detail, or all of them in a line each. */
export function planShowing(notes: Notes): Move {
  const profile = notes.profile()
  if ('move' in profile) return profile.move
  const user = profile.value
  const named = idsIn(notes.said, user)
  if (named.length === 0) {
    const all = allReservations(notes, user)
    if ('move' in all) return all.move
    if (all.value.length === 0) return reply(`You have no reservations with us. ${anythingElse}`)
    const lines = all.value.length === 1 ? all.value.map(inDetail) : all.value.map(briefly)
    return reply(`${lines.join('\n')}\n${anythingElse}`)
  }
  const texts: string[] = []
  for (const id of named) {
    const found = notes.reservation(id)
    if ('move' in found) return found.move
    texts.push(inDetail(found.value))
  }
  return reply(`${texts.join('\n')}\n${anythingElse}`)
}

const fromWhere = 'From where, to where, and on which day do you want to fly?'

/** Flights that can be booked between two places on a day. */
export function planSearching(notes: Notes): Move {
  const airports = notes.airports()
  if ('move' in airports) return airports.move
  const [origin, destination] = placesIn(notes.said, airports.value)
  const date = datesIn(notes.said).at(-1)
  if (!origin || !destination || date === undefined || date < TODAY) return reply(fromWhere)
  const query = {
    leg: { origin, destination },
    date,
    cabin: cabinIn(notes.said),
    people: countBefore(notes.said, 'people|persons?|passengers?|seats?|of us') ?? 1,
  }
  const offers = findOffers(notes, query)
  if ('move' in offers) return offers.move
  if (offers.value.length === 0) {
    return reply(`There is no flight with free seats from ${origin} to ${destination} on that day.`)
  }
  return reply(`${listOffers(query, offers.value)}\n${anythingElse}`)
}

/** Airports in the order of the trip: "to A from B" begins at B. */
function placesIn(said: string, cities: Readonly<Record<string, string>>): string[] {
  const codes = Object.keys(cities)
  const of = (word: string): string | undefined => {
    const parts = said
      .split(/\b(?=from |to )/i)
      .filter((part) => part.toLowerCase().startsWith(word))
    return codes.find((code) => parts.some((part) => mentions(part, code, cities)))
  }
  const [from, to] = [of('from '), of('to ')]
  if (from !== undefined && to !== undefined) return [from, to]
  return codes
    .filter((code) => mentions(said, code, cities))
    .toSorted((a, b) => position(said, a, cities) - position(said, b, cities))
}

function position(said: string, code: string, cities: Readonly<Record<string, string>>): number {
  const at = said.toLowerCase().indexOf((cities[code] ?? code).toLowerCase())
  return at < 0 ? said.indexOf(code) : at
}

function cabinIn(said: string): Cabin {
  if (/\bbusiness\b/i.test(said)) return 'business'
  return /\bbasic\b/i.test(said) ? 'basic_economy' : 'economy'
}
