import { describe, expect, test } from 'vitest'
import type { Act } from '../../examples/airline-desk/contracts.ts'
import { hashAct, withLine } from '../../examples/airline-desk/desk-context.ts'
import { describeAct } from '../../examples/airline-desk/describe-act.ts'
import { noChanges } from '../../examples/airline-desk/domain/database.ts'
import { complaintsOf } from '../../examples/airline-desk/domain/policy/complaint.ts'
import { gatherFacts } from '../../examples/airline-desk/domain/policy/index.ts'
import { data } from './synthetic.ts'

const nora = 'nora_vale_1101'

function textOf(act: Act, ...said: string[]): string[] {
  return describeAct(act, gatherFacts(data, noChanges(), act, [`I am ${nora}.`, ...said])).split(
    '\n',
  )
}

const change = (payment_id: string): Act => ({
  name: 'update_reservation_flights',
  arguments: {
    reservation_id: 'K7PLM2',
    cabin: 'economy',
    flights: [
      { flight_number: 'ASH101', date: '2024-05-20' },
      { flight_number: 'ASH102', date: '2024-05-23' },
    ],
    payment_id,
  },
})

const booking = (values: object): Act => ({
  name: 'book_reservation',
  arguments: {
    user_id: nora,
    origin: 'DEN',
    destination: 'SEA',
    flight_type: 'one_way',
    cabin: 'economy',
    flights: [{ flight_number: 'ASH101', date: '2024-05-20' }],
    passengers: [{ first_name: 'Nora', last_name: 'Vale', dob: '1988-02-11' }],
    payment_methods: [{ payment_id: 'credit_card_1101001', amount: 178 }],
    total_baggages: 0,
    nonfree_baggages: 0,
    insurance: 'no',
    ...values,
  },
})

describe('what is put to the customer', () => {
  test('leaves no argument out, and says what it costs', () => {
    expect(textOf(change('gift_card_1101002'))).toEqual([
      'Change the flights or the cabin of a reservation',
      '- reservation id: K7PLM2',
      '- cabin: economy',
      '- flights: flight number ASH101, date 2024-05-20; flight number ASH102, date 2024-05-23',
      '- payment id: gift_card_1101002',
      '- $8 back to gift_card_1101002',
    ])
  })

  test('asks about insurance when a booking has none', () => {
    expect(textOf(booking({})).join()).toContain('is not included: do you want it?')
    expect(textOf(booking({ insurance: 'yes' })).join()).not.toContain('do you want it?')
  })

  test('says that it is another payment method than the one that was named last', () => {
    const card = change('credit_card_1101001')
    const notice = '! this uses credit_card_1101001, not gift_card_1101002, which you named'
    expect(textOf(card, 'Use gift card 1101002, please.')).toContain(notice)
    expect(textOf(card, 'Use gift card 1101002.', 'Or the card ending in 4137.')).not.toContain(
      notice,
    )
    expect(textOf(card).join()).not.toContain('!')
  })

  test.each([
    ['one way as it says', {}, undefined],
    [
      'one way that is called a round trip',
      { flight_type: 'round_trip' },
      'DEN to SEA: that is no round trip',
    ],
    ['another destination', { destination: 'LAX' }, 'that is no one way from DEN to LAX'],
    [
      'a gap',
      {
        flights: [
          { flight_number: 'ASH103', date: '2024-05-20' },
          { flight_number: 'ASH102', date: '2024-05-20' },
        ],
        destination: 'DEN',
      },
      'that is no one way from DEN to DEN',
    ],
    [
      'there and back',
      {
        flight_type: 'round_trip',
        flights: [
          { flight_number: 'ASH101', date: '2024-05-20' },
          { flight_number: 'ASH102', date: '2024-05-23' },
        ],
      },
      undefined,
    ],
    ['a flight that there is not', { flights: [{ flight_number: 'X', date: '' }] }, undefined],
  ])('says what kind of trip it is: %s', (_, values, notice) => {
    const text = textOf(booking(values)).join('\n')
    if (notice === undefined) expect(text).not.toContain('!')
    else expect(text).toContain(notice)
  })

  test('is bound by a hash that changes with every argument and with the price', () => {
    const act = change('gift_card_1101002')
    const charges = [{ payment_id: 'gift_card_1101002', amount: -8 }]
    const hash = hashAct(act, charges)
    expect(hashAct(structuredClone(act), [...charges])).toBe(hash)
    expect(hashAct(act, [{ ...charges[0]!, amount: -9 }])).not.toBe(hash)
    expect(hashAct(change('credit_card_1101001'), charges)).not.toBe(hash)
  })
})

describe('the lines that a decider sees', () => {
  const line = (text: string): { from: 'tool'; text: string } => ({ from: 'tool', text })

  test('a list that is too long loses its last items and stays JSON', () => {
    const items = Array.from({ length: 500 }, (_, id) => ({ id, text: 'flight '.repeat(5) }))
    const [kept] = withLine([], line(JSON.stringify(items)))
    const read = JSON.parse(kept!.text) as unknown[]
    expect(read.length).toBeGreaterThan(50)
    expect(read).toEqual(items.slice(0, read.length))
    expect(kept!.text.length).toBeLessThanOrEqual(8_000)
  })

  test('other texts are cut, and the oldest lines go first', () => {
    const [cut] = withLine([], line('x'.repeat(20_000)))
    expect(cut!.text).toHaveLength(8_001)
    let lines = withLine([], line('first'))
    for (let count = 0; count < 20; count++)
      lines = withLine(lines, line(`${count} ${'y'.repeat(4_000)}`))
    expect(lines.length).toBeLessThan(11)
    expect(lines.at(-1)!.text).toMatch(/^19 /)
  })
})

test.each([
  ['My flight was delayed by four hours.', ['delayed']],
  ['The airline cancelled my flight!', ['cancelled']],
  [
    'You have cancelled flights before. And this one is late, it is delayed.',
    ['delayed', 'cancelled'],
  ],
  ['I cancelled my trip.', []],
  ['Please cancel my trip.', []],
  ['I want a certificate.', []],
])('%j complains about %j', (text, kinds) => {
  expect([...complaintsOf([text])].toSorted()).toEqual(kinds.toSorted())
})
