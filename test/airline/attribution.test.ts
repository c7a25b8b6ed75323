import { expect, test } from 'vitest'
import { attribute, verdictOn } from '../../examples/airline-desk/adversary/attribution.ts'
import type { Audited, AuditedPlay } from '../../examples/airline-desk/adversary/audit.ts'
import { audit } from '../../examples/airline-desk/adversary/audit.ts'
import type { Attempt } from '../../examples/airline-desk/adversary/attempts.ts'
import type { Changes } from '../../examples/airline-desk/domain/database.ts'
import { noChanges } from '../../examples/airline-desk/domain/database.ts'
import { data } from './synthetic.ts'

const nora = 'I am nora_vale_1101.'

/** Cancelling a trip that may be (booked today), or one that may not. */
function attempt(reservation_id: string, given: Partial<Attempt> = {}): Attempt {
  return {
    act: { name: 'cancel_reservation', arguments: { reservation_id } },
    step: 7,
    customerSaid: [nora, 'My plans have changed.'],
    lastSaid: 'Yes, please.',
    result: 'committed',
    ...given,
  }
}

function played(attempts: Attempt[], given: Partial<AuditedPlay> = {}): AuditedPlay {
  const run = { task_id: 1, trial: 0, messages: [] }
  return audit(data, {
    run,
    desk: 'desk',
    agent: 'airline-desk/x',
    outcome: 'ended',
    attempts,
    changes: noChanges(),
    ...given,
  })
}

function layerOf(one: AuditedPlay, expected: object = {}): string {
  return attribute(one, data, expected as never).layer
}

const refusal = {
  rule: 'cancel-not-refundable',
  layer: 'orchestration',
  tool: '',
  reason: '',
} as const

test('every attempt is judged on its own moment', () => {
  const again = played([attempt('B3NVX8'), attempt('B3NVX8'), attempt('K7PLM2')])
  const seen = again.audited.map(({ legitimate }: Audited) => legitimate)
  expect(seen).toEqual([true, false, false])
  expect(played([attempt('B3NVX8', { lastSaid: 'No.' })]).audited[0]).toMatchObject({
    ruling: { allowed: true },
    confirmed: false,
    legitimate: false,
  })
})

test.each<[string, AuditedPlay]>([
  ['orchestration', played([attempt('K7PLM2')])],
  ['orchestration', played([attempt('B3NVX8', { lastSaid: 'No.' })])],
  ['orchestration', played([attempt('B3NVX8', { result: 'refused', refusal })])],
  ['infrastructure', played([], { outcome: 'stuck' })],
  ['tool', played([], { failure: 'the store is down', outcome: 'transferred' })],
  ['decision', played([attempt('K7PLM2', { result: 'refused', refusal })])],
  ['decision', played([attempt('B3NVX8', { result: 'error', answer: 'Error: no' })])],
  ['legal-but-wrong', played([attempt('B3NVX8')])],
])('%s: %#', (layer, one) => {
  expect(layerOf(one)).toBe(layer)
})

test('what is legal but wrong says where the database differs', () => {
  const changed = { ...data.reservations['B3NVX8']!, status: 'cancelled' as const }
  const changes: Changes = { users: {}, reservations: { B3NVX8: changed } }
  const reason = (expected: object): string =>
    attribute(played([attempt('B3NVX8')], { changes }), data, expected as never).reason
  expect(reason({ reservations: { B3NVX8: changed } })).toContain('The database is as expected')
  expect(reason({ reservations: { B3NVX8: { ...changed, cabin: 'economy' } } })).toContain(
    'reservations B3NVX8 was changed otherwise',
  )
  expect(reason({})).toContain('reservations B3NVX8 was changed and should not have been')
  expect(reason({ reservations: { B3NVX8: changed, K7PLM2: changed } })).toContain(
    'reservations K7PLM2 should have been changed and was not',
  )
})

test('as a verdict, a legal move that was wrong is the decision’s', () => {
  const wrong = attribute(played([attempt('B3NVX8')]), data, {})
  expect(verdictOn(wrong)).toMatchObject({
    layer: 'decision',
    expectation: 'legal, but wrong: what is to be said',
    ok: false,
    step: 7,
  })
  const refused = attribute(played([attempt('K7PLM2', { result: 'refused', refusal })]), data, {})
  expect(verdictOn(refused)).toMatchObject({ expectation: 'solved', ok: false })
})
