import { expect, test } from 'vitest'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import type { KeyValue } from '../../src/bus/key-value.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import type { Verdict } from '../../src/contracts/verdict.ts'
import { Verdicts } from '../../src/inspect/verdicts.ts'

const run = { type: 'claim', id: '7' }
const given: Verdict = {
  layer: 'tool',
  component: 'pay',
  expectation: 'one payment',
  ok: false,
  reason: 'There were two.',
}

function store(): KeyValue {
  return createLocalBroker({ clock: virtualClock() }).connect('test').keyValue
}

test('verdicts are kept with their run, in their order, also when many write at once', async () => {
  const keyValue = store()
  const [one, other] = [new Verdicts(keyValue), new Verdicts(keyValue)]
  expect(await one.of(run)).toEqual([])
  await one.add(run, given)
  await Promise.all([one.add(run, { ...given, step: 3 }), other.add(run, { ...given, ok: true })])
  await other.add({ type: 'claim', id: '8' }, given)
  const all = await other.of(run)
  expect(all).toHaveLength(3)
  expect(all[0]).toEqual(given)
  expect(all).toContainEqual({ ...given, step: 3 })
})

test('a run has a bounded number of them, and what cannot be read is left out', async () => {
  const keyValue = store()
  const verdicts = new Verdicts(keyValue)
  const bytes = new TextEncoder().encode(
    JSON.stringify(['?', ...Array.from({ length: 200 }, () => given)]),
  )
  await keyValue.put('verdicts', 'claim/7', bytes)
  expect(await verdicts.of(run)).toHaveLength(200)
  await verdicts.add(run, { ...given, expectation: 'one too many' })
  const all = await verdicts.of(run)
  expect(all).toHaveLength(200)
  expect(all.every(({ expectation }) => expectation === 'one payment')).toBe(true)
})

test('a store on which others always write first is an outage', async () => {
  const busy: KeyValue = { ...store(), put: () => Promise.resolve({ kind: 'conflict' }) }
  busy.get = () => Promise.resolve(undefined)
  await expect(new Verdicts(busy).add(run, given)).rejects.toThrow('written by too many')
})
