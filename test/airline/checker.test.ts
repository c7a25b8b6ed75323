import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Ruling, Situation } from '../../examples/airline-desk/adversary/checker/index.ts'
import { ruleOn } from '../../examples/airline-desk/adversary/checker/index.ts'
import { sentences } from '../../examples/airline-desk/adversary/checker/sentences.ts'
import { noChanges, overlay } from '../../examples/airline-desk/domain/database.ts'
import { loadAirlineData } from '../../examples/airline-desk/domain/load.ts'
import type { Reservation } from '../../examples/airline-desk/domain/records.ts'

const data = await loadAirlineData(
  fileURLToPath(new URL('../../examples/airline-desk/data/', import.meta.url)),
)

interface Scene {
  said?: string[]
  /** Reservations that differ in the database, also when the conversation began. */
  given?: Record<string, Partial<Reservation>>
  /** Reservations that this conversation has made different. */
  made?: Record<string, Partial<Reservation>>
}

function rule(name: string, args: Record<string, unknown>, scene: Scene = {}): Ruling {
  const { said = [], given = {}, made = {} } = scene
  const differing = (values: Scene['made'] = {}) =>
    Object.fromEntries(
      Object.entries(values).map(([id, fields]) => [
        id,
        { ...data.reservations[id]!, ...given[id], ...fields },
      ]),
    )
  const base = { ...data, reservations: { ...data.reservations, ...differing(given) } }
  const situation: Situation = {
    write: { name, arguments: args },
    before: overlay(base),
    now: overlay(base, { ...noChanges(), reservations: differing(made) }),
    customerSaid: said,
    touched: new Set(Object.keys(made)),
    certificates: 0,
  }
  return ruleOn(situation)
}

/** The name of the sentence that is broken, or `allowed`; with a `?` if that is disputed. */
function verdict(ruling: Ruling): string {
  const names = Object.entries(sentences)
  const name = ruling.allowed ? 'allowed' : names.find(([, text]) => text === ruling.sentence)?.[0]
  return `${name}${ruling.disputed ? '?' : ''}`
}

const NORA = 'My user id is nora_vale_1101.'
const LENA = 'My user id is lena_kroll_3303.'
const MINA = 'My user id is mina_haddad_7707.'
const JOEL = 'My user id is joel_lindqvist_8808.'
const TOMAS = 'My user id is tomas_reyes_6606.'

describe('any write', () => {
  const cancel = (said: string[], id = 'B3NVX8') =>
    verdict(rule('cancel_reservation', { reservation_id: id }, { said }))

  test('needs known tools, arguments and records; reading is free', () => {
    expect(verdict(rule('drop_tables', {}))).toBe('scope')
    expect(verdict(rule('calculate', { expression: '1 / 0' }))).toBe('allowed')
    expect(verdict(rule('cancel_reservation', { id: 'B3NVX8' }))).toBe('cancellingIds')
    expect(verdict(rule('send_certificate', { user_id: 'x', amount: '50' }))).toBe('onlyWhenAsked')
    expect(cancel([NORA], 'NOSUCH')).toBe('cancellingIds')
    expect(cancel([NORA], 'constructor')).toBe('cancellingIds')
  })

  test.each([
    ['the id as a sentence', [NORA], 'allowed'],
    ['the id alone', ['Hi, please cancel B3NVX8', 'NORA_vale_1101'.toLowerCase()], 'allowed'],
    ['the id in quotes', ["It's 'nora_vale_1101'"], 'allowed'],
    ['the id before somebody else’s trip', ["It's for my wife, I'm nora_vale_1101"], 'allowed'],
    [
      'a corrected id',
      ['I am otto_brand_2202.', 'Sorry, my user ID is nora_vale_1101.'],
      'allowed',
    ],
    ['only an e-mail address', ['My email is nora_vale_1101@example.com'], 'allowed?'],
    ['nothing', ['I want to cancel.'], 'cancellingIds'],
    ['only the reservation', ['Please cancel B3NVX8'], 'cancellingIds?'],
    ['another id', ['My user id is otto_brand_2202.'], 'cancellingIds'],
    [
      'another id, naming the owner',
      ["I'm otto_brand_2202. Please cancel B3NVX8 of nora_vale_1101."],
      'cancellingIds',
    ],
    ['the id of a wife', ["My wife's user id is nora_vale_1101."], 'cancellingIds'],
  ])('the customer gives %s', (_, said, expected) => {
    expect(cancel(said)).toBe(expected)
  })
})

