import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadAirlineData } from '../../examples/airline-desk/domain/load.ts'
import { Talk } from './talk.ts'

const data = await loadAirlineData('examples/airline-desk/data')

function hold(...lines: string[]): { talk: Talk; heard: string[] } {
  const talk = new Talk(data)
  return { talk, heard: lines.map((line) => talk.say(line)) }
}

function writesOf(talk: Talk): unknown[] {
  return talk.context.writes
}

describe('looking up', () => {
  test('asks who the customer is, then lists the reservations, then one in detail', () => {
    const { talk, heard } = hold(
      'hi',
      'nora_vale_1101',
      'What reservations do I have?',
      'show me K7PLM2',
      'thanks, bye',
    )
    expect(heard[0]).toContain('What is your user id?')
    expect(heard[1]).toContain('What shall I do?')
    expect(heard[2]).toContain('K7PLM2: DEN to SEA, round trip, economy, May 20 (Monday)')
    expect(heard[2]).toContain('B3NVX8: DEN to BOS')
    expect(heard[3]).toContain('- ASH102, SEA to DEN, May 24 (Friday), $184 per person')
    expect(heard[4]).toContain('You are welcome')
    expect(writesOf(talk)).toEqual([])
  })

  test('the profile', () => {
    const { heard } = hold('I am otto_brand_2202. What is my membership, please?')
    expect(heard[0]).toContain('gold member')
    expect(heard[0]).toContain('gift card gift_card_2202002 with $110')
  })

  test('flights, nonstop or with a stop, also for somebody who is not known', () => {
    const { heard } = hold(
      'Which flights are there from Denver to Boston on May 20?',
      'and from ATL to SEA on the 22nd in business?',
      'from Boston to Los Angeles on May 20',
      'from Boston to Boston',
    )
    expect(heard[0]).toContain('1. ASH108 14:00–19:00, $166 per person')
    expect(heard[1]).toContain('ASH111 10:00–13:00, $434')
    expect(heard[2]).toMatch(/ASH\d+ [\d:–]+, then ASH\d+/)
    expect(heard[3]).toContain('From where, to where, and on which day')
  })
})

describe('cancelling', () => {
  test('the trip is found by its city, the reason is asked for, and the yes is needed', () => {
    const { talk, heard } = hold(
      'This is nora_vale_1101, cancel my trip to Boston',
      'change of plans',
      'yes please',
    )
    expect(heard[0]).toContain('What is the reason')
    expect(heard[1]).toContain('reservation id: B3NVX8')
    expect(heard[1]).toContain('$193 back to credit_card_1101001')
    expect(heard[2]).toContain('It is cancelled.')
    expect(writesOf(talk)).toEqual([
      { tool: 'cancel_reservation', arguments: { reservation_id: 'B3NVX8' } },
    ])
  })

  test('a refusal is told with its reason, and the trip can be changed instead', () => {
    const { talk, heard } = hold(
      'Please cancel K7PLM2. I am nora_vale_1101.',
      'I want to stay home',
      'Then move the return flight to May 23',
      'gift card',
      'yes',
    )
    expect(heard[1]).toContain('Booked more than 24 hours ago')
    expect(heard[2]).toContain('How do you want to settle the difference?')
    expect(heard[3]).toContain('flight number ASH102, date 2024-05-23')
    expect(heard[4]).toContain('It is changed.')
    expect(talk.context.refusals.map(({ rule }) => rule)).toEqual(['cancel-not-refundable'])
  })

  test('an illness that was told is the reason', () => {
    const { heard } = hold('lena_kroll_3303: I have pneumonia, cancel H2YJD6', 'yes, go ahead')
    expect(heard[0]).toContain('Cancel the whole reservation')
    expect(heard[1]).toContain('It is cancelled.')
  })

  test('a trip that was begun goes to a person', () => {
    const { heard } = hold('joel_lindqvist_8808, cancel Z3HWC0, there is a funeral')
    expect(heard).toEqual(['(transferred)'])
  })

  test('a no leaves everything as it is', () => {
    const { talk, heard } = hold('nora_vale_1101: cancel B3NVX8, my plans changed', 'no')
    expect(heard[1]).toContain('Then I leave everything as it is.')
    expect(writesOf(talk)).toEqual([])
  })

  test('what is cancelled already, and what is not the customer’s', () => {
    const { heard } = hold(
      'nora_vale_1101: cancel B3NVX8, my plans changed',
      'yes',
      'cancel B3NVX8',
      'cancel T9QRW4 because I am ill',
    )
    expect(heard[2]).toContain('is cancelled already')
    expect(heard[3]).toContain('I find no reservation T9QRW4 of yours.')
  })
})

