import type { PathOptions } from 'ashlar/testing'
import { lookUpNames, searchNames } from '../../examples/airline-desk/contracts.ts'
import type { DeskContext } from '../../examples/airline-desk/desk-context.ts'
import { NEW_CERTIFICATES } from '../../examples/airline-desk/domain/operations/send-certificate.ts'
import type { Facts } from '../../examples/airline-desk/domain/policy/index.ts'
import { isTransferDue } from '../../examples/airline-desk/domain/policy/index.ts'
import type { Reservation, User } from '../../examples/airline-desk/domain/records.ts'

const mia = 'mia_test_1'
const person = { first_name: 'Mia', last_name: 'Test', dob: '1990-01-01' }

const user: User = {
  name: { first_name: 'Mia', last_name: 'Test' },
  email: 'mia@example.org',
  dob: '1990-01-01',
  payment_methods: {
    card: { source: 'credit_card', brand: 'visa', last_four: '1111', id: 'card' },
    gift: { source: 'gift_card', amount: 100, id: 'gift' },
    paper: { source: 'certificate', amount: 100, id: 'paper' },
    paper2: { source: 'certificate', amount: 100, id: 'paper2' },
  },
  saved_passengers: [],
  membership: 'regular',
  reservations: ['R1'],
}

const reservation: Reservation = {
  reservation_id: 'R1',
  user_id: mia,
  origin: 'BOS',
  destination: 'DEN',
  flight_type: 'one_way',
  cabin: 'economy',
  flights: [
    { origin: 'BOS', destination: 'DEN', flight_number: 'F1', date: '2024-05-20', price: 100 },
  ],
  passengers: [person],
  payment_history: [],
  created_at: '2024-05-01T08:00:00',
  total_baggages: 1,
  nonfree_baggages: 0,
  insurance: 'no',
}

const complaint = 'My flight was cancelled, I want compensation.'

const facts: Facts = {
  user,
  userId: mia,
  reservation,
  segments: [{ flight_number: 'F1', date: '2024-05-20', status: 'available' }],
  customerSaid: [mia],
  flightRoutes: {
    F1: { origin: 'BOS', destination: 'DEN' },
    F2: { origin: 'BOS', destination: 'DEN' },
    BACK: { origin: 'DEN', destination: 'BOS' },
    AWAY: { origin: 'BOS', destination: 'SEA' },
  },
  charges: [],
  touched: false,
}

const withStatus = (status: string): Facts['segments'] =>
  facts.segments.map((segment) => ({ ...segment, status }))
const eligible = { user: { ...user, membership: 'gold' as const } }

/** What may be known about any proposal: some of it breaks a rule, some of it does not. */
const manyFacts: Facts[] = [
  facts,
  { ...facts, user: null, userId: null },
  { ...facts, userId: 'otto_other_2' },
  { ...facts, reservation: null },
  { ...facts, reservation: { ...reservation, status: 'cancelled' } },
  { ...facts, reservation: { ...reservation, cabin: 'basic_economy' } },
  { ...facts, reservation: { ...reservation, cabin: 'business' } },
  { ...facts, reservation: { ...reservation, flight_type: 'round_trip' } },
  { ...facts, segments: withStatus('landed') },
  { ...facts, ...eligible },
  { ...facts, ...eligible, segments: withStatus('cancelled') },
  {
    ...facts,
    ...eligible,
    segments: withStatus('cancelled'),
    customerSaid: ['My flight was cancelled.'],
  },
  { ...facts, ...eligible, segments: withStatus('cancelled'), customerSaid: [complaint] },
  {
    ...facts,
    segments: withStatus('cancelled'),
    customerSaid: [complaint],
    user: {
      ...eligible.user,
      payment_methods: {
        [NEW_CERTIFICATES[0]!]: { source: 'certificate', amount: 100, id: NEW_CERTIFICATES[0]! },
      },
    },
  },
]

const variants = (name: string, base: object, ...changes: object[]): object[] =>
  [{}, ...changes].map((change) => ({ name, arguments: { ...base, ...change } }))

