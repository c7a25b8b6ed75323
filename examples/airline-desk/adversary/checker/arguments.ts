import * as z from 'zod'

const text = z.string().min(1)
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a date as YYYY-MM-DD is expected')
const count = z.int().nonnegative()
const cabin = z.enum(['basic_economy', 'economy', 'business'])
// Whether the names and the date of birth say anything is a matter of the policy, not of the form.
const passenger = z.object({ first_name: z.string(), last_name: z.string(), dob: z.string() })
const flights = z.array(z.object({ flight_number: text, date: day })).min(1)

/** The arguments of the six writing tools, as far as the policy cares about them. */
export const shapes = {
  book_reservation: z.object({
    user_id: text,
    origin: text,
    destination: text,
    flight_type: z.enum(['one_way', 'round_trip']),
    cabin,
    flights,
    passengers: z.array(passenger).min(1),
    payment_methods: z.array(z.object({ payment_id: text, amount: z.number().nonnegative() })),
    total_baggages: count,
    nonfree_baggages: count,
    insurance: z.enum(['yes', 'no']),
  }),
  cancel_reservation: z.object({ reservation_id: text }),
  update_reservation_flights: z.object({
    reservation_id: text,
    cabin,
    flights,
    payment_id: text,
    insurance: z.unknown().optional(),
  }),
  update_reservation_baggages: z.object({
    reservation_id: text,
    total_baggages: count,
    nonfree_baggages: count,
    payment_id: text,
    insurance: z.unknown().optional(),
  }),
  update_reservation_passengers: z.object({
    reservation_id: text,
    passengers: z.array(passenger),
    insurance: z.unknown().optional(),
  }),
  send_certificate: z.object({ user_id: text, amount: z.number().positive() }),
}
/** The name of a tool that writes. */
export type WriteName = keyof typeof shapes
/** The arguments of the writing tool `N`. */
export type Arguments<N extends WriteName> = z.infer<(typeof shapes)[N]>

/** The tool of that name, if it is one that writes. */
export function isWrite(name: string): name is WriteName {
  return Object.hasOwn(shapes, name)
}

/** The arguments of a call, or in words what is wrong with them. */
export function readArguments<N extends WriteName>(
  name: N,
  given: Readonly<Record<string, unknown>>,
): Arguments<N> | string {
  const result = shapes[name].safeParse(given)
  if (result.success) return result.data as Arguments<N>
  const [issue] = result.error.issues
  return `${issue?.path.join('.') || 'arguments'}: ${issue?.message ?? 'malformed'}`
}
