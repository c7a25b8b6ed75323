import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { VirtualClock } from '../../src/contracts/clock.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import type { RememberInput } from '../../src/contracts/memory.ts'
import type { KeyValue } from '../../src/bus/key-value.ts'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import type { MemoryOptions } from '../../src/memory/memory.ts'
import { Memory } from '../../src/memory/memory.ts'

interface Shelf {
  clock: VirtualClock
  keyValue: KeyValue
  memory: Memory
  /** Remembers under a call identity of its own. */
  write(input: RememberInput, event?: string): ReturnType<Memory['remember']>
}

function shelf(
  options: Pick<MemoryOptions, 'kinds'> = {},
  wrap?: (kv: KeyValue) => KeyValue,
): Shelf {
  const clock = virtualClock(1_000)
  const { keyValue } = createLocalBroker({ clock }).connect('test')
  const memory = new Memory({ keyValue: wrap?.(keyValue) ?? keyValue, clock, ...options })
  let calls = 0
  return {
    clock,
    keyValue,
    memory,
    write: (input, event = `desk/1:${++calls}:0`) =>
      memory.remember(input, { actor: 'desk/1', event }),
  }
}

const seat = { subject: 'user/mia', kind: 'seat' }

describe('remember', () => {
  test('keeps the fact with its source, its times and version 1', async () => {
    const { memory, write } = shelf()
    const input = { ...seat, value: { row: 4 }, asOf: 900, expires: 5_000, toolResult: 'call-7' }
    expect(await write(input, 'desk/1:9:0')).toEqual({ kind: 'remembered', version: 1 })
    expect(await memory.recall({ ...seat })).toEqual([
      {
        ...seat,
        value: { row: 4 },
        source: { actor: 'desk/1', event: 'desk/1:9:0', toolResult: 'call-7' },
        at: 1_000,
        asOf: 900,
        expires: 5_000,
        version: 1,
        stale: false,
      },
    ])
  })

  test('counts versions, and the newest replaces the older', async () => {
    const { clock, memory, write } = shelf()
    await write({ ...seat, value: 1 })
    clock.advance(10)
    expect(await write({ ...seat, value: 2 })).toEqual({ kind: 'remembered', version: 2 })
    const [fact, ...others] = await memory.recall(seat)
    expect(fact).toMatchObject({ value: 2, version: 2, at: 1_010, asOf: 1_010 })
    expect(others).toEqual([])
  })

  test('the same value from another call is a new version', async () => {
    const { write } = shelf()
    await write({ ...seat, value: 1 })
    expect(await write({ ...seat, value: 1 })).toEqual({ kind: 'remembered', version: 2 })
  })

  test('a re-delivered call makes no new version and keeps the time of the first', async () => {
    const { clock, memory, write } = shelf()
    await write({ ...seat, value: { a: 1 } }, 'call')
    clock.advance(50)
    expect(await write({ ...seat, value: { a: 1 } }, 'call')).toEqual({
      kind: 'remembered',
      version: 1,
    })
    expect(await memory.recall(seat)).toMatchObject([{ at: 1_000, version: 1 }])
  })

  test('a re-delivered call with an expectation does not lose against itself', async () => {
    const { write } = shelf()
    const input = { ...seat, value: 1, expectedVersion: 0 }
    expect(await write(input, 'call')).toEqual({ kind: 'remembered', version: 1 })
    expect(await write(input, 'call')).toEqual({ kind: 'remembered', version: 1 })
  })

  test('a met expectation writes', async () => {
    const { write } = shelf()
    await write({ ...seat, value: 1, expectedVersion: 0 })
    expect(await write({ ...seat, value: 2, expectedVersion: 1 })).toEqual({
      kind: 'remembered',
      version: 2,
    })
  })

  test('another version is a conflict that shows what is there', async () => {
    const { memory, write } = shelf()
    await write({ ...seat, value: 1 })
    const [present] = await memory.recall(seat)
    expect(await write({ ...seat, value: 2, expectedVersion: 0 })).toEqual({
      kind: 'conflict',
      present,
    })
    expect(await memory.recall(seat)).toEqual([present])
  })

  test('expecting a fact that is not known is a conflict with nothing', async () => {
    const { write } = shelf()
    expect(await write({ ...seat, value: 2, expectedVersion: 3 })).toEqual({
      kind: 'conflict',
      present: null,
    })
  })
})

describe('a race between two writers', () => {
  /** Another writer comes in between the read and the write of this one. */
  const raced = (): Shelf => {
    let interfere = true
    const desk: Shelf = shelf({}, (keyValue) => ({
      ...keyValue,
      async get(bucket, key) {
        const entry = await keyValue.get(bucket, key)
        if (interfere) {
          interfere = false
          const other = new Memory({ keyValue, clock: desk.clock })
          await other.remember({ ...seat, value: 'theirs' }, { actor: 'desk/2', event: 'other' })
        }
        return entry
      },
    }))
    return desk
  }

  test('without an expectation says so, to be tried again', async () => {
    const { memory, write } = raced()
    expect(await write({ ...seat, value: 'mine' }, 'call')).toEqual({ kind: 'contended' })
    expect(await write({ ...seat, value: 'mine' }, 'call')).toEqual({
      kind: 'remembered',
      version: 2,
    })
    expect(await memory.recall(seat)).toMatchObject([{ value: 'mine' }])
  })

  test('with an expectation is a conflict that shows the winner', async () => {
    const { write } = raced()
    expect(await write({ ...seat, value: 'mine', expectedVersion: 0 })).toMatchObject({
      kind: 'conflict',
      present: { value: 'theirs', source: { actor: 'desk/2' }, version: 1 },
    })
  })
})

