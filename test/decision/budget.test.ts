import { describe, expect, test } from 'vitest'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import type { LocalBus } from '../../src/bus/local-broker.ts'
import type { BudgetAccount, BudgetCaps, Cost } from '../../src/contracts/budget.ts'
import { UnavailableError } from '../../src/contracts/error.ts'
import { fromBytes } from '../../src/contracts/json.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import { Accounts } from '../../src/decision/budget.ts'
import { finish } from '../tools/finish.ts'

const free: Cost = { tokens: 0, nanoUsd: 0 }

function opened(caps: BudgetCaps, name = 'desk/1'): BudgetAccount {
  return { name, caps, openedAtMs: 0 }
}

function open(): {
  clock: ReturnType<typeof virtualClock>
  /** The accounts as one more process sees them. */
  process(): Accounts
  balance(name?: string): Promise<unknown>
  bus: LocalBus
} {
  const clock = virtualClock(0)
  const broker = createLocalBroker({ clock })
  const bus = broker.connect('test')
  let processes = 0
  return {
    clock,
    bus,
    process() {
      const { keyValue } = broker.connect('test')
      return new Accounts({ keyValue, clock, random: seededRandom(++processes) })
    },
    async balance(name = 'desk/1') {
      const stored = await bus.keyValue.get('budget', name)
      return stored && fromBytes(stored.value)
    },
  }
}

describe('an account', () => {
  test.each<[string, BudgetCaps, Cost, number, string]>([
    ['calls', { calls: 3 }, free, 3, 'all 3 calls of the budget of desk/1 are used'],
    [
      'tokens',
      { tokens: 250 },
      { tokens: 100, nanoUsd: 0 },
      2,
      'the 250 tokens of the budget of desk/1 would not suffice',
    ],
    [
      'money, to the last part of a cent',
      { usd: 0.01 },
      { tokens: 1, nanoUsd: 2_000_000 },
      5,
      'the 0.01 USD of the budget of desk/1 would not suffice',
    ],
    ['nothing at all', { calls: 0 }, free, 0, 'all 0 calls of the budget of desk/1 are used'],
  ])('grants %s up to its cap and no further', async (_, caps, most, grants, reason) => {
    const budget = open()
      .process()
      .budgetOf([opened(caps)])
    for (let n = 0; n < grants; n++) expect(await budget.reserve(most)).toEqual({ granted: true })
    expect(await budget.reserve(most)).toEqual({ granted: false, reason })
  })

  test('ends with its time', async () => {
    const { clock, process } = open()
    const budget = process().budgetOf([opened({ wallMs: 1_000 })])
    clock.advance(1_000)
    expect(await budget.reserve(free)).toEqual({ granted: true })
    clock.advance(1)
    expect(await budget.reserve(free)).toEqual({
      granted: false,
      reason: 'the 1000 ms of the budget of desk/1 are over',
    })
  })

  test('has again what was set aside and not spent', async () => {
    const { process, balance } = open()
    const budget = process().budgetOf([opened({ tokens: 100 })])
    await budget.reserve({ tokens: 80, nanoUsd: 9_000 })
    await budget.settle({ tokens: 80, nanoUsd: 9_000 }, { tokens: 30, nanoUsd: 4_000 })
    expect(await balance()).toEqual({ calls: 1, tokens: 30, nanoUsd: 4_000 })
    expect(await budget.reserve({ tokens: 70, nanoUsd: 0 })).toEqual({ granted: true })
  })

  test('counts as spent what a process that died had set aside', async () => {
    const { process } = open()
    const caps = { calls: 9, tokens: 100 }
    await process()
      .budgetOf([opened(caps)])
      .reserve({ tokens: 60, nanoUsd: 0 })
    const next = process().budgetOf([opened(caps)])
    expect(await next.reserve({ tokens: 60, nanoUsd: 0 })).toMatchObject({ granted: false })
  })

  test('is not touched by a question that is refused', async () => {
    const { process, balance } = open()
    const budget = process().budgetOf([opened({ calls: 1 })])
    await budget.reserve(free)
    await budget.reserve(free)
    expect(await balance()).toEqual({ calls: 1, tokens: 0, nanoUsd: 0 })
  })
})

