import { describe, expect, test } from 'vitest'
import { altered, alteredUser, data, ruling } from './synthetic.ts'

const MINA = 'mina_haddad_7707'
const person = { first_name: 'Mina', last_name: 'Haddad', dob: '1997-03-28' }
const order = {
  user_id: MINA,
  origin: 'BOS',
  destination: 'DEN',
  flight_type: 'one_way',
  cabin: 'economy',
  flights: [{ flight_number: 'ASH107', date: '2024-05-20' }],
  passengers: [person],
  payment_methods: [{ payment_id: 'credit_card_7707001', amount: 100 }],
  total_baggages: 2,
  nonfree_baggages: 0,
  insurance: 'no',
}
const book = (values: object, said = MINA): string =>
  ruling('book_reservation', { ...order, ...values }, said)
const paying = (...ids: string[]): object => ({
  payment_methods: ids.map((payment_id) => ({ payment_id, amount: 10 })),
})

describe('booking', () => {
  test('an order within the rules', () => {
    expect(book({})).toBe('allowed')
  })

  test('only for a customer who is identified, and for their own profile', () => {
    expect(book({}, 'hello')).toBe('customer-not-identified')
    expect(book({}, 'otto_brand_2202')).toBe('not-your-profile')
  })

  test('at most five passengers', () => {
    expect(book({ passengers: Array.from({ length: 5 }, () => person) })).toBe('allowed')
    expect(book({ passengers: Array.from({ length: 6 }, () => person) })).toBe(
      'booking-too-many-passengers',
    )
  })

  test('one cabin', () => {
    const flights = [{ flight_number: 'ASH107', date: '2024-05-20', cabin: 'business' }]
    expect(book({ flights })).toBe('cabin-mixed')
  })

  test('at most one certificate, one credit card and three gift cards', () => {
    const card = (id: string): object => ({ [id]: { source: 'gift_card', amount: 50, id } })
    const second = { source: 'credit_card' as const, brand: 'visa', last_four: '1', id: 'cc2' }
    const payment_methods = {
      ...data.users[MINA]!.payment_methods,
      ...Object.assign({}, card('g2'), card('g3'), card('g4')),
      cc2: second,
    }
    const changes = alteredUser(MINA, { payment_methods })
    const rule = (...ids: string[]): string =>
      ruling('book_reservation', { ...order, ...paying(...ids) }, MINA, changes)
    expect(rule('certificate_7707003', 'credit_card_7707001')).toBe('allowed')
    expect(rule('certificate_7707003', 'certificate_7707004')).toBe('payment-mix')
    expect(rule('credit_card_7707001', 'cc2')).toBe('payment-mix')
    expect(rule('gift_card_7707002', 'g2', 'g3')).toBe('allowed')
    expect(rule('gift_card_7707002', 'g2', 'g3', 'g4')).toBe('payment-mix')
    expect(rule('credit_card_7707001', 'credit_card_7707001')).toBe('allowed')
  })

  test('no method pays more than it holds, and none is filled up', () => {
    const pay = (...amounts: number[]): string =>
      book({
        payment_methods: amounts.map((amount) => ({ payment_id: 'gift_card_7707002', amount })),
      })
    expect(pay(200, 85)).toBe('allowed')
    expect(pay(200, 86)).toBe('payment-overdrawn')
    expect(pay(-10)).toBe('payment-not-positive')
    expect(pay(Number.NaN)).not.toBe('allowed')
  })

  test('somebody flies somewhere', () => {
    expect(book({ passengers: [] })).toBe('booking-empty')
    expect(book({ flights: [] })).toBe('booking-empty')
  })

  test('paid from the profile', () => {
    expect(book(paying('credit_card_1101001'))).toBe('payment-not-in-profile')
    expect(book(paying('toString'))).toBe('payment-not-in-profile')
  })

  test.each([
    ['regular', 'basic_economy', 0],
    ['regular', 'economy', 1],
    ['regular', 'business', 2],
    ['silver', 'basic_economy', 1],
    ['silver', 'economy', 2],
    ['silver', 'business', 3],
    ['gold', 'basic_economy', 2],
    ['gold', 'economy', 3],
    ['gold', 'business', 3],
  ] as const)('%s in %s has %i free bags per passenger', (membership, cabin, free) => {
    const changes = alteredUser(MINA, { membership })
    const rule = (total: number, nonfree: number): string => {
      const values = { cabin, total_baggages: total, nonfree_baggages: nonfree }
      const args = { ...order, ...values, passengers: [person, person] }
      return ruling('book_reservation', args, MINA, changes)
    }
    expect(rule(free * 2, 0)).toBe('allowed')
    expect(rule(free * 2 + 1, 1)).toBe('allowed')
    expect(rule(free * 2 + 1, 0)).toBe('bag-fee-wrong')
    expect(rule(free * 2, 1)).toBe('bag-fee-wrong')
  })
})

describe('compensating', () => {
  const send = (amount: number, said: string, changes = altered('K7PLM2', {})): string =>
    ruling('send_certificate', { user_id: said.split(' ')[0], amount }, said, changes)
  const CANCELLED = `${MINA} my flight of R1XEB5 was cancelled, I want compensation`
  const DELAYED = `${MINA} my flight ASH116 is delayed, I want a voucher`

  test('a cancelled flight brings 100 dollars per passenger', () => {
    expect(send(200, CANCELLED)).toBe('allowed')
    expect(send(300, CANCELLED)).toBe('compensation-amount-wrong')
    expect(send(100, CANCELLED)).toBe('compensation-amount-wrong')
  })

  test('a delay brings 50 dollars per passenger, after a change or cancellation', () => {
    expect(send(50, DELAYED)).toBe('compensation-no-disruption')
    const changed = altered('F6UTN7', { total_baggages: 1 })
    expect(send(50, DELAYED, changed)).toBe('allowed')
    expect(send(100, DELAYED, changed)).toBe('compensation-amount-wrong')
    const moved = altered('F6UTN7', {
      flights: [
        {
          origin: 'LAX',
          destination: 'DEN',
          flight_number: 'ASH116',
          date: '2024-05-17',
          price: 9,
        },
      ],
    })
    expect(send(50, DELAYED, moved)).toBe('allowed')
  })

  test('only to those who ask', () => {
    expect(send(200, `${MINA} my flight of R1XEB5 was cancelled`)).toBe('compensation-not-asked')
  })

  test('not without a disruption', () => {
    const said = 'otto_brand_2202 I want compensation'
    expect(send(200, said)).toBe('compensation-no-disruption')
  })

  test('not to a regular member without insurance in economy', () => {
    const said = 'iris_okafor_5505 I want compensation for W8GZU3'
    expect(send(100, said)).toBe('compensation-not-eligible')
    expect(send(100, 'iris_okafor_5505 compensation')).toBe('compensation-not-eligible')
  })

  test('only once, and only to the own profile', () => {
    const id = 'certificate_3221322'
    const methods = data.users[MINA]?.payment_methods
    const changes = alteredUser(MINA, {
      payment_methods: { ...methods, [id]: { source: 'certificate', amount: 200, id } },
    })
    expect(send(200, CANCELLED, changes)).toBe('compensation-already-given')
    const other = { user_id: 'otto_brand_2202', amount: 200 }
    expect(ruling('send_certificate', other, CANCELLED)).toBe('not-your-profile')
  })
})