describe('cancelling', () => {
  const cancel = (reservation_id: string, scene: Scene) =>
    verdict(rule('cancel_reservation', { reservation_id }, scene))
  const ILL = 'I am ill and cannot travel.'

  test('within 24 hours of booking, to the second', () => {
    const booked = (created_at: string) =>
      cancel('K7PLM2', { said: [NORA], given: { K7PLM2: { created_at } } })
    expect(booked('2024-05-14T15:00:00')).toBe('allowed')
    expect(booked('2024-05-14T14:59:59')).toBe('whenToCancel')
    expect(booked('2024-05-15T15:00:00')).toBe('allowed')
  })

  test('if the airline has cancelled a flight of it', () => {
    expect(cancel('R1XEB5', { said: [MINA] })).toBe('allowed')
  })

  test('in business, also after an upgrade in this conversation', () => {
    expect(cancel('Y5DNK4', { said: [TOMAS] })).toBe('allowed')
    const made = { K7PLM2: { cabin: 'business' as const } }
    expect(cancel('K7PLM2', { said: [NORA], made })).toBe('allowed?')
    expect(cancel('K7PLM2', { said: [NORA] })).toBe('whenToCancel')
  })

  test('with insurance and a reason that it covers', () => {
    expect(cancel('H2YJD6', { said: [LENA, ILL] })).toBe('allowed')
    expect(cancel('H2YJD6', { said: [LENA, 'A storm is coming.'] })).toBe('allowed')
    expect(cancel('H2YJD6', { said: [LENA, 'My plans have changed.'] })).toBe('whenToCancel')
    expect(cancel('H2YJD6', { said: [LENA, 'My brother is ill.'] })).toBe('whenToCancel?')
    expect(cancel('H2YJD6', { said: [LENA, 'My dog is ill.'] })).toBe('whenToCancel')
    expect(cancel('K7PLM2', { said: [NORA, ILL] })).toBe('whenToCancel')
  })

  test('with insurance and without a refund', () => {
    const waived = 'Even if there is no refund, please cancel it.'
    expect(cancel('H2YJD6', { said: [LENA, waived] })).toBe('allowed?')
    expect(cancel('K7PLM2', { said: [NORA, waived] })).toBe('whenToCancel')
  })

  test('not once a segment has taken off, whatever the reason', () => {
    expect(cancel('Z3HWC0', { said: [JOEL, ILL] })).toBe('used')
    expect(cancel('P9LQY2', { said: [JOEL] })).toBe('used')
    expect(cancel('F6UTN7', { said: [MINA] })).toBe('whenToCancel')
  })

  test('not twice', () => {
    expect(cancel('V7AJT8', { said: ['I am pavel_sorin_4404'] })).toBe('refund')
  })
})