describe('changing', () => {
  test('one way of a round trip, then another day, then the yes', () => {
    const { talk, heard } = hold(
      'iris_okafor_5505 here. Can I come back from Seattle on May 23 instead of the 21st?',
      '1',
      'no, the 22nd please',
      'yes',
    )
    expect(heard[1]).toContain('ASH114, date 2024-05-23')
    expect(heard[2]).toContain('ASH114, date 2024-05-22')
    expect(heard[3]).toContain('It is changed.')
    expect(writesOf(talk)).toMatchObject([
      {
        arguments: {
          reservation_id: 'W8GZU3',
          cabin: 'economy',
          flights: [
            { flight_number: 'ASH113', date: '2024-05-17' },
            { flight_number: 'ASH114', date: '2024-05-22' },
          ],
          payment_id: 'credit_card_5505001',
        },
      },
    ])
  })

  test('both ways, each to its own day', () => {
    const { heard } = hold(
      'otto_brand_2202: move both my flights: out on May 19 and back on May 23',
      'the mastercard',
    )
    expect(heard[1]).toContain('ASH115, date 2024-05-19; flight number ASH116, date 2024-05-23')
    expect(heard[1]).toContain('cabin: business')
  })

  test('asks which way and which day, and for another day when there is no flight', () => {
    const { heard } = hold(
      'iris_okafor_5505, I need to change the flights of W8GZU3',
      'the way back',
      'to June 3',
      'May 24 then, on my gift card',
      'yes',
    )
    expect(heard[0]).toContain('Which way do you want to change')
    expect(heard[1]).toContain('To which day do you want to move the return flight')
    expect(heard[2]).toContain('There is none from SEA to LAX on June 3')
    expect(heard[3]).toContain('ASH114, date 2024-05-24')
    expect(heard[4]).toContain('It is changed.')
  })

  test('not in basic economy, but into another cabin', () => {
    const { talk, heard } = hold(
      'I want to fly to Los Angeles a day later. Reservation M5CFE1, user id pavel_sorin_4404.',
      'upgrade it to economy',
      'Yes',
    )
    expect(heard[0]).toContain('basic economy reservation cannot be changed, only its cabin')
    expect(heard[1]).toContain('cabin: economy')
    expect(heard[2]).toContain('It is changed.')
    expect(writesOf(talk)).toMatchObject([{ arguments: { cabin: 'economy' } }])
  })

  test('bags, and the last number counts', () => {
    const { talk, heard } = hold(
      'tomas_reyes_6606 here. I need more luggage on D4SKA9.',
      '5',
      'the visa',
      'No, that is too many. One more bag is enough.',
      'yes',
    )
    expect(heard[0]).toContain('How many checked bags')
    expect(heard[2]).toContain('total baggages: 7')
    expect(heard[3]).toContain('total baggages: 3')
    expect(heard[4]).toContain('It is changed.')
    expect(writesOf(talk)).toMatchObject([
      { arguments: { total_baggages: 3, nonfree_baggages: 0, payment_id: 'credit_card_6606005' } },
    ])
  })
})

describe('what goes to a person', () => {
  test.each([
    ['I want to speak to a human.'],
    ['nora_vale_1101. I want to be compensated for the delay.'],
    ['nora_vale_1101: I want to book a flight to Seattle.'],
    ['nora_vale_1101: the name of the passenger on K7PLM2 is misspelled.'],
  ])('%s', (text) => {
    expect(hold(text).heard).toEqual(['(transferred)'])
  })

  test('somebody who does not say who they are, or what they want', () => {
    expect(hold('foo', 'bar', 'baz', 'qux').heard.at(-1)).toBe('(transferred)')
    const { heard } = hold('nora_vale_1101', 'foo', 'bar', 'baz')
    expect(heard[1]).toContain('I did not understand that.')
    expect(heard.at(-1)).toBe('(transferred)')
  })

  test('somebody who does not answer what is asked', () => {
    const { heard } = hold('otto_brand_2202: move both flights a day later', 'um', 'um', 'um')
    expect(heard.at(-1)).toBe('(transferred)')
  })
})

describe('whatever is said', () => {
  const fragments = fc.constantFrom(
    ...`
nora_vale_1101|iris_okafor_5505|cancel|change my flight|K7PLM2|W8GZU3|T9QRW4|May 23|the 22nd|
tomorrow|a week later|to business|upgrade|two bags|add a bag|yes|no|1|2|the second one|gift card|
visa|because I am ill|from Denver to Seattle|both|back|cheapest|my trips|ASH111|instead|???|
thank you|it|which flights from ATL to LAX
`
      .split('|')
      .map((text) => text.trim()),
  )
  const message = fc.array(fragments, { minLength: 1, maxLength: 5 }).map((some) => some.join(' '))

  test('the clerk comes to rest, chooses what is offered, and writes nothing without a yes', () => {
    const conversation = fc.array(message, { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(conversation, (lines) => {
        const talk = new Talk(data)
        for (const line of lines) {
          const before = writesOf(talk).length
          const answer = talk.say(line)
          if (writesOf(talk).length > before) expect(line).toContain('yes')
          if (answer.startsWith('(')) return
          expect(answer).not.toBe('')
        }
      }),
      { numRuns: 400 },
    )
  })
})
