import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Bus } from '../../src/bus/bus.ts'
import type { Desk, Harness } from './harness.ts'
import { bytes, collect } from './harness.ts'
import { describeJournal } from './journal-cases.ts'
import { describeKeyValue } from './key-value-cases.ts'
import { describeMailbox } from './mailbox-cases.ts'
import { describeTimers } from './timers-cases.ts'
import { describeWire } from './wire-cases.ts'
import { describeWorkQueue } from './work-queue-cases.ts'

/** Runs every port's cases on a broker, or only those of mail, journals and timers. */
export function busConformance(
  name: string,
  open: () => Promise<Harness>,
  ports: 'all' | 'state' = 'all',
): void {
  describe(name, () => {
    let harness: Harness
    const buses: Bus[] = []
    let cells = 0
    beforeAll(async () => {
      harness = await open()
    })
    afterAll(async () => {
      await Promise.all(buses.map((bus) => bus.close()))
      await harness.close()
    })
    const desk: Desk = {
      harness: () => harness,
      async fresh() {
        const cell = `cell-${++cells}`
        const another = async (): Promise<Bus> => {
          const bus = await harness.connect(cell)
          buses.push(bus)
          return bus
        }
        return { bus: await another(), cell, another }
      },
    }
    describeMailbox(desk)
    describeJournal(desk)
    describeTimers(desk)
    if (ports === 'state') return
    describeWorkQueue(desk)
    describeKeyValue(desk)
    describeWire(desk)
    describeCells(desk)
  })
}

function describeCells(desk: Desk): void {
  test('two cells do not see each other', async () => {
    const [one, two] = [await desk.fresh(), await desk.fresh()]
    const address = { type: 'desk', id: 'same' }
    await one.bus.journal.append(address, bytes('one'), 0)
    await one.bus.keyValue.put('b', 'k', bytes('one'))
    expect(await two.bus.journal.last(address)).toBeUndefined()
    expect(await two.bus.keyValue.get('b', 'k')).toBeUndefined()
    await one.bus.wire.serve('s', (body) => Promise.resolve(body))
    await expect(two.bus.wire.ask('s', bytes(''), 1000)).rejects.toMatchObject({
      code: 'no-responder',
    })
  })

  test('processes of a cell agree on its partitions, and closing twice is harmless', async () => {
    const { bus, cell, another } = await desk.fresh()
    const second = await another()
    expect(second.partitions).toBe(bus.partitions)
    expect(second.cell).toBe(cell)
    const seen: string[] = []
    second.onStatus((status) => seen.push(status))
    await second.close()
    await second.close()
    expect(seen).toEqual(['closed'])
    await expect(
      second.journal.append({ type: 'a', id: 'b' }, bytes('x'), 0),
    ).resolves.toMatchObject({ kind: 'unknown' })
    await expect(second.journal.last({ type: 'a', id: 'b' })).rejects.toMatchObject({
      code: 'unavailable',
    })
  })

  test('dead letters are listed oldest first and kept once per target and id', async () => {
    const { bus } = await desk.fresh()
    expect(await collect(bus.deadLetters.list())).toEqual([])
    const letter = (target: string, messageId: string, body = 'b') =>
      ({ target, messageId, reason: 'no such event', atMs: 5, body, encoding: 'utf-8' }) as const
    await bus.deadLetters.put(letter('mailbox desk/1', 'm'))
    await bus.deadLetters.put(letter('tool lookup', 'm'))
    await bus.deadLetters.put(letter('mailbox desk/1', 'm'))
    await bus.deadLetters.put(letter('tool huge', 'm', '\0'.repeat(500_000)))
    const [first, second, third, ...rest] = await collect(bus.deadLetters.list())
    expect(first).toEqual({ ...letter('mailbox desk/1', 'm'), id: first!.id })
    expect(second).toEqual({ ...letter('tool lookup', 'm'), id: second!.id })
    expect(third).toMatchObject({ cut: true })
    expect(third?.reason).toMatch('no such event (body cut, was 500000 characters)')
    expect(rest).toEqual([])
  })
  test('a dead letter has an id of its own by which it is read and dropped', async () => {
    const { bus, another } = await desk.fresh()
    const letter = { target: 'tool t', reason: 'r', atMs: 5, body: 'b', encoding: 'utf-8' } as const
    for (const messageId of ['a', 'b', 'c']) {
      await bus.deadLetters.put({ ...letter, messageId, form: 'bytes' })
    }
    const ids = (await collect(bus.deadLetters.list())).map(({ id }) => id)
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    expect(new Set(ids).size).toBe(3)
    const other = await another()
    const [, second] = ids
    expect(await other.deadLetters.get(second!)).toEqual({
      ...letter,
      messageId: 'b',
      form: 'bytes',
      id: second,
    })
    await other.deadLetters.drop(second!)
    await other.deadLetters.drop(second!)
    expect(await bus.deadLetters.get(second!)).toBeUndefined()
    const left = await collect(bus.deadLetters.list())
    expect(left.map(({ messageId }) => messageId)).toEqual(['a', 'c'])
    await bus.deadLetters.put({ ...letter, messageId: 'd' })
    const [, , fourth] = await collect(bus.deadLetters.list())
    expect(fourth!.id).toBeGreaterThan(ids[2]!)
    expect(await bus.deadLetters.get(fourth!.id + 1)).toBeUndefined()
    await bus.deadLetters.drop(fourth!.id + 1)
  })
}
