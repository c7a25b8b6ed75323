import { z } from 'zod'
import { verbatim } from './verbatim.ts'

/** The three cabins; a reservation has one cabin for all its flights. */
export const Cabin = z.enum(['basic_economy', 'economy', 'business'])
export type Cabin = z.infer<typeof Cabin>

/** Whether a reservation ends where it leads to or where it began. */
export const FlightType = z.enum(['one_way', 'round_trip'])
export type FlightType = z.infer<typeof FlightType>

/** A customer's tier; it decides about free bags and compensation. */
export const Membership = z.enum(['regular', 'silver', 'gold'])
export type Membership = z.infer<typeof Membership>

/** One person who flies. */
export const Passenger = z.object({
  first_name: z.string(),
  last_name: z.string(),
  dob: z.string(),
})
export type Passenger = z.infer<typeof Passenger>

/** A way to pay that a customer has in the profile. */
export const PaymentMethod = z.discriminatedUnion('source', [
  z.object({
    source: z.literal('credit_card'),
    brand: z.string(),
    last_four: z.string(),
    id: z.string(),
  }),
  z.object({ source: z.literal('gift_card'), amount: z.number(), id: z.string() }),
  z.object({ source: z.literal('certificate'), amount: z.number(), id: z.string() }),
])
export type PaymentMethod = z.infer<typeof PaymentMethod>

/** An amount taken from, or given back to, one payment method. */
export const Payment = z.object({ payment_id: z.string(), amount: z.number() })
export type Payment = z.infer<typeof Payment>

const userShape = z.object({
  name: z.object({ first_name: z.string(), last_name: z.string() }),
  email: z.string(),
  dob: z.string(),
  payment_methods: z.record(z.string(), PaymentMethod),
  saved_passengers: z.array(Passenger),
  membership: Membership,
  reservations: z.array(z.string()),
})
export type User = z.infer<typeof userShape>
/** A customer's profile. */
export const User: z.ZodType<User> = verbatim(userShape)

/** One flight of a reservation: the flight, its day, and the price paid per passenger. */
export const BookedFlight = z.object({
  origin: z.string(),
  destination: z.string(),
  flight_number: z.string(),
  date: z.string(),
  price: z.number(),
})
export type BookedFlight = z.infer<typeof BookedFlight>

const reservationShape = z.object({
  reservation_id: z.string(),
  user_id: z.string(),
  origin: z.string(),
  destination: z.string(),
  flight_type: FlightType,
  cabin: Cabin,
  flights: z.array(BookedFlight),
  passengers: z.array(Passenger),
  payment_history: z.array(Payment),
  created_at: z.string(),
  total_baggages: z.number().int(),
  nonfree_baggages: z.number().int(),
  insurance: z.enum(['yes', 'no']),
  status: z.literal('cancelled').optional(),
})
export type Reservation = z.infer<typeof reservationShape>
/** A reservation; it has a status only once it is cancelled. */
export const Reservation: z.ZodType<Reservation> = verbatim(reservationShape)

const perCabin = z.object({
  basic_economy: z.number(),
  economy: z.number(),
  business: z.number(),
})

const FlightDay = z.discriminatedUnion('status', [
  z.object({ status: z.literal('available'), available_seats: perCabin, prices: perCabin }),
  z.object({
    status: z.enum(['on time', 'delayed']),
    estimated_departure_time_est: z.string(),
    estimated_arrival_time_est: z.string(),
  }),
  z.object({
    status: z.literal('flying'),
    actual_departure_time_est: z.string(),
    estimated_arrival_time_est: z.string(),
  }),
  z.object({
    status: z.literal('landed'),
    actual_departure_time_est: z.string(),
    actual_arrival_time_est: z.string(),
  }),
  z.object({ status: z.literal('cancelled') }),
])
/** What is known of a flight on one date; only an available one has seats and prices. */
export type FlightDay = z.infer<typeof FlightDay>

const flightShape = z.object({
  flight_number: z.string(),
  origin: z.string(),
  destination: z.string(),
  scheduled_departure_time_est: z.string(),
  scheduled_arrival_time_est: z.string(),
  dates: z.record(z.string(), FlightDay),
})
export type Flight = z.infer<typeof flightShape>
/** A flight and its dates. */
export const Flight: z.ZodType<Flight> = verbatim(flightShape)
