import type { AirlineView } from '../../domain/database.ts'
import type { FlightDay, FlightType } from '../../domain/records.ts'
import { forbidden, type Finding } from './objections.ts'
import { sentences } from './sentences.ts'

/** A flight on a day. */
export interface Leg {
  flight_number: string
  date: string
}

/** What the airline knows of a flight on a day. */
export function statusOf(view: AirlineView, leg: Leg): FlightDay['status'] | 'unknown' {
  const dates = view.flight(leg.flight_number)?.dates
  if (!dates || !Object.hasOwn(dates, leg.date)) return 'unknown'
  return dates[leg.date]?.status ?? 'unknown'
}

/** The legs that have taken off, landed or not. */
export function usedLegs<L extends Leg>(view: AirlineView, legs: readonly L[]): L[] {
  return legs.filter((leg) => ['flying', 'landed'].includes(statusOf(view, leg)))
}

/** In words: `HAT001 on 2024-05-16`. */
export function legText({ flight_number, date }: Leg): string {
  return `${flight_number} on ${date}`
}

/** True if both name the same flight on the same day. */
export function sameLeg(one: Leg, other: Leg): boolean {
  return one.flight_number === other.flight_number && one.date === other.date
}

/** Objects to a leg of which no seat can be sold any more, or which does not exist. */
export function bookable(view: AirlineView, legs: readonly Leg[]): Finding {
  for (const leg of legs) {
    const status = statusOf(view, leg)
    if (status === 'available') continue
    const why = `flight ${legText(leg)} is ${status === 'unknown' ? 'not in the schedule' : status}`
    if (status === 'flying') return forbidden(sentences.flying, why)
    if (status === 'delayed' || status === 'on time') return forbidden(sentences.notTakenOff, why)
    return forbidden(sentences.available, why)
  }
  return undefined
}

/** A trip as a reservation declares it. */
export interface Trip {
  flight_type: FlightType
  origin: string
  destination: string
}

/**
 * In words, why the legs in this order are not the trip; `undefined` if they are, or if one of them
 * does not exist. Whether a connection can be caught is nothing that the policy speaks of.
 */
export function whyNotTheTrip(view: AirlineView, legs: readonly Leg[], trip: Trip) {
  const ends = legs.map((leg) => view.flight(leg.flight_number))
  if (ends.includes(undefined)) return undefined
  const stops = [ends[0]?.origin, ...ends.map((flight) => flight?.destination)]
  const path = stops.join('-')
  const broken = ends.findIndex((flight, index) => flight?.origin !== stops[index])
  if (broken !== -1) return `${path}: leg ${broken + 1} does not start where the one before ends`
  const end = trip.flight_type === 'one_way' ? trip.destination : trip.origin
  if (stops[0] !== trip.origin) return `${path} does not start in ${trip.origin}`
  if (stops.at(-1) !== end) return `${path} does not end in ${end}`
  const turns = stops.slice(1, -1).includes(trip.destination)
  if (trip.flight_type === 'one_way' || turns) return undefined
  return `${path} does not go to ${trip.destination} and back`
}
