import type { Act } from '../contracts.ts'
import { customer, later, mia, soon, stranger, tom } from './data.ts'

/** Per write: one that the policy allows, and for each of its rules one that only breaks that. */
export interface Representative {
  act: Act
  /** The rule that it breaks, of those that come after one another; undefined: none, in some state. */
  breaks?: string
}

type Arguments = Record<string, unknown>

/** No rule of the policy: the airline's own system turns it down. */
export const turnedDown = 'turned down'

function acts(
  name: string,
  good: Arguments,
  bad: readonly (readonly [breaks: string, change: Arguments])[],
): Representative[] {
  return [
    { act: { name, arguments: good } },
    ...bad.map(([breaks, change]) => ({
      act: { name, arguments: { ...good, ...change } },
      breaks,
    })),
  ]
}

/** What every write to a reservation must not be about. */
const wrongTrips = [
  ['unknown-reservation', { reservation_id: 'NOSUCH' }],
  ['not-your-reservation', { reservation_id: 'OTHERS' }],
] as const

const goneTrip = ['already-cancelled', { reservation_id: 'GONE00' }] as const

const wrongPayments = [
  ['payment-not-in-profile', { payment_id: 'gift_card_9' }],
  ['payment-certificate-for-change', { payment_id: 'certificate_1' }],
] as const

const flight = (flight_number: string, date: string): object => ({ flight_number, date })

const six = Array.from({ length: 6 }, () => mia)

/** What the model may propose. Whatever else it makes up is one of these to the policy. */
export const representatives: readonly Representative[] = [
  ...acts(
    'book_reservation',
    {
      user_id: customer,
      origin: 'JFK',
      destination: 'LAX',
      flight_type: 'one_way',
      cabin: 'economy',
      flights: [flight('HAT001', soon)],
      passengers: [mia],
      // A certificate is used up, so that this is booked once.
      payment_methods: [{ payment_id: 'certificate_1', amount: 100 }],
      total_baggages: 0,
      nonfree_baggages: 0,
      insurance: 'no',
    },
    [
      ['not-your-profile', { user_id: stranger }],
      ['booking-empty', { flights: [] }],
      ['booking-too-many-passengers', { passengers: six }],
      ['cabin-mixed', { flights: [{ ...flight('HAT001', soon), cabin: 'business' }] }],
      ['payment-not-in-profile', { payment_methods: [{ payment_id: 'gift_card_9', amount: 100 }] }],
      [
        'payment-mix',
        {
          payment_methods: [
            { payment_id: 'credit_card_1', amount: 50 },
            { payment_id: 'credit_card_2', amount: 50 },
          ],
        },
      ],
      [
        'payment-overdrawn',
        {
          payment_methods: [
            { payment_id: 'gift_card_1', amount: 50 },
            { payment_id: 'gift_card_1', amount: 50 },
          ],
        },
      ],
      [
        'payment-not-positive',
        {
          payment_methods: [
            { payment_id: 'credit_card_1', amount: 150 },
            { payment_id: 'gift_card_1', amount: -50 },
          ],
        },
      ],
      ['bag-fee-wrong', { total_baggages: 5 }],
      [turnedDown, { payment_methods: [{ payment_id: 'certificate_1', amount: 90 }] }],
    ],
  ),
  ...acts('cancel_reservation', { reservation_id: 'INSUR0' }, [
    ...wrongTrips,
    goneTrip,
    ['cancel-already-flown', { reservation_id: 'FLOWN0' }],
    ['cancel-not-refundable', { reservation_id: 'PLAIN0' }],
  ]),
  ...acts(
    'update_reservation_flights',
    {
      reservation_id: 'PLAIN0',
      cabin: 'economy',
      flights: [flight('HAT001', later)],
      payment_id: 'credit_card_1',
    },
    [
      ...wrongTrips,
      ['insurance-late', { insurance: 'yes' }],
      ['flights-basic-economy', { reservation_id: 'BASIC0', cabin: 'basic_economy' }],
      ['flights-already-flown', { reservation_id: 'FLOWN0', cabin: 'business' }],
      ['flights-route-change', { flights: [flight('HAT001', soon), flight('HAT003', soon)] }],
      goneTrip,
      [turnedDown, { flights: [flight('HAT004', soon)] }],
      ['flights-trip-type-change', { flights: [flight('HAT001', soon), flight('HAT002', later)] }],
      ['cabin-mixed', { flights: [{ ...flight('HAT001', later), cabin: 'business' }] }],
      ...wrongPayments,
    ],
  ),
  ...acts(
    'update_reservation_baggages',
    {
      reservation_id: 'PLAIN0',
      total_baggages: 3,
      nonfree_baggages: 2,
      payment_id: 'credit_card_1',
    },
    [
      ...wrongTrips,
      ['insurance-late', { insurance: 'yes' }],
      goneTrip,
      [turnedDown, { payment_id: 'gift_card_1' }],
      ['bags-removed', { total_baggages: 0, nonfree_baggages: 0 }],
      ['bag-fee-wrong', { nonfree_baggages: 0 }],
      ...wrongPayments,
    ],
  ),
  ...acts('update_reservation_passengers', { reservation_id: 'PLAIN0', passengers: [tom] }, [
    ...wrongTrips,
    ['insurance-late', { insurance: 'yes' }],
    goneTrip,
    ['passengers-count', { passengers: [mia, tom] }],
  ]),
  ...acts('send_certificate', { user_id: customer, amount: 100 }, [
    ['not-your-profile', { user_id: stranger }],
    ['compensation-amount-wrong', { amount: 200 }],
  ]),
]