const paying = (...parts: [string, number][]): object => ({
  payment_methods: parts.map(([payment_id, amount]) => ({ payment_id, amount })),
})
const flight = (flight_number: string, more: object = {}): object => ({
  flight_number,
  date: '2024-05-20',
  ...more,
})
const change = { reservation_id: 'R1', payment_id: 'card' }
const ofOther = [{ payment_id: 'unknown' }, { payment_id: 'paper' }, { insurance: 'yes' }]

/** Every kind of write: once as it should be, then with one thing wrong. */
const proposals = [
  ...variants(
    'book_reservation',
    {
      user_id: mia,
      origin: 'BOS',
      destination: 'DEN',
      flight_type: 'one_way',
      cabin: 'economy',
      flights: [flight('F1')],
      passengers: [person],
      ...paying(['card', 100]),
      total_baggages: 1,
      nonfree_baggages: 0,
      insurance: 'no',
    },
    { passengers: [] },
    { passengers: Array.from({ length: 6 }, () => person) },
    { flights: [flight('F1', { cabin: 'business' })] },
    paying(['unknown', 10]),
    paying(['paper', 10], ['paper2', 10]),
    paying(['gift', 60], ['gift', 60]),
    paying(['card', -10]),
    { nonfree_baggages: 1 },
  ),
  ...variants('cancel_reservation', { reservation_id: 'R1' }, { reservation_id: 7 }),
  ...variants(
    'update_reservation_flights',
    { ...change, cabin: 'economy', flights: [flight('F2')] },
    { flights: [flight('AWAY')] },
    { flights: [flight('F1'), flight('BACK')] },
    { flights: [flight('F2', { cabin: 'business' })] },
    ...ofOther,
  ),
  ...variants(
    'update_reservation_baggages',
    { ...change, total_baggages: 1, nonfree_baggages: 0 },
    { total_baggages: 0 },
    { nonfree_baggages: 1 },
    ...ofOther,
  ),
  ...variants(
    'update_reservation_passengers',
    { reservation_id: 'R1', passengers: [person] },
    { passengers: [person, person] },
    { insurance: 'yes' },
  ),
  ...variants('send_certificate', { user_id: mia, amount: 100 }, { amount: 5 }),
  { name: 'think', arguments: { thought: '' } },
]

const calls = (names: readonly string[]): object[] =>
  [...names, 'no_such_tool'].map((name) => ({ name, arguments: {} }))

const of = (state: { context: object }): DeskContext => state.context as DeskContext

/** The conversations with the desk that take its transitions. */
export const deskPaths: PathOptions = {
  inputs: [{ branch: 'b' }],
  examples: {
    CUSTOMER: (state) => [
      { text: `I am ${mia}.`, turn: of(state).turn + 1 },
      { text: 'Let me talk to a person, please.', turn: of(state).turn + 1 },
      { text: 'out of turn', turn: of(state).turn + 2 },
    ],
    ANSWER: (state) => {
      const number = of(state).confirmation?.number ?? 0
      return [
        { text: 'Yes, please.', number },
        { text: 'No.', number },
        { text: 'Yes, please.', number: number + 1 },
      ]
    },
    identifyCustomer: [{ userId: mia }, { userId: null }],
    LOOK_UP: calls(lookUpNames),
    SEARCH: calls(searchNames),
    PROPOSE: proposals,
    REPLY: [{ text: 'What can I do for you?' }],
    TRANSFER: [{ summary: 'A wheelchair.' }],
    gatherFacts: manyFacts,
    ...Object.fromEntries(
      proposals.map((proposal) => [
        (proposal as { name: string }).name,
        ['{}', 'Error: there is none left'],
      ]),
    ),
  },
  // Words, calls and refusals pile up; what may happen next depends on little of it.
  stateKey({ snapshot }) {
    const { customer, act, agreed, calls, refusals, customerSaid } = of(snapshot)
    const attempts = calls.length + refusals.length
    return [customer, isTransferDue({ customerSaid, attempts }), act, agreed !== null]
  },
  bounds: { contexts: 250 },
  valuesPerEvent: 60,
}
