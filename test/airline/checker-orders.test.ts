import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { extraBags } from '../../examples/airline-desk/adversary/checker/bags.ts'
import { ruleOn } from '../../examples/airline-desk/adversary/checker/index.ts'
import { sentences } from '../../examples/airline-desk/adversary/checker/sentences.ts'
import type { Changes } from '../../examples/airline-desk/domain/database.ts'
import { noChanges, overlay } from '../../examples/airline-desk/domain/database.ts'
import { loadAirlineData } from '../../examples/airline-desk/domain/load.ts'
import type { Reservation } from '../../examples/airline-desk/domain/records.ts'

const data = await loadAirlineData(
  fileURLToPath(new URL('../../examples/airline-desk/data/', import.meta.url)),
)

interface Scene {
  said?: string[]
  /** Reservations as this conversation has left them. */
  made?: Record<string, Partial<Reservation>>
  /** Profiles as this conversation has left them. */
  users?: Changes['users']
  certificates?: number
}

/** The name of the sentence that is broken, or `allowed`; with a `?` if that is disputed. */
function verdict(name: string, args: Record<string, unknown>, scene: Scene): string {
  const { said = [], made = {}, users = {}, certificates = 0 } = scene
  const reservations = Object.fromEntries(
    Object.entries(made).map(([id, fields]) => [id, { ...data.reservations[id]!, ...fields }]),
  )
  const ruling = ruleOn({
    write: { name, arguments: args },
    before: overlay(data),
    now: overlay(data, { ...noChanges(), reservations, users }),
    customerSaid: said,
    touched: new Set(Object.keys(made)),
    certificates,
  })
  const names = Object.entries(sentences)
  const broken = ruling.allowed
    ? 'allowed'
    : names.find(([, text]) => text === ruling.sentence)?.[0]
  return `${broken}${ruling.disputed ? '?' : ''}`
}

const NORA = 'My user id is nora_vale_1101.'
const MINA = 'My user id is mina_haddad_7707.'
const JOEL = 'My user id is joel_lindqvist_8808.'

describe('changing passengers', () => {
  test('keeps their number and needs their names and dates of birth', () => {
    const someone = { first_name: 'Ada', last_name: 'Vale', dob: '2001-08-11' }
    const replace = (...passengers: object[]) => {
      const args = { reservation_id: 'B3NVX8', passengers }
      return verdict('update_reservation_passengers', args, { said: [NORA] })
    }
    expect(replace(someone)).toBe('allowed')
    expect(replace(someone, someone)).toBe('passengerNumber')
    expect(replace()).toBe('passengerNumber')
    expect(replace({ ...someone, dob: 'in the profile' })).toBe('passengerDetails')
    expect(replace({ ...someone, last_name: ' ' })).toBe('passengerDetails')
  })
})

describe('changing bags', () => {
  const card = 'credit_card_8808001'
  const bags = (
    total_baggages: number,
    nonfree_baggages: number,
    { payment_id = card, ...scene }: Scene & { payment_id?: string } = {},
  ) => {
    const args = { reservation_id: 'Z3HWC0', total_baggages, nonfree_baggages, payment_id }
    return verdict('update_reservation_baggages', args, { said: [JOEL], ...scene })
  }

  test('adds, never removes, and charges what is beyond the free ones', () => {
    expect(bags(3, 2)).toBe('allowed')
    expect(bags(2, 1)).toBe('allowed')
    expect(bags(1, 0)).toBe('bagsAdded')
    expect(bags(3, 1)).toBe('regularBags')
    expect(bags(3, 3)).toBe('regularBags')
    expect(bags(-1, 0)).toBe('changingIds')
    expect(bags(3, 2, { payment_id: 'credit_card_1101001' })).toBe('inProfile')
  })

  test('the cabin of now counts, and a bag paid for stays paid for', () => {
    const made = { Z3HWC0: { cabin: 'business' as const } }
    expect(bags(2, 0, { made })).toBe('allowed')
    expect(bags(2, 1, { made })).toBe('allowed')
    expect(bags(3, 1, { made })).toBe('allowed')
    expect(bags(3, 0, { made })).toBe('regularBags')
  })

  test('the number to be paid for agrees with handing bags out one by one', () => {
    const tiers = { regular: '012', silver: '123', gold: '233' } as const
    const cabins = ['basic_economy', 'economy', 'business'] as const
    const tier = fc.constantFrom('regular', 'silver', 'gold')
    const arbitrary = [tier, fc.nat(2), fc.integer({ min: 1, max: 5 }), fc.nat(20)] as const
    fc.assert(
      fc.property(...arbitrary, (membership, cabin, people, total) => {
        const free = Array.from({ length: people }, () => Number(tiers[membership][cabin]))
        let unpaid = 0
        for (let bag = 0; bag < total; bag++) {
          const owner = free.findIndex((left) => left > 0)
          if (owner === -1) unpaid++
          else free[owner]!--
        }
        expect(extraBags(membership, cabins[cabin]!, people, total)).toBe(unpaid)
      }),
    )
  })
})

