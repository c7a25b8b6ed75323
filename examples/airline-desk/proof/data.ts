import type { AirlineData } from '../domain/database.ts'
import type { Cabin, Flight, FlightDay, Passenger, Reservation } from '../domain/records.ts'

/** The customer of the proof, and another one whose trip is none of hers. */
export const customer = 'mia_park_7'
export const stranger = 'ann_lee_3'

const longAgo = '2024-05-01T08:00:00'

export const mia: Passenger = { first_name: 'Mia', last_name: 'Park', dob: '1990-01-02' }
export const tom: Passenger = { first_name: 'Tom', last_name: 'Park', dob: '1988-03-04' }

const seats = { basic_economy: 9, economy: 9, business: 9 }
const prices = { basic_economy: 50, economy: 100, business: 300 }
const available: FlightDay = { status: 'available', available_seats: seats, prices }
const landed: FlightDay = {
  status: 'landed',
  actual_departure_time_est: '2024-05-10T08:00:00',
  actual_arrival_time_est: '2024-05-10T10:00:00',
}

function flight(number: string, way: [string, string], dates: Record<string, FlightDay>): Flight {
  return {
    flight_number: number,
    origin: way[0],
    destination: way[1],
    scheduled_departure_time_est: '08:00:00',
    scheduled_arrival_time_est: '10:00:00',
    dates,
  }
}

export const soon = '2024-05-20'
export const later = '2024-05-21'
export const past = '2024-05-10'
const both = { [soon]: available, [later]: available }

const flights = [
  flight('HAT001', ['JFK', 'LAX'], { ...both, [past]: landed }),
  flight('HAT002', ['LAX', 'JFK'], both),
  flight('HAT003', ['LAX', 'SEA'], both),
  flight('HAT004', ['JFK', 'LAX'], { [soon]: { status: 'cancelled' } }),
]

function reservation(
  id: string,
  so: Partial<Reservation> & { cabin: Cabin },
  dates: readonly string[] = [soon],
): Reservation {
  return {
    reservation_id: id,
    user_id: customer,
    origin: 'JFK',
    destination: 'LAX',
    flight_type: 'one_way',
    flights: dates.map((date) => ({
      origin: 'JFK',
      destination: 'LAX',
      flight_number: 'HAT001',
      date,
      price: prices[so.cabin],
    })),
    passengers: [mia],
    payment_history: [],
    created_at: longAgo,
    total_baggages: 1,
    nonfree_baggages: 0,
    insurance: 'no',
    ...so,
  }
}

/** A trip of each kind that the policy tells apart. */
const reservations = [
  reservation('PLAIN0', { cabin: 'economy' }),
  reservation('INSUR0', { cabin: 'economy', insurance: 'yes' }),
  reservation('BASIC0', { cabin: 'basic_economy' }),
  reservation('FLOWN0', { cabin: 'business' }, [past]),
  reservation('GONE00', { cabin: 'economy', status: 'cancelled' }),
  reservation('CALLED', {
    cabin: 'economy',
    insurance: 'yes',
    flights: [
      { origin: 'JFK', destination: 'LAX', flight_number: 'HAT004', date: soon, price: 100 },
    ],
  }),
  reservation('OTHERS', { cabin: 'business', user_id: stranger }),
]

/** A small airline: enough that every rule of the policy is kept and broken by something. */
export const smallAirline: AirlineData = {
  users: {
    [customer]: {
      name: { first_name: 'Mia', last_name: 'Park' },
      email: 'mia@example.com',
      dob: mia.dob,
      payment_methods: {
        credit_card_1: {
          source: 'credit_card',
          brand: 'visa',
          last_four: '1111',
          id: 'credit_card_1',
        },
        credit_card_2: {
          source: 'credit_card',
          brand: 'visa',
          last_four: '2222',
          id: 'credit_card_2',
        },
        gift_card_1: { source: 'gift_card', amount: 60, id: 'gift_card_1' },
        certificate_1: { source: 'certificate', amount: 100, id: 'certificate_1' },
      },
      saved_passengers: [tom],
      membership: 'regular',
      reservations: ['INSUR0', 'PLAIN0', 'BASIC0', 'FLOWN0', 'GONE00', 'CALLED'],
    },
    [stranger]: {
      name: { first_name: 'Ann', last_name: 'Lee' },
      email: 'ann@example.com',
      dob: '1970-05-06',
      payment_methods: {
        gift_card_9: { source: 'gift_card', amount: 500, id: 'gift_card_9' },
      },
      saved_passengers: [],
      membership: 'regular',
      reservations: ['OTHERS'],
    },
  },
  reservations: Object.fromEntries(reservations.map((one) => [one.reservation_id, one])),
  flights: Object.fromEntries(flights.map((one) => [one.flight_number, one])),
}
