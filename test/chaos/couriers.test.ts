import { expect, test } from 'vitest'
import type { SpawnEffect } from '../../src/contracts/effect.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import { Couriers } from './couriers.ts'

const fire: SpawnEffect = {
  kind: 'spawn',
  id: 'fire',
  incarnation: 1,
  src: 'fire',
  target: 'fire',
  child: 'tool',
}
const key = 'courier/c1:1:0'

function record(step: number, more: object, snapshot: object): JournalRecord {
  const address = { type: 'courier', id: 'c1' }
  const base = { v: 1, address, step, outbox: [], event: { kind: 'init' } }
  return { ...base, ...more, state: { snapshot, children: {} } } as unknown as JournalRecord
}

const home = { status: 'done', context: { round: 3, added: 3 } }
const done = { event: { kind: 'done', childId: 'fire', incarnation: 1 } }
const journal = [record(1, { outbox: [fire] }, { status: 'active' }), record(2, done, home)]

function ledger(count: number): JournalRecord[] {
  return [record(1, {}, { status: 'active', context: { counts: { c1: count } } })]
}

function judged(records: JournalRecord[], counted: number, keys: string[]): string[] {
  const journals = new Map([
    ['courier/c1', records],
    ['ledger/main', ledger(counted)],
  ])
  const executions = keys.map((one) => ({ key: one }))
  return new Couriers(20).check(journals, executions).map(({ kind, what }) => `${kind} ${what}`)
}

test('a courier that came home, and was counted, is found sound', () => {
  expect(judged(journal, 3, [key])).toEqual([])
})

test('one that did not come home, or whose messages to the ledger were lost or doubled', () => {
  expect(judged(journal.slice(0, 1), 0, [key])).toEqual(['lost it never came home'])
  const what = 'violation it made 3 rounds and heard of 3, the ledger counted'
  expect(judged(journal, 2, [key])).toEqual([`${what} 2, of 3`])
  expect(judged(journal, 4, [key])).toEqual([`${what} 4, of 3`])
})

test('a `once` call that was executed twice, never, or without a record', () => {
  expect(judged(journal, 3, [key, key])).toEqual([`duplicated once: ${key} was executed 2 times`])
  expect(judged(journal, 3, [])).toEqual([`violation ${key} has a result, but was never executed`])
  expect(judged(journal, 3, [key, 'courier/c1:9:0'])).toEqual([
    'violation I1: executed, but no record asked for it',
  ])
})