describe('contracts per kind', () => {
  const kinds = { seat: z.object({ row: z.number() }), meal: z.string() }

  test('a value that fits is kept', async () => {
    const { write } = shelf({ kinds })
    expect(await write({ ...seat, value: { row: 4 } })).toMatchObject({ kind: 'remembered' })
  })

  test('a value that does not fit is refused with the place', async () => {
    const { memory, write } = shelf({ kinds })
    expect(await write({ ...seat, value: { row: 'four' } })).toEqual({
      kind: 'refused',
      reason:
        'the value breaks the contract of seat: row: Invalid input: expected number, received string',
    })
    expect(await memory.recall(seat)).toEqual([])
  })

  test('a kind without a contract is refused with those that have one', async () => {
    const { write } = shelf({ kinds })
    expect(await write({ subject: 's', kind: 'colour', value: 'red' })).toEqual({
      kind: 'refused',
      reason: 'facts of kind colour have no contract; known: seat, meal',
    })
  })
})

describe('recall', () => {
  const filled = async (): Promise<Shelf> => {
    const desk = shelf()
    const facts: [string, string, RememberInput['value']][] = [
      ['user/mia', 'seat', { row: 4, note: 'Aisle' }],
      ['user/mia', 'meal', 'Vegan'],
      ['user/mia2', 'seat', { row: 9 }],
      ['user/m%2Fx', 'meal', 'halal'],
      ['trip/1', 'seat', 'aisle'],
    ]
    for (const [subject, kind, value] of facts) await desk.write({ subject, kind, value })
    return desk
  }
  const names = async (input: Parameters<Memory['recall']>[0]): Promise<string[]> => {
    const { memory } = await filled()
    return (await memory.recall(input)).map(({ subject, kind }) => `${subject} ${kind}`).toSorted()
  }

  test('by subject gives every kind of that subject only', async () => {
    expect(await names({ subject: 'user/mia' })).toEqual(['user/mia meal', 'user/mia seat'])
  })

  test('by subject and kind gives one fact', async () => {
    expect(await names({ subject: 'user/mia', kind: 'seat' })).toEqual(['user/mia seat'])
    expect(await names({ subject: 'user/mia', kind: 'colour' })).toEqual([])
  })

  test('by prefix gives every subject that begins with it, also in the middle of a name', async () => {
    expect(await names({ subject: 'user/m', prefix: true })).toEqual([
      'user/m%2Fx meal',
      'user/mia meal',
      'user/mia seat',
      'user/mia2 seat',
    ])
  })

  test('by prefix and kind gives that kind only', async () => {
    expect(await names({ subject: 'user/', prefix: true, kind: 'seat' })).toEqual([
      'user/mia seat',
      'user/mia2 seat',
    ])
  })

  test('by text looks into the value, whatever the case', async () => {
    expect(await names({ subject: 'user/', prefix: true, text: 'AISLE' })).toEqual([
      'user/mia seat',
    ])
    expect(await names({ subject: 'user/mia', text: 'vegan' })).toEqual(['user/mia meal'])
    expect(await names({ subject: 'user/mia', text: 'nowhere' })).toEqual([])
  })

  test('an unknown subject gives nothing', async () => {
    expect(await names({ subject: 'user/mi' })).toEqual([])
  })

  test('a fact is stale from the moment it expires, and still told', async () => {
    const { clock, memory, write } = shelf()
    await write({ ...seat, value: 1, expires: 1_500 })
    clock.advance(499)
    expect(await memory.recall(seat)).toMatchObject([{ stale: false }])
    clock.advance(1)
    expect(await memory.recall(seat)).toMatchObject([{ stale: true, value: 1 }])
  })

  test('a fact without an expiry is never stale', async () => {
    const { clock, memory, write } = shelf()
    await write({ ...seat, value: 1 })
    clock.advance(10 ** 12)
    expect(await memory.recall(seat)).toMatchObject([{ stale: false }])
  })
})

describe('forget', () => {
  test('removes one kind, or all of a subject, and says how many', async () => {
    const { memory, write } = shelf()
    for (const kind of ['a', 'b', 'c']) await write({ subject: 's', kind, value: kind })
    await write({ subject: 's2', kind: 'a', value: 'other' })
    expect(await memory.forget({ subject: 's', kind: 'a' })).toEqual({ forgotten: 1 })
    expect(await memory.forget({ subject: 's', kind: 'a' })).toEqual({ forgotten: 0 })
    expect(await memory.forget({ subject: 's' })).toEqual({ forgotten: 2 })
    expect(await memory.recall({ subject: 's' })).toEqual([])
    expect(await memory.recall({ subject: 's2' })).toHaveLength(1)
  })

  test('leaves nothing in the store, and the versions begin anew', async () => {
    const { keyValue, memory, write } = shelf()
    await write({ ...seat, value: 'secret' })
    await write({ ...seat, value: 'secret, again' })
    await memory.forget({ subject: seat.subject })
    expect(await keyValue.keys('memory')).toEqual([])
    expect(await write({ ...seat, value: 'new' })).toEqual({ kind: 'remembered', version: 1 })
  })
})
