import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Changes } from '../../examples/airline-desk/domain/database.ts'
import { mergeChanges, noChanges, overlay } from '../../examples/airline-desk/domain/database.ts'
import { operationNamed, operations } from '../../examples/airline-desk/domain/operations/index.ts'
import { dumps } from '../../examples/airline-desk/domain/python-text.ts'
import { perform } from './replay.ts'
import { alteredUser, data } from './synthetic.ts'

const before = structuredClone(data)
const run = (name: string, args: object, changes: Changes = noChanges()) =>
  perform(overlay(data, changes), { name, arguments: args })

describe('the fourteen operations', () => {
  test('six write and eight do not', () => {
    expect(operations).toHaveLength(14)
    expect(operations.filter((operation) => operation.kind === 'write')).toHaveLength(6)
    expect(operationNamed('toString')).toBeUndefined()
  })

  test('each input has a JSON schema of an object for the model', () => {
    for (const { input, description } of operations) {
      expect(z.toJSONSchema(input)).toMatchObject({ type: 'object' })
      expect(description.length).toBeGreaterThan(20)
    }
  })

  test('an input is handed on as it came, with its order and its further keys', () => {
    const args = { thought: 'x', more: 1 }
    expect(operationNamed('think')?.input.parse(args)).toBe(args)
    expect(operationNamed('think')?.input.safeParse({ thought: 1 }).success).toBe(false)
  })
})