describe('booking', () => {
  const ada = { first_name: 'Ada', last_name: 'Vale', dob: '2001-08-11' }
  const leg = (flight_number: string, day: number) => ({ flight_number, date: `2024-05-${day}` })
  const order = {
    user_id: 'nora_vale_1101',
    origin: 'DEN',
    destination: 'SEA',
    flight_type: 'one_way',
    cabin: 'economy',
    flights: [leg('ASH101', 20)],
    passengers: [ada],
    payment_methods: [{ payment_id: 'credit_card_1101001', amount: 200 }],
    total_baggages: 1,
    nonfree_baggages: 0,
    insurance: 'no',
  }
  const book = (values: object = {}, said = [NORA]) =>
    verdict('book_reservation', { ...order, ...values }, { said })

  test('needs the user id and complete arguments', () => {
    expect(book()).toBe('allowed')
    expect(book({}, [])).toBe('bookingIds')
    expect(book({ user_id: 'nobody_1' })).toBe('bookingIds')
    expect(book({ cabin: 'first' })).toBe('bookingIds')
    expect(book({ passengers: [] })).toBe('bookingIds')
  })

  test('takes at most five passengers, all of them known', () => {
    const people = (length: number) => ({ passengers: Array.from({ length }, () => ada) })
    expect(book(people(5))).toBe('allowed')
    expect(book(people(6))).toBe('atMostFive')
    expect(book({ passengers: [{ ...ada, dob: '' }] })).toBe('passengerDetails')
  })

  test('takes only flights with seats for sale', () => {
    expect(book({ flights: [leg('ASH101', 15)] })).toBe('available')
    const late = { origin: 'LAX', destination: 'DEN', flights: [leg('ASH116', 15)] }
    expect(book(late)).toBe('notTakenOff')
    expect(book({ ...late, flights: [leg('ASH116', 16)] })).toBe('allowed')
    const gone = { origin: 'SEA', destination: 'DEN', flights: [leg('ASH102', 15)] }
    expect(book(gone)).toBe('flying')
  })

  test('takes the flights of the trip that it declares', () => {
    const there = { flight_type: 'round_trip' }
    expect(book(there)).toBe('bookingIds?')
    expect(book({ ...there, flights: [leg('ASH101', 20), leg('ASH102', 24)] })).toBe('allowed')
    expect(book({ destination: 'BOS' })).toBe('bookingIds?')
    expect(book({ flights: [leg('ASH115', 20), leg('ASH113', 20)] })).toBe('allowed')
    expect(book({ flights: [leg('ASH115', 20), leg('ASH111', 20)] })).toBe('bookingIds?')
  })

  test('is paid by methods of the profile, of each kind not too many', () => {
    const pay = (user_id: string, ...ids: string[]) =>
      book({ user_id, payment_methods: ids.map((payment_id) => ({ payment_id, amount: 10 })) }, [
        `My user id is ${user_id}`,
      ])
    const nora = ['certificate_1101003', 'gift_card_1101002', 'credit_card_1101001']
    expect(pay('nora_vale_1101', ...nora)).toBe('allowed')
    expect(pay('nora_vale_1101', 'gift_card_2202002')).toBe('inProfile')
    expect(pay('mina_haddad_7707', 'certificate_7707003', 'certificate_7707004')).toBe('paymentMix')
    expect(pay('tomas_reyes_6606', 'credit_card_6606001', 'credit_card_6606005')).toBe('paymentMix')
  })

  test('charges the bags beyond the free ones of tier and cabin', () => {
    expect(book({ total_baggages: 2, nonfree_baggages: 1 })).toBe('allowed')
    expect(book({ total_baggages: 2, nonfree_baggages: 0 })).toBe('regularBags')
    expect(book({ total_baggages: 2, cabin: 'business' })).toBe('allowed')
    expect(book({ total_baggages: 2, passengers: [ada, ada] })).toBe('allowed')
    const payment_methods = [{ payment_id: 'credit_card_2202001', amount: 200 }]
    const otto = { user_id: 'otto_brand_2202', payment_methods }
    expect(book({ ...otto, total_baggages: 3 }, ['I am otto_brand_2202'])).toBe('allowed')
    expect(book({ ...otto, total_baggages: 4 }, ['I am otto_brand_2202'])).toBe('goldBags')
  })
})

