import { describe, expect, test } from 'vitest'
import {
  broken,
  keysAreHonoured,
  monitor,
  onceAtMostOnce,
  settles,
} from '../../src/proof/properties.ts'
import type { Property } from '../../src/proof/properties.ts'
import { prove } from '../../src/proof/prove.ts'
import type { Bounds, ToolModel } from '../../src/proof/world.ts'
import type { Bank } from './proof-worlds.ts'
import { bank, payer, payingWorld } from './proof-worlds.ts'

const paidOnce: Property<Bank> = monitor<Bank, number>('nobody is paid twice', {
  initial: 0,
  of: ['executed'],
  next: (count, { kind }) => (kind === 'executed' && count > 0 ? broken('paid again') : count + 1),
})

async function check(
  world: ReturnType<typeof payingWorld>,
  bounds: Partial<Bounds>,
): ReturnType<typeof prove> {
  const result = await prove({ ...world, bounds })
  expect(result.complete).toBe(true)
  return result
}

const properties = [onceAtMostOnce<Bank>(), keysAreHonoured<Bank>(), paidOnce, settles<Bank>()]

describe.each([
  ['nothing fails', { crashes: 0, duplicates: 0 }],
  ['1 crash, 1 duplicate', { crashes: 1, duplicates: 1 }],
  ['2 crashes, 2 duplicates', { crashes: 2, duplicates: 2 }],
])('with %s', (_, bounds) => {
  test('an idempotent call takes effect once', async () => {
    const { violations } = await check(payingWorld(payer('idempotent'), { properties }), bounds)
    expect(violations).toEqual([])
  })

  test('a call of a once tool takes effect once', async () => {
    const { violations } = await check(payingWorld(payer('once'), { properties }), bounds)
    expect(violations).toEqual([])
  })

  test('also when the tool cannot be asked what became of a call', async () => {
    const tools = { pay: { ...bank, reconciles: false } }
    const { violations } = await check(payingWorld(payer('once'), { properties, tools }), bounds)
    expect(violations).toEqual([])
  })
})

const forgetful: ToolModel<Bank> = { ...bank, ignoresKey: true }

test.each([
  ['a crash', { crashes: 1, duplicates: 0 }],
  ['a second delivery', { crashes: 0, duplicates: 1 }],
  ['a lost answer', { crashes: 0, duplicates: 0 }],
])('a tool that does not honour its key is found out by %s', async (_, bounds) => {
  const tools = { pay: forgetful }
  const { violations } = await check(
    payingWorld(payer('idempotent'), { properties, tools }),
    bounds,
  )
  expect(violations.map(({ property }) => property)).toContain('every idempotency key is honoured')
})

test('what took effect and said that it failed is known under its key', async () => {
  const tools: Record<string, ToolModel<Bank>> = {
    pay: {
      execute: (so) => [
        ...bank.execute(so),
        { error: { message: 'no receipt' }, outside: { ...so.outside, ann: 1 } },
      ],
    },
  }
  const bounds = { crashes: 1, duplicates: 1 }
  const { violations } = await check(
    payingWorld(payer('idempotent'), { properties, tools }),
    bounds,
  )
  expect(violations).toEqual([])
})

test('an agent that pays again when in doubt pays twice', async () => {
  const world = payingWorld(payer('once', 'again'), { properties: [paidOnce] })
  // It may go on paying for ever, so the search has no end of its own.
  const bounds = { crashes: 0, duplicates: 0 }
  const { violations } = await prove({ ...world, bounds }, { stopAtFirst: true })
  const moves = violations[0]!.trace.moves.map((move) => move.do)
  expect(moves).toEqual(['send', 'call', 'execute', 'call', 'answer', 'call', 'execute'])
})

test('each call has every outcome of its class, and no other', async () => {
  const outcomesOf = async (effect: 'read' | 'idempotent' | 'once'): Promise<string[]> => {
    const { machines } = await check(
      payingWorld(payer(effect), { properties: [], tools: { pay: bank } }),
      { crashes: 1, duplicates: 1 },
    )
    const { unenteredStates } = machines.find(({ id }) => id === 'payer')!
    return unenteredStates.map((name) => name.replace('payer.', ''))
  }
  const never = ['retrying']
  expect(await outcomesOf('read')).toEqual([...never, 'unclear'])
  expect(await outcomesOf('idempotent')).toEqual([...never, 'unclear'])
  expect(await outcomesOf('once')).toEqual(never)
})

test('an execution that was given up takes effect later, within the delays only', async () => {
  const late: Property<Bank> = monitor<Bank, null>('nothing is paid for nobody', {
    initial: null,
    of: ['executed'],
    next: (_, so) => (so.kind === 'executed' && so.isOrphan ? broken('paid late') : null),
  })
  const world = payingWorld(payer('idempotent'), { properties: [late] })
  const without = await check(world, { crashes: 0, duplicates: 0, delays: 0 })
  expect(without.violations).toEqual([])
  const { violations } = await check(world, { crashes: 0, duplicates: 0, delays: 1 })
  expect(violations[0]!.trace.moves.at(-1)!.do).toBe('late')
})

test('what takes effect after it was asked about takes effect twice: a tool must let go in time', async () => {
  const world = payingWorld(payer('once'), { properties: [onceAtMostOnce()] })
  const { violations } = await check(world, { crashes: 0, duplicates: 0, delays: 1 })
  expect(violations[0]!.trace.moves.map((move) => move.do)).toContain('late')
})

test('an outsider that repeats itself is heard twice, within the duplicates only', async () => {
  const heard: Property<Bank> = monitor<Bank, number>('GO comes once', {
    initial: 0,
    of: ['stepped'],
    next: (count, so) => {
      if (so.kind !== 'stepped' || so.event.kind !== 'event') return count
      return count > 0 ? broken('it came again') : count + 1
    },
  })
  const world = payingWorld(payer('read'), { properties: [heard] })
  expect((await check(world, { crashes: 1, duplicates: 0 })).violations).toEqual([])
  expect((await check(world, { crashes: 0, duplicates: 1 })).violations).toHaveLength(1)
})
