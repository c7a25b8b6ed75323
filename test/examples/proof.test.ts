import { expect, test } from 'vitest'
import { checkAbstractions } from '../../src/proof/abstraction-check.ts'
import { prove } from '../../src/proof/prove.ts'
import payments from '../../examples/quickstart/payments-proof.ts'
import refunds from '../../examples/quickstart/refunds-proof.ts'

test('the payment with its approval is proved, with a crash and a duplicate anywhere', async () => {
  const { violations, complete } = await prove(payments)
  expect(violations).toEqual([])
  expect(complete).toBe(true)
})

test('its abstraction leaves nothing out', () => {
  expect(checkAbstractions(payments)).toEqual([])
})

test('the refunds are proved, whatever the model chooses', async () => {
  const { violations, complete, machines } = await prove(refunds)
  expect(violations).toEqual([])
  expect(complete).toBe(true)
  expect(machines.find(({ id }) => id === 'refund')!.untakenTransitions).toEqual([])
})