describe('several accounts', () => {
  test('all have to grant; one that refuses leaves the others as they were', async () => {
    const { process, balance } = open()
    const accounts = [opened({ calls: 5 }, 'root/1'), opened({ calls: 1 }, 'child/1')]
    const budget = process().budgetOf(accounts)
    expect(await budget.reserve({ tokens: 5, nanoUsd: 1 })).toEqual({ granted: true })
    expect(await budget.reserve({ tokens: 5, nanoUsd: 1 })).toEqual({
      granted: false,
      reason: 'all 1 calls of the budget of child/1 are used',
    })
    expect(await balance('root/1')).toEqual({ calls: 1, tokens: 5, nanoUsd: 1 })
    await budget.settle({ tokens: 5, nanoUsd: 1 }, free)
    expect(await balance('root/1')).toEqual({ calls: 1, tokens: 0, nanoUsd: 0 })
    expect(await balance('child/1')).toEqual({ calls: 1, tokens: 0, nanoUsd: 0 })
  })

  test('none is no bound', async () => {
    expect(open().process().budgetOf([])).toMatchObject({ isUnlimited: true })
  })
})

describe('at the same time', () => {
  test('processes that reserve together never pass a cap, and leave nothing unused', async () => {
    const { clock, process, balance } = open()
    const account = opened({ usd: 0.1 })
    const most = { tokens: 10, nanoUsd: 1_000_000 }
    const asked = Array.from({ length: 4 }, process).flatMap((accounts) =>
      Array.from({ length: 100 }, () => accounts.budgetOf([account]).reserve(most)),
    )
    const outcomes = await finish(clock, Promise.all(asked))
    expect(outcomes.filter(({ granted }) => granted)).toHaveLength(100)
    expect(await balance()).toEqual({ calls: 100, tokens: 1_000, nanoUsd: 100_000_000 })
  })

  test('questions of one process go together: they cost few writes', async () => {
    const { clock, process, bus } = open()
    const accounts = process()
    const budget = accounts.budgetOf([opened({ calls: 1_000 })])
    await finish(clock, Promise.all(Array.from({ length: 500 }, () => budget.reserve(free))))
    const stored = await bus.keyValue.get('budget', 'desk/1')
    const other = await bus.keyValue.put('budget', 'other', new Uint8Array(1))
    expect(fromBytes(stored!.value)).toMatchObject({ calls: 500 })
    expect(other.kind === 'written' && other.revision).toBeLessThan(10)
  })

  test('a store that is away fails those who asked, and the next ones are served', async () => {
    const { clock, bus } = open()
    let isAway = true
    const get: LocalBus['keyValue']['get'] = (name, key) =>
      isAway ? Promise.reject(new UnavailableError('away')) : bus.keyValue.get(name, key)
    const keyValue = { ...bus.keyValue, get }
    const accounts = new Accounts({ keyValue, clock, random: seededRandom(1) })
    const budget = accounts.budgetOf([opened({ calls: 5 })])
    const both = [budget.reserve(free), budget.reserve(free)]
    for (const one of both) await expect(one).rejects.toThrow('away')
    isAway = false
    expect(await budget.reserve(free)).toEqual({ granted: true })
  })

  test('a store that never lets it write is an outage', async () => {
    const { clock, bus } = open()
    const put = (): Promise<{ kind: 'conflict' }> => Promise.resolve({ kind: 'conflict' })
    const accounts = new Accounts({
      keyValue: { ...bus.keyValue, put },
      clock,
      random: seededRandom(1),
    })
    const reserving = accounts.budgetOf([opened({ calls: 5 })]).reserve(free)
    await expect(finish(clock, reserving)).rejects.toThrow('written by too many at once')
  })
})
