import { describe, expect, test } from 'vitest'
import { altered, ruling } from './synthetic.ts'

const IRIS = 'iris_okafor_5505'

function change(
  id: string,
  said: string,
  cabin: string,
  flights: string[],
  payment_id: string,
): string {
  const args = { reservation_id: id, cabin, flights: flights.map(named), payment_id }
  return ruling('update_reservation_flights', args, said)
}

function named(flight: string): object {
  const [number, day] = flight.split('/')
  return { flight_number: `ASH${number}`, date: `2024-05-${day}` }
}

describe('changing flights', () => {
  test.each([
    ['other dates', 'economy', ['113/17', '114/23'], 'allowed'],
    ['the cabin only', 'business', ['113/17', '114/21'], 'allowed'],
    ['a stop on the way', 'economy', ['120/17', '106/17', '101/18', '114/21'], 'allowed'],
    ['a gap', 'economy', ['113/17', '116/21'], 'flights-route-change'],
    ['another origin', 'economy', ['101/17', '114/21'], 'flights-route-change'],
    ['another destination', 'economy', ['120/17', '119/21'], 'flights-route-change'],
    ['no flights', 'economy', [], 'flights-route-change'],
    ['only one way', 'business', ['113/17'], 'flights-trip-type-change'],
    ['an unknown flight, which the tool turns down', 'economy', ['999/17'], 'allowed'],
  ])('%s', (_case, cabin, flights, expected) => {
    expect(change('W8GZU3', IRIS, cabin, flights, 'credit_card_5505001')).toBe(expected)
  })

  test('a one-way trip stays one', () => {
    const flights = ['107/19', '108/20']
    const ruled = change('H2YJD6', 'lena_kroll_3303', 'economy', flights, 'credit_card_3303001')
    expect(ruled).toBe('flights-trip-type-change')
  })

  test('a trip back to its own origin keeps its type', () => {
    const args = {
      reservation_id: 'W8GZU3',
      cabin: 'economy',
      flights: ['113/17', '114/23'].map(named),
      payment_id: 'credit_card_5505001',
    }
    for (const flight_type of ['round_trip', 'one_way'] as const) {
      const changes = altered('W8GZU3', { destination: 'LAX', flight_type })
      expect(ruling('update_reservation_flights', args, IRIS, changes)).toBe('allowed')
    }
  })

  test('a flight that was flown stays; the others of the trip may change', () => {
    const joel = (flights: string[]): string =>
      change('Z3HWC0', 'joel_lindqvist_8808', 'economy', flights, 'credit_card_8808001')
    expect(joel(['103/11', '106/19'])).toBe('allowed')
    expect(joel(['103/20', '106/22'])).toBe('flights-already-flown')
    expect(joel(['106/18'])).toBe('flights-already-flown')
  })

  test('basic economy: the cabin may change, the flights may not, not even together', () => {
    const pavel = (cabin: string, flight: string): string =>
      change('M5CFE1', 'pavel_sorin_4404', cabin, [flight], 'credit_card_4404001')
    expect(pavel('economy', '109/20')).toBe('allowed')
    expect(pavel('basic_economy', '109/21')).toBe('flights-basic-economy')
    expect(pavel('economy', '109/21')).toBe('flights-basic-economy')
  })

  test('a flight with a cabin of its own mixes cabins', () => {
    const args = {
      reservation_id: 'W8GZU3',
      cabin: 'economy',
      flights: [named('113/17'), { ...named('114/21'), cabin: 'business' }],
      payment_id: 'credit_card_5505001',
    }
    expect(ruling('update_reservation_flights', args, IRIS)).toBe('cabin-mixed')
  })

  test('paid by a card of the profile that is no certificate', () => {
    const pay = (id: string): string => change('W8GZU3', IRIS, 'economy', ['113/17', '114/23'], id)
    expect(pay('credit_card_1101001')).toBe('payment-not-in-profile')
    expect(pay('certificate_5505003')).toBe('payment-certificate-for-change')
    expect(pay('gift_card_5505002')).toBe('allowed')
  })

  test('insurance is not added later', () => {
    const args = {
      reservation_id: 'W8GZU3',
      cabin: 'economy',
      flights: ['113/17', '114/21'].map(named),
      payment_id: 'credit_card_5505001',
      insurance: 'yes',
    }
    expect(ruling('update_reservation_flights', args, IRIS)).toBe('insurance-late')
  })
})

describe('changing bags', () => {
  const bags = (total: number, nonfree: number, payment = 'credit_card_6606001'): string =>
    ruling(
      'update_reservation_baggages',
      {
        reservation_id: 'D4SKA9',
        total_baggages: total,
        nonfree_baggages: nonfree,
        payment_id: payment,
      },
      'tomas_reyes_6606',
    )

  test('gold in economy has three free bags for each of two passengers', () => {
    expect(bags(6, 0)).toBe('allowed')
    expect(bags(7, 1)).toBe('allowed')
    expect(bags(7, 0)).toBe('bag-fee-wrong')
    expect(bags(3, 1)).toBe('bag-fee-wrong')
  })

  test('bags are not removed', () => {
    expect(bags(1, 0)).toBe('bags-removed')
    expect(bags(2, 0)).toBe('allowed')
  })

  test('a bag paid for before an upgrade may stay listed', () => {
    const args = {
      reservation_id: 'D4SKA9',
      total_baggages: 4,
      nonfree_baggages: 1,
      payment_id: 'credit_card_6606001',
    }
    const changes = altered('D4SKA9', { total_baggages: 3, nonfree_baggages: 1 })
    const rule = (values: object): string =>
      ruling('update_reservation_baggages', { ...args, ...values }, 'tomas_reyes_6606', changes)
    expect(rule({})).toBe('allowed')
    expect(rule({ nonfree_baggages: 0 })).toBe('allowed')
    expect(rule({ nonfree_baggages: 2 })).toBe('bag-fee-wrong')
  })

  test('paid like any change', () => {
    expect(bags(3, 0, 'gift_card_7707002')).toBe('payment-not-in-profile')
  })
})

describe('changing passengers', () => {
  const ruth = { first_name: 'Ruth', last_name: 'Soto', dob: '1987-10-14' }
  const passengers = (list: object[]): string =>
    ruling(
      'update_reservation_passengers',
      { reservation_id: 'D4SKA9', passengers: list },
      'tomas_reyes_6606',
    )

  test('their number stays', () => {
    expect(passengers([ruth, ruth])).toBe('allowed')
    expect(passengers([ruth])).toBe('passengers-count')
    expect(passengers([ruth, ruth, ruth])).toBe('passengers-count')
  })
})
