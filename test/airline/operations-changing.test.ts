import { describe, expect, test } from 'vitest'
import type { Changes } from '../../examples/airline-desk/domain/database.ts'
import { noChanges, overlay } from '../../examples/airline-desk/domain/database.ts'
import { perform } from './replay.ts'
import { altered, data } from './synthetic.ts'

const run = (name: string, args: object, changes: Changes = noChanges()) =>
  perform(overlay(data, changes), { name, arguments: args })

describe('changing a reservation', () => {
  test('cancel_reservation refunds every payment', () => {
    const { text, changes } = run('cancel_reservation', { reservation_id: 'K7PLM2' })
    expect(text).toMatch(/"insurance": "no", "status": "cancelled"\}$/)
    const history = changes.reservations['K7PLM2']?.payment_history
    expect(history?.map((payment) => payment.amount)).toEqual([362, -362])
    const missing = run('cancel_reservation', { reservation_id: 'x' })
    expect(missing.text).toBe('Error: reservation not found')
  })

  const move = (values: object, changes?: Changes) =>
    run(
      'update_reservation_flights',
      {
        reservation_id: 'W8GZU3',
        cabin: 'economy',
        flights: [
          { flight_number: 'ASH113', date: '2024-05-17' },
          { flight_number: 'ASH114', date: '2024-05-23' },
        ],
        payment_id: 'gift_card_5505002',
        ...values,
      },
      changes,
    )

  test('update_reservation_flights keeps the price of a flight that stays', () => {
    const flights = structuredClone(data.reservations['W8GZU3']?.flights ?? [])
    for (const flight of flights) flight.price = 1
    const changes = altered('W8GZU3', { flights })
    const after = move({ payment_id: 'credit_card_5505001' }, changes)
    const [kept, moved] = after.changes.reservations['W8GZU3']?.flights ?? []
    expect(kept?.price).toBe(1)
    expect(moved?.price).toBeGreaterThan(1)
  })

  test('update_reservation_flights settles the difference and writes the cabin', () => {
    const { changes } = move({ cabin: 'business', payment_id: 'credit_card_5505001' })
    const reservation = changes.reservations['W8GZU3']
    const old = data.reservations['W8GZU3']
    const fare = (flights: { price: number }[] = []): number =>
      flights.reduce((sum, flight) => sum + flight.price, 0)
    expect(reservation?.cabin).toBe('business')
    expect(reservation?.payment_history.at(-1)).toEqual({
      payment_id: 'credit_card_5505001',
      amount: fare(reservation?.flights) - fare(old?.flights),
    })
    expect(changes.users).toEqual({})
  })

  test('update_reservation_flights without a difference adds no payment', () => {
    const flights = data.reservations['W8GZU3']?.flights
    const { changes } = move({ flights })
    expect(changes.reservations['W8GZU3']).toEqual(data.reservations['W8GZU3'])
  })

  test.each([
    [{ reservation_id: 'x' }, 'reservation not found'],
    [{ payment_id: 'x' }, 'payment method not found'],
    [{ payment_id: 'certificate_5505003' }, 'certificate cannot be used to update reservation'],
    [{ cabin: 'business' }, 'gift card balance is not enough'],
    [
      { flights: [{ flight_number: 'ASH113', date: '2024-05-15' }] },
      'flight ASH113 not available on date 2024-05-15',
    ],
  ])('update_reservation_flights with %j fails', (values, problem) => {
    expect(move(values)).toEqual({ text: `Error: ${problem}`, changes: noChanges() })
  })

  test('update_reservation_baggages charges the bags not paid for yet', () => {
    const bags = (nonfree: number, payment_id: string) =>
      run('update_reservation_baggages', {
        reservation_id: 'D4SKA9',
        total_baggages: 7,
        nonfree_baggages: nonfree,
        payment_id,
      })
    const { changes } = bags(2, 'gift_card_6606002')
    expect(changes.reservations['D4SKA9']).toMatchObject({ total_baggages: 7, nonfree_baggages: 2 })
    expect(changes.users['tomas_reyes_6606']?.payment_methods['gift_card_6606002']).toMatchObject({
      amount: 150,
    })
    expect(bags(0, 'gift_card_6606002').changes.users).toEqual({})
    expect(bags(6, 'gift_card_6606002').text).toBe('Error: gift card balance is not enough')
    expect(bags(1, 'x').text).toBe('Error: payment method not found')
  })

  test('update_reservation_passengers', () => {
    const passengers = [{ first_name: 'No', last_name: 'Ra', dob: '1988-02-11' }]
    const args = { reservation_id: 'K7PLM2', passengers }
    const { changes } = run('update_reservation_passengers', args)
    expect(changes.reservations['K7PLM2']?.passengers).toEqual(passengers)
    const none = run('update_reservation_passengers', { ...args, passengers: [] })
    expect(none.text).toBe('Error: number of passengers does not match')
  })

  test('send_certificate gives the ids in their order', () => {
    const args = { user_id: 'nora_vale_1101', amount: 50 }
    const { text, changes } = run('send_certificate', args)
    expect(text).toBe(
      'Certificate certificate_3221322 added to user nora_vale_1101 with amount 50.',
    )
    expect(run('send_certificate', args, changes).text).toContain('certificate_3221323')
    expect(run('send_certificate', { ...args, user_id: 'x' }).text).toBe('Error: user not found')
  })
})