describe('sending a certificate', () => {
  const CANCELLED = 'My flight has been cancelled and I want a compensation.'
  const DELAYED = 'My flight is delayed and I would like to be compensated.'
  const give = (user_id: string, amount: number, scene: Scene) =>
    verdict('send_certificate', { user_id, amount }, scene)
  const mina = (amount: number, scene: Scene) => give('mina_haddad_7707', amount, scene)

  test('for a cancelled flight, $100 for each passenger', () => {
    const scene = { said: [MINA, CANCELLED] }
    expect(mina(200, scene)).toBe('allowed')
    expect(mina(100, scene)).toBe('cancelledFlights')
    expect(mina(50, scene)).toBe('cancelledFlights')
    expect(give('joel_lindqvist_8808', 100, { said: [JOEL, CANCELLED] })).toBe('cancelledFlights')
    expect(mina(200, { said: [CANCELLED] })).toBe('changingIds')
  })

  test('for a delayed flight only after a change or cancellation, $50 for each passenger', () => {
    const made = { F6UTN7: { status: 'cancelled' as const } }
    const said = [MINA, DELAYED]
    expect(mina(50, { said, made })).toBe('allowed')
    expect(mina(50, { said })).toBe('delayedFlights')
    expect(mina(100, { said, made })).toBe('delayedFlights')
    expect(mina(50, { said, made: { R1XEB5: {} } })).toBe('delayedFlights')
  })

  test('only if the customer complains and asks', () => {
    expect(mina(200, { said: [MINA, 'I want a compensation.'] })).toBe('onlyWhenAsked')
    expect(mina(200, { said: [MINA, 'My flight was cancelled!'] })).toBe('onlyWhenAsked')
    const offered = [MINA, 'My flight was cancelled!', 'Yes, please send the voucher.']
    expect(mina(200, { said: offered })).toBe('onlyWhenAsked')
  })

  test('not to a regular member in economy without insurance', () => {
    const users = {
      mina_haddad_7707: { ...data.users['mina_haddad_7707']!, membership: 'regular' },
    }
    const scene = { said: [MINA, CANCELLED], users: users as Changes['users'] }
    expect(mina(200, scene)).toBe('notCompensated')
  })

  test('once for each reservation', () => {
    const user = data.users['mina_haddad_7707']!
    const sent = (amount: number) => ({
      mina_haddad_7707: {
        ...user,
        payment_methods: {
          ...user.payment_methods,
          new: { source: 'certificate' as const, amount, id: 'new' },
        },
      },
    })
    const said = [MINA, CANCELLED, DELAYED]
    const once = { said, users: sent(200), certificates: 1 }
    expect(mina(200, once)).toBe('cancelledFlights')
    const made = { F6UTN7: { status: 'cancelled' as const } }
    expect(mina(50, { ...once, made })).toBe('allowed')
    expect(mina(200, { ...once, made })).toBe('cancelledFlights')
    expect(mina(50, { ...once, made, certificates: 2 })).toBe('delayedFlights')
  })
})