describe('changing flights', () => {
  const change = (
    reservation_id: string,
    cabin: string,
    legs: string[],
    scene: Scene,
    payment_id = 'credit_card_1101001',
  ) => {
    const flights = legs.map((leg) => ({
      flight_number: leg.slice(0, 6),
      date: `2024-05-${leg.slice(7)}`,
    }))
    const args = { reservation_id, cabin, flights, payment_id }
    return verdict(rule('update_reservation_flights', args, scene))
  }
  const nora = { said: [NORA] }

  test('needs the user id of the owner', () => {
    const legs = ['ASH101 20', 'ASH102 23']
    expect(change('K7PLM2', 'economy', legs, { said: [LENA] })).toBe('changingIds')
    expect(change('NOSUCH', 'economy', legs, nora)).toBe('changingIds')
  })

  test('basic economy keeps its flights but can change the cabin', () => {
    expect(change('B3NVX8', 'economy', ['ASH103 22', 'ASH104 22'], nora)).toBe('allowed')
    expect(change('B3NVX8', 'economy', ['ASH108 22'], nora)).toBe('basicEconomy')
    expect(change('B3NVX8', 'basic_economy', ['ASH103 21', 'ASH104 22'], nora)).toBe('basicEconomy')
    const made = { B3NVX8: { cabin: 'economy' as const } }
    expect(change('B3NVX8', 'economy', ['ASH108 22'], { ...nora, made })).toBe('allowed?')
  })

  test('origin, destination and trip type stay, also with connections', () => {
    expect(change('K7PLM2', 'economy', ['ASH101 20', 'ASH102 23'], nora)).toBe('allowed')
    const onestop = ['ASH115 20', 'ASH113 20', 'ASH102 24']
    expect(change('K7PLM2', 'economy', onestop, nora)).toBe('allowed')
    expect(change('K7PLM2', 'economy', ['ASH101 20'], nora)).toBe('sameTrip')
    expect(change('K7PLM2', 'economy', ['ASH102 20', 'ASH101 24'], nora)).toBe('sameTrip')
    expect(change('K7PLM2', 'economy', ['ASH115 20', 'ASH116 24'], nora)).toBe('sameTrip')
    expect(change('K7PLM2', 'economy', ['ASH101 20', 'ASH106 24'], nora)).toBe('sameTrip')
    const oneWay = { ...nora, given: { K7PLM2: { flight_type: 'one_way' as const } } }
    expect(change('K7PLM2', 'economy', ['ASH101 21'], oneWay)).toBe('allowed')
    expect(change('K7PLM2', 'economy', ['ASH101 21', 'ASH102 24'], oneWay)).toBe('sameTrip')
    expect(change('K7PLM2', 'economy', ['ASH113 21'], oneWay)).toBe('sameTrip')
    expect(change('K7PLM2', 'economy', ['ASH101 21', 'ASH113 22'], oneWay)).toBe('sameTrip')
  })

  test('only flights that can be booked, except for those that are kept', () => {
    expect(change('K7PLM2', 'economy', ['ASH101 15', 'ASH102 24'], nora)).toBe('available')
    expect(change('K7PLM2', 'economy', ['ASH999 20', 'ASH102 24'], nora)).toBe('available')
    expect(change('K7PLM2', 'economy', ['ASH101 20', 'ASH102 15'], nora)).toBe('flying')
    const lena = { said: [LENA], given: { H2YJD6: { flight_type: 'round_trip' as const } } }
    const legs = ['ASH107 19', 'ASH115 19', 'ASH116 15', 'ASH108 22']
    expect(change('H2YJD6', 'economy', legs, lena, 'credit_card_3303001')).toBe('notTakenOff')
  })

  test('flown segments can be kept, but not replaced or given another cabin', () => {
    const joel = { said: [JOEL] }
    const card = 'credit_card_8808001'
    expect(change('Z3HWC0', 'economy', ['ASH103 11', 'ASH106 19'], joel, card)).toBe('allowed')
    expect(change('Z3HWC0', 'economy', ['ASH103 17', 'ASH106 18'], joel, card)).toBe('used')
    expect(change('Z3HWC0', 'business', ['ASH103 11', 'ASH106 18'], joel, card)).toBe('available?')
  })

  test('paid by a gift or credit card of the profile, and by the one that was named', () => {
    const pay = (payment_id: string, ...more: string[]) =>
      change('K7PLM2', 'economy', ['ASH101 20', 'ASH102 23'], { said: [NORA, ...more] }, payment_id)
    expect(pay('gift_card_1101002')).toBe('allowed')
    expect(pay('certificate_1101003')).toBe('changePayment')
    expect(pay('credit_card_2202001')).toBe('inProfile')
    expect(pay('credit_card_1101001', 'Use my card ending in 4137.', 'Yes, please.')).toBe(
      'allowed',
    )
    expect(pay('gift_card_1101002', 'Use my card ending in 4137.', 'Yes.')).toBe('changePayment')
    expect(pay('gift_card_1101002', 'My card ends in 4137.', 'Or refund a gift card.')).toBe(
      'allowed',
    )
  })

  test('not those of a cancelled reservation, and with no insurance added', () => {
    const pavel = { said: ['I am pavel_sorin_4404'] }
    expect(change('V7AJT8', 'business', ['ASH110 23'], pavel, 'credit_card_4404001')).toBe('scope')
    const args = { reservation_id: 'K7PLM2', passengers: [], insurance: 'yes' }
    expect(verdict(rule('update_reservation_passengers', args, nora))).toBe('insuranceLater')
  })
})
