import { describe, expect, test } from 'vitest'
import { judge, policyRules } from '../../examples/airline-desk/domain/policy/index.ts'
import { altered, data, ruling } from './synthetic.ts'

const cancel = (id: string): [string, object] => ['cancel_reservation', { reservation_id: id }]

describe('cancelling', () => {
  test.each([
    ['T9QRW4', 'business', 'otto_brand_2202', 'allowed'],
    ['B3NVX8', 'booked within 24 hours', 'nora_vale_1101', 'allowed'],
    ['R1XEB5', 'cancelled by the airline', 'mina_haddad_7707', 'allowed'],
    ['H2YJD6', 'insured and ill', "lena_kroll_3303, I'm ill", 'allowed'],
    ['H2YJD6', 'insured, bad weather', 'lena_kroll_3303, there is a storm', 'allowed'],
    ['H2YJD6', 'insured, no reason', 'lena_kroll_3303', 'cancel-not-refundable'],
    ['H2YJD6', 'insured, not ill', "lena_kroll_3303. I'm not ill", 'cancel-not-refundable'],
    ['K7PLM2', 'not insured though ill', "nora_vale_1101, I'm ill", 'cancel-not-refundable'],
    ['M5CFE1', 'basic economy', 'pavel_sorin_4404', 'cancel-not-refundable'],
    ['F6UTN7', 'only delayed', 'mina_haddad_7707', 'cancel-not-refundable'],
    ['Z3HWC0', 'partly flown', "joel_lindqvist_8808, I'm ill", 'cancel-already-flown'],
    ['P9LQY2', 'in the air', 'joel_lindqvist_8808', 'cancel-already-flown'],
    ['V7AJT8', 'cancelled before', 'pavel_sorin_4404', 'already-cancelled'],
    ['T9QRW4', 'of another customer', 'nora_vale_1101', 'not-your-reservation'],
    ['T9QRW4', 'nobody identified', 'I am Otto Brand', 'customer-not-identified'],
    ['T9QRW4', 'unknown id', 'otto_brand_2203', 'customer-not-identified'],
    ['XXXXXX', 'unknown', 'otto_brand_2202', 'unknown-reservation'],
    ['constructor', 'unknown', 'otto_brand_2202', 'unknown-reservation'],
  ])('%s, %s', (id, _case, said, expected) => {
    expect(ruling(...cancel(id), said)).toBe(expected)
  })

  test('24 hours are counted from the booking', () => {
    const at = (created_at: string): string =>
      ruling(...cancel('K7PLM2'), 'nora_vale_1101', altered('K7PLM2', { created_at }))
    expect(at('2024-05-14T15:00:00')).toBe('allowed')
    expect(at('2024-05-14T14:59:59')).toBe('cancel-not-refundable')
    expect(at('2024-05-16T09:00:00')).toBe('cancel-not-refundable')
  })

  test('a flight the airline cancelled in the past is not a used one', () => {
    const flights = [
      { origin: 'SEA', destination: 'ATL', flight_number: 'ASH112', date: '2024-05-12', price: 1 },
    ]
    const changes = altered('K7PLM2', { flights })
    expect(ruling(...cancel('K7PLM2'), 'nora_vale_1101', changes)).toBe('allowed')
  })

  test('a flight of the past without a record counts as used', () => {
    const flights = [
      { origin: 'SEA', destination: 'ATL', flight_number: 'ASH112', date: '2024-05-02', price: 1 },
    ]
    const changes = altered('T9QRW4', { flights })
    expect(ruling(...cancel('T9QRW4'), 'otto_brand_2202', changes)).toBe('cancel-already-flown')
  })

  test('the customer stays who they first said they are', () => {
    const said = ['I am nora_vale_1101', 'now I am otto_brand_2202']
    expect(ruling(...cancel('T9QRW4'), said)).toBe('not-your-reservation')
  })
})

describe('every call', () => {
  test('reads are allowed, also to someone unknown', () => {
    expect(ruling('get_user_details', { user_id: 'nora_vale_1101' }, '')).toBe('allowed')
    expect(ruling('transfer_to_human_agents', { summary: '' }, '')).toBe('allowed')
  })

  test('unknown tools and malformed arguments are refused', () => {
    expect(ruling('drop_database', {}, 'nora_vale_1101')).toBe('unknown-tool')
    expect(ruling('cancel_reservation', {}, 'nora_vale_1101')).toBe('malformed-arguments')
    expect(ruling('cancel_reservation', null, 'nora_vale_1101')).toBe('malformed-arguments')
  })

  test('a refusal says why', () => {
    const facts = {
      user: null,
      userId: null,
      reservation: null,
      segments: [],
      customerSaid: [],
      flightRoutes: {},
      charges: [],
      touched: false,
    }
    const verdict = judge({ name: 'cancel_reservation', arguments: { reservation_id: 'A' } }, facts)
    expect(verdict).toEqual({
      allowed: false,
      rule: 'customer-not-identified',
      reason: 'The customer has not given a user id that is known.',
    })
  })

  test('each of the six writing tools has rules, and no rule twice', () => {
    const tools = new Set(policyRules.map((rule) => rule.tool))
    expect(tools.size).toBe(6)
    const keys = policyRules.map((rule) => `${rule.tool} ${rule.id}`)
    expect(new Set(keys).size).toBe(keys.length)
    expect(Object.keys(data.users)).toHaveLength(8)
  })
})