describe('looking up', () => {
  test('get_user_details escapes what is not ASCII', () => {
    const { text } = run('get_user_details', { user_id: 'joel_lindqvist_8808' })
    expect(text).toContain('"city": "Malm\\u00f6 Heights", "country": "USA"')
    expect(JSON.parse(text)).toEqual(data.users['joel_lindqvist_8808'])
    expect(run('get_user_details', { user_id: 'x' }).text).toBe('Error: user not found')
  })

  test('get_reservation_details', () => {
    const { text } = run('get_reservation_details', { reservation_id: 'K7PLM2' })
    expect(text).toMatch(/^\{"reservation_id": "K7PLM2", "user_id": "nora_vale_1101", /)
    const missing = run('get_reservation_details', { reservation_id: 'x' })
    expect(missing.text).toBe('Error: user not found')
  })

  test('search_direct_flight lists only what can be booked', () => {
    const search = (date: string): unknown =>
      JSON.parse(run('search_direct_flight', { origin: 'BOS', destination: 'DEN', date }).text)
    expect(search('2024-05-20')).toMatchObject([{ flight_number: 'ASH107', status: 'available' }])
    expect(search('2024-05-21')).toEqual([])
    expect(search('2024-05-15')).toEqual([])
    expect(search('2024-06-01')).toEqual([])
  })

  test('search_onestop_flight waits for the first flight to arrive', () => {
    const search = (origin: string, destination: string, date = '2024-05-20'): unknown[] =>
      JSON.parse(run('search_onestop_flight', { origin, destination, date }).text) as unknown[]
    expect(search('DEN', 'BOS')).toMatchObject([
      [
        { flight_number: 'ASH103', date: '2024-05-20' },
        { flight_number: 'ASH104', date: '2024-05-20' },
      ],
    ])
    // Overnight arrivals compare as text, so that `05:30:00+1` counts as an early arrival.
    expect(search('SEA', 'BOS')).toMatchObject([
      [
        { flight_number: 'ASH112', date: '2024-05-20' },
        { flight_number: 'ASH118', date: '2024-05-21' },
      ],
    ])
  })

  test('list_all_airports, think and transfer_to_human_agents', () => {
    expect(run('list_all_airports', {}).text).toMatch(/^\{"SFO": "San Francisco", "JFK": /)
    expect(Object.keys(JSON.parse(run('list_all_airports', {}).text) as object)).toHaveLength(20)
    expect(run('think', { thought: 'hm' }).text).toBe('')
    expect(run('transfer_to_human_agents', { summary: 's' }).text).toBe('Transfer successful')
  })
})

describe('book_reservation', () => {
  const price = 30 // of insurance
  const flight = { flight_number: 'ASH107', date: '2024-05-20' }
  const day = data.flights['ASH107']?.dates['2024-05-20']
  const fare = day?.status === 'available' ? day.prices.economy : Number.NaN
  const order = {
    user_id: 'mina_haddad_7707',
    origin: 'BOS',
    destination: 'DEN',
    flight_type: 'one_way',
    cabin: 'economy',
    flights: [flight],
    passengers: [{ first_name: 'Mina', last_name: 'Haddad', dob: '1997-03-28' }],
    payment_methods: [
      { payment_id: 'certificate_7707004', amount: 60 },
      { payment_id: 'gift_card_7707002', amount: 20 },
      { payment_id: 'credit_card_7707001', amount: fare + price + 50 - 80 },
    ],
    total_baggages: 3,
    nonfree_baggages: 1,
    insurance: 'yes',
  }
  const book = (values: object, changes?: Changes) =>
    run('book_reservation', { ...order, ...values }, changes)

  test('books, uses up the certificate, and charges the gift card', () => {
    const { text, changes } = book({})
    const user = changes.users['mina_haddad_7707']
    expect(JSON.parse(text)).toEqual(changes.reservations['HATHAT'])
    expect(text).toContain(`"flights": [{"flight_number": "ASH107", "date": "2024-05-20", "price"`)
    expect(changes.reservations['HATHAT']?.created_at).toBe('2024-05-15T15:00:00')
    expect(user?.payment_methods).not.toHaveProperty('certificate_7707004')
    expect(user?.payment_methods['gift_card_7707002']).toMatchObject({ amount: 265 })
    expect(user?.reservations).toEqual(['R1XEB5', 'F6UTN7', 'HATHAT'])
  })

  test('gives the ids in their order', () => {
    const card = [{ payment_id: 'credit_card_7707001', amount: fare + price + 50 }]
    let changes = noChanges()
    for (const id of ['HATHAT', 'HATHAU', 'HATHAV', 'HATHAV']) {
      const outcome = book({ payment_methods: card }, changes)
      expect(outcome.text).toContain(`"reservation_id": "${id}"`)
      changes = mergeChanges(changes, outcome.changes)
    }
  })

  test.each([
    [{ user_id: 'x' }, 'user not found'],
    [{ flights: [{ ...flight, flight_number: 'ASH9' }] }, 'flight ASH9 not found'],
    [{ flights: [{ ...flight, date: 'x' }] }, 'flight ASH107 not found on date x'],
    [
      { flights: [{ ...flight, date: '2024-05-21' }] },
      'flight ASH107 not available on date 2024-05-21',
    ],
    [{ passengers: Array(30).fill(order.passengers[0]) }, 'not enough seats on flight ASH107'],
    [{ payment_methods: [{ payment_id: 'x', amount: 1 }] }, 'payment method x not found'],
    [
      { payment_methods: [{ payment_id: 'gift_card_7707002', amount: 999 }] },
      'not enough balance in payment method gift_card_7707002',
    ],
    [
      { payment_methods: [] },
      `payment amount does not add up, total price is ${fare + 80}, but paid 0`,
    ],
  ])('%j fails', (values, problem) => {
    expect(book(values)).toEqual({ text: `Error: ${problem}`, changes: noChanges() })
  })

  test('the same certificate cannot pay twice', () => {
    const half = { payment_id: 'certificate_7707003', amount: (fare + 80) / 2 }
    const outcome = book({ payment_methods: [half, half] })
    expect(outcome.changes).toEqual(noChanges())
    expect(outcome.text).toBe(`Error: 'certificate_7707003'`)
  })
})

test('views keep changes apart and nothing here has changed the data', () => {
  const view = overlay(data, alteredUser('nora_vale_1101', { email: 'x' }))
  expect(view.user('nora_vale_1101')?.email).toBe('x')
  expect(overlay(data).user('nora_vale_1101')?.email).toBe('nora.vale@example.com')
  expect(view.user('constructor')).toBeUndefined()
  expect(dumps(data.users)).toBe(dumps(before.users))
  expect(data).toEqual(before)
})
