import { describe, expect, test } from 'vitest'
import type { KeyValue } from '../../src/bus/key-value.ts'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import type { BudgetAccount, BudgetCaps } from '../../src/contracts/budget.ts'
import type { VirtualClock } from '../../src/contracts/clock.ts'
import { pause, virtualClock } from '../../src/contracts/clock.ts'
import { UnavailableError } from '../../src/contracts/error.ts'
import { fromBytes } from '../../src/contracts/json.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import { Accounts } from '../../src/decision/budget.ts'
import { finish, rest } from '../tools/finish.ts'

interface Balance {
  calls: number
  tokens: number
  nanoUsd: number
}

const most = { tokens: 100, nanoUsd: 1_000_003 }
const spent = { tokens: 10, nanoUsd: 70_001 }

function opened(caps: BudgetCaps, name = 'desk/1'): BudgetAccount {
  return { name, caps, openedAtMs: 0 }
}

/** Processes over one store that takes its time; `failing`: the share of accesses that fail. */
function world(seed: number, processes: number, failing = 0) {
  const clock: VirtualClock = virtualClock(0)
  const broker = createLocalBroker({ clock })
  const random = seededRandom(seed)
  const written: Balance[] = []
  const access = async (): Promise<void> => {
    await pause(clock, 1 + random.next() * 2)
    if (random.next() < failing) throw new UnavailableError('the store is away')
  }
  const slow = (keyValue: KeyValue): KeyValue => ({
    ...keyValue,
    async get(bucket, key) {
      await access()
      return keyValue.get(bucket, key)
    },
    async put(bucket, key, value, expected) {
      await access()
      const outcome = await keyValue.put(bucket, key, value, expected)
      if (outcome.kind === 'written') written.push(fromBytes(value) as Balance)
      // What fails here was stored, and the writer does not hear of it.
      await access()
      return outcome
    },
  })
  const accounts = Array.from({ length: processes }, () => {
    const { keyValue } = broker.connect('test')
    return new Accounts({ keyValue: slow(keyValue), clock, random })
  })
  return { clock, accounts, written }
}

describe('processes that write one account at the same time', () => {
  test.each([1, 2, 3])('all get their turn, a hundred of them (seed %i)', async (seed) => {
    const { clock, accounts, written } = world(seed, 100)
    const account = opened({ calls: 1_000 })
    let granted = 0
    const lane = async (one: Accounts): Promise<void> => {
      const budget = one.budgetOf([account])
      while ((await budget.reserve(most)).granted) {
        granted++
        await budget.settle(most, spent)
      }
    }
    const lanes = accounts.flatMap((one) => [lane(one), lane(one), lane(one)])
    await finish(clock, Promise.all(lanes))
    expect(granted).toBe(1_000)
    expect(written.at(-1)).toEqual({ calls: 1_000, tokens: 10_000, nanoUsd: 70_001_000 })
  })

  test.each([1, 2, 3, 4, 5])(
    'never pass a cap when the store fails before and after writes (seed %i)',
    async (seed) => {
      const { clock, accounts, written } = world(seed, 2, 0.05)
      const cap = 0.05
      const account = opened({ usd: cap, calls: 600 })
      const known = { calls: 0, nanoUsd: 0 }
      const inDoubt = { calls: 0, nanoUsd: 0 }
      const asked = accounts.flatMap((one) =>
        Array.from({ length: 400 }, async (_, n) => {
          await pause(clock, n / 2)
          const budget = one.budgetOf([account])
          const outcome = await budget.reserve(most).catch(() => undefined)
          if (!outcome) {
            inDoubt.calls++
            inDoubt.nanoUsd += most.nanoUsd
          }
          if (!outcome?.granted) return
          known.calls++
          known.nanoUsd += spent.nanoUsd
          await pause(clock, 5)
          await budget.settle(most, spent).catch(() => {
            inDoubt.nanoUsd += most.nanoUsd - spent.nanoUsd
          })
        }),
      )
      await finish(clock, Promise.all(asked))
      for (const { calls, nanoUsd } of written) {
        expect(nanoUsd).toBeLessThanOrEqual(cap * 1_000_000_000)
        expect(calls).toBeLessThanOrEqual(600)
      }
      const { calls, nanoUsd } = written.at(-1)!
      expect(inDoubt.calls).toBeGreaterThan(0)
      expect(known.calls).toBeGreaterThan(100)
      expect(calls).toBeGreaterThanOrEqual(known.calls)
      expect(calls).toBeLessThanOrEqual(known.calls + inDoubt.calls)
      expect(nanoUsd).toBeGreaterThanOrEqual(known.nanoUsd)
      expect(nanoUsd).toBeLessThanOrEqual(known.nanoUsd + inDoubt.nanoUsd)
    },
  )
})

test('what comes while a write waits for its next try goes along with it', async () => {
  const clock = virtualClock(0)
  const { keyValue } = createLocalBroker({ clock }).connect('test')
  let puts = 0
  const contested: KeyValue = {
    ...keyValue,
    put: (...args) =>
      puts++ === 0 ? Promise.resolve({ kind: 'conflict' }) : keyValue.put(...args),
  }
  const accounts = new Accounts({ keyValue: contested, clock, random: seededRandom(1) })
  const budget = accounts.budgetOf([opened({ calls: 2 })])
  const first = budget.reserve(most)
  await rest()
  const others = [budget.reserve(most), budget.reserve(most)]
  const outcomes = await finish(clock, Promise.all([first, ...others]))
  expect(outcomes.map(({ granted }) => granted)).toEqual([true, true, false])
  expect(puts).toBe(2)
})

test('an account that cannot be reached leaves those before it as they were', async () => {
  const clock = virtualClock(0)
  const { keyValue } = createLocalBroker({ clock }).connect('test')
  const away: KeyValue = {
    ...keyValue,
    get: (bucket, key) =>
      key === 'child/1'
        ? Promise.reject(new UnavailableError('the store is away'))
        : keyValue.get(bucket, key),
  }
  const accounts = new Accounts({ keyValue: away, clock, random: seededRandom(1) })
  const both = [opened({ calls: 5 }, 'root/1'), opened({ calls: 5 }, 'child/1')]
  await expect(accounts.budgetOf(both).reserve(most)).rejects.toThrow('the store is away')
  const root = await keyValue.get('budget', 'root/1')
  expect(fromBytes(root!.value)).toEqual({ calls: 0, tokens: 0, nanoUsd: 0 })
})
