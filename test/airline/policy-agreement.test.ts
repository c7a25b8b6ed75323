import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from 'ashlar/testing'
import { anyWrite } from '../../examples/airline-desk/adversary/hostile/acts.ts'
import { Chance } from '../../examples/airline-desk/adversary/hostile/chance.ts'
import { ruleOn } from '../../examples/airline-desk/adversary/checker/index.ts'
import { describeAct } from '../../examples/airline-desk/describe-act.ts'
import type { AirlineData } from '../../examples/airline-desk/domain/database.ts'
import { noChanges, overlay } from '../../examples/airline-desk/domain/database.ts'
import { operationNamed } from '../../examples/airline-desk/domain/operations/index.ts'
import type { Reservation, User } from '../../examples/airline-desk/domain/records.ts'
import type { RuleId, Verdict } from '../../examples/airline-desk/domain/policy/index.ts'
import { gatherFacts, judge } from '../../examples/airline-desk/domain/policy/index.ts'
import { data } from './synthetic.ts'

/** Rules beyond the policy's text: holes of the tools that the desk closes as well. */
const beyond: ReadonlySet<RuleId> = new Set<RuleId>([
  'booking-empty',
  'payment-not-positive',
  'payment-overdrawn',
])

const remarks = [
  'Please see to it.',
  'I am sick and cannot fly.',
  'I am not sick.',
  'There is a hurricane coming.',
  'My plans have changed.',
  'My flight was cancelled, I want compensation.',
  'My flight is delayed, I want a voucher.',
  'Yes.',
]

/** The airline's database with everything changed that a rule looks at. */
function anyData(chance: Chance): AirlineData {
  const users: Record<string, User> = {}
  for (const [id, user] of Object.entries(data.users)) {
    users[id] = { ...user, membership: chance.of(['regular', 'silver', 'gold']) }
  }
  const reservations: Record<string, Reservation> = {}
  for (const [id, reservation] of Object.entries(data.reservations)) {
    const { status: _status, ...open } = reservation
    const dates = ['2024-05-12', '2024-05-15', '2024-05-18', '2024-05-21', '2024-05-24']
    reservations[id] = {
      ...open,
      cabin: chance.of(['basic_economy', 'economy', 'business']),
      insurance: chance.of(['yes', 'no']),
      created_at: chance.of(['2024-05-14T15:00:00', '2024-05-14T14:59:59', '2024-05-15T10:00:00']),
      total_baggages: chance.index(4),
      nonfree_baggages: chance.index(2),
      flights: reservation.flights.map((flight) => ({ ...flight, date: chance.of(dates) })),
      ...(chance.happens(0.1) ? { status: 'cancelled' as const } : {}),
    }
  }
  return { users, reservations, flights: data.flights }
}

function nameOf(verdict: Verdict): string {
  return verdict.allowed ? 'allowed' : verdict.rule
}

test('the guards and the independent checker agree on random databases', () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
      const chance = new Chance(seededRandom(seed))
      const base = anyData(chance)
      const view = overlay(base)
      const ids = {
        userIds: Object.keys(base.users),
        reservationIds: Object.keys(base.reservations),
        flightNumbers: Object.keys(base.flights),
      }
      const customer = chance.of(ids.userIds)
      const write = anyWrite({ ...ids, view, customer }, chance)
      const customerSaid = [
        chance.happens(0.9) ? `I am ${customer}.` : 'Hello.',
        chance.of(remarks),
        `It is about ${chance.of(ids.reservationIds)}.`,
      ]
      const facts = gatherFacts(base, noChanges(), write, customerSaid)
      const verdict = judge(write, facts)
      const ruling = ruleOn({
        write,
        now: view,
        before: view,
        customerSaid,
        touched: new Set(),
        certificates: 0,
        // As the desk puts it to the customer.
        shown: describeAct(write, facts),
      })
      seen.set(nameOf(verdict), (seen.get(nameOf(verdict)) ?? 0) + 1)
      if (!verdict.allowed && beyond.has(verdict.rule)) return
      // What the tool turns down by itself is committed by nobody.
      const operation = operationNamed(write.name)!
      const isMalformed = !operation.input.safeParse(write.arguments).success
      if (isMalformed || operation.run(view, write.arguments).text.startsWith('Error:')) return
      const shown = JSON.stringify({ write, customerSaid, verdict, ruling })
      expect(ruling.allowed, shown).toBe(verdict.allowed)
    }),
    { numRuns: 4_000 },
  )
  // Both ways: a good part is allowed, and nearly every rule has refused something.
  expect(seen.get('allowed')).toBeGreaterThan(100)
  expect(seen.size).toBeGreaterThan(15)
})
