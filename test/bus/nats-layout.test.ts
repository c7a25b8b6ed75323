import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Bus } from '../../src/bus/bus.ts'
import type { KeyValue } from '../../src/bus/key-value.ts'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import { openNatsBus } from '../../src/bus/nats-bus.ts'
import { agreeOnLayout } from '../../src/bus/nats-layout.ts'
import { connectLink } from '../../src/bus/nats-link.ts'
import type { NatsLink } from '../../src/bus/nats-link.ts'
import { partitionOf } from '../../src/bus/partition.ts'
import type { CellLayout } from '../../src/bus/subjects.ts'
import { systemClock, virtualClock } from '../../src/contracts/clock.ts'
import { systemIds } from '../../src/contracts/ids.ts'
import { fromBytes, toBytes } from '../../src/contracts/json.ts'
import { temporaryBroker } from './broker-fixture.ts'
import type { BrokerFixture } from './broker-fixture.ts'
import { bytes, collect, Inbox, text } from './harness.ts'

const clock = systemClock()

describe('the layout of a cell', () => {
  let fixture: BrokerFixture
  let link: NatsLink
  const buses: Bus[] = []
  const open = async (cell: string, wish: Partial<CellLayout> = {}): Promise<Bus> => {
    const servers = fixture.broker.url
    const bus = await openNatsBus({ servers, cell, clock, ids: systemIds(), ...wish })
    buses.push(bus)
    return bus
  }
  const stateStreams = async (cell: string): Promise<string[]> => {
    const names = await collect(link.manager.streams.names())
    return names.filter((name) => name.startsWith(`ASH_${cell}_ACT`)).toSorted()
  }
  /** The messages in each state stream of a cell. */
  const stored = async (cell: string): Promise<number[]> => {
    const infos = (await stateStreams(cell)).map((name) => link.manager.streams.info(name))
    return (await Promise.all(infos)).map(({ state }) => state.messages)
  }
  beforeAll(async () => {
    fixture = await temporaryBroker()
    link = await connectLink({ servers: fixture.broker.url, name: 'layout', clock })
  })
  afterAll(async () => {
    await Promise.all(buses.map((bus) => bus.close()))
    await link.close()
    await fixture.remove()
  })

  test('a new cell has four shards, and never more than partitions by itself', async () => {
    await open('new')
    expect(await stateStreams('new')).toEqual([0, 1, 2, 3].map((shard) => `ASH_new_ACT_${shard}`))
    await open('small', { partitions: 2 })
    expect(await stateStreams('small')).toEqual(['ASH_small_ACT_0', 'ASH_small_ACT_1'])
  })

  test('the first process decides, and the others find the agents of all shards', async () => {
    const first = await open('decided', { partitions: 6, shards: 3 })
    const second = await open('decided', { partitions: 32, shards: 5 })
    expect(second.partitions).toBe(6)
    const addresses = Array.from({ length: 30 }, (_, n) => ({ type: 'desk', id: `case-${n}` }))
    const mail = new Inbox<string>()
    for (let partition = 0; partition < 6; partition++) {
      await second.mailbox.read({ type: 'desk', partition }, ({ address, body }) => {
        mail.put(`${address.id} ${text(body)}`)
      })
    }
    for (const address of addresses) {
      await first.journal.append(address, bytes('x'), 0)
      await first.timers.schedule(address, 't', clock.now() + 200, bytes('timer'))
    }
    const found = await collect(second.journal.addresses('desk'))
    expect(found.map(({ id }) => id).toSorted()).toEqual(addresses.map(({ id }) => id).toSorted())
    await mail.take(30)
    expect(mail.items.toSorted()).toEqual(addresses.map(({ id }) => `${id} timer`).toSorted())
    const expected = [0, 0, 0]
    // The record and the mail; the timer is gone once it has fired.
    for (const { id } of addresses) expected[partitionOf(id, 6) % 3]! += 2
    await expect.poll(() => stored('decided'), { timeout: 10_000 }).toEqual(expected)
    expect(Math.min(...expected)).toBeGreaterThan(0)
  })

  test('a cell from before there were shards keeps its stream and its agents', async () => {
    const address = { type: 'desk', id: 'old.one' }
    const before = await open('old', { shards: 1 })
    await before.keyValue.forget('cell', 'shards')
    await before.journal.append(address, bytes('record'), 0)
    await before.mailbox.post(address, bytes('mail'), 'm')
    await before.close()
    const now = await open('old', { shards: 4 })
    expect(text((await now.journal.last(address))?.body)).toBe('record')
    const mail = new Inbox<string>()
    const slice = { type: 'desk', partition: partitionOf(address.id, now.partitions) }
    await now.mailbox.read(slice, ({ body }) => mail.put(text(body) ?? ''))
    expect(await mail.take(1)).toEqual(['mail'])
    expect(await stateStreams('old')).toEqual(['ASH_old_ACT'])
    const { state } = await link.manager.streams.info('ASH_old_ACT', { subjects_filter: '>' })
    expect(Object.keys(state.subjects ?? {}).toSorted()).toEqual([
      'ash.old.j.desk.old=2Eone',
      `ash.old.m.desk.${slice.partition}.old=2Eone`,
    ])
  })

  test('processes that start at once with different wishes agree', async () => {
    const wishes = [1, 2, 3, 5, 8].map((shards) => ({ shards, partitions: 8 + shards }))
    const together = await Promise.all(wishes.map((wish) => open('race', wish)))
    const [{ partitions }] = together as [Bus]
    expect(together.map((bus) => bus.partitions)).toEqual(wishes.map(() => partitions))
    const stored = await together[0]!.keyValue.get('cell', 'shards')
    const shards = fromBytes(stored!.value) as number
    expect(await stateStreams('race')).toHaveLength(shards)
    for (const [index, bus] of together.entries()) {
      await bus.journal.append({ type: 'desk', id: `${index}` }, bytes('x'), 0)
    }
    for (const bus of together) {
      expect(await collect(bus.journal.addresses())).toHaveLength(wishes.length)
    }
  })

  test.each([
    [{ shards: 0 }, /shards: expected an integer from 1 to .* 16, got 0/],
    [{ shards: 1.5 }, /shards: expected an integer/],
    [{ shards: 17 }, /shards: expected .* 16, got 17/],
    [{ partitions: 2, shards: 3 }, /shards: expected an integer from 1 to .* 2, got 3/],
    [{ partitions: 0 }, /partitions: expected a positive integer, got 0/],
    [{ partitions: Number.NaN }, /partitions: expected a positive integer/],
  ])('%o is refused before connecting', async (wish, message) => {
    const servers = 'nats://127.0.0.1:1'
    const opening = openNatsBus({ servers, cell: 'c', clock, ids: systemIds(), ...wish })
    await expect(opening).rejects.toThrow(message)
    await expect(opening).rejects.toMatchObject({ code: 'bad-input' })
  })
})

describe('agreement', () => {
  const local = (): KeyValue => createLocalBroker({ clock: virtualClock() }).connect().keyValue

  test('in every order of reads and writes, whoever gets an answer gets the same', async () => {
    const wish = fc.record({ partitions: fc.integer({ min: 4, max: 9 }), shards: fc.nat(3) })
    const wishes = fc.array(wish, { minLength: 2, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), wishes, fc.nat(3), async (scheduler, wishes, dying) => {
        const store = local()
        let isUp = true
        /** A call waits for its turn, and so does its answer. */
        const inTurn = async <T>(index: number, call: () => Promise<T>): Promise<T> => {
          await scheduler.schedule(Promise.resolve())
          if (!isUp && index === dying) throw new Error('dead')
          const answer = await call()
          await scheduler.schedule(Promise.resolve())
          return answer
        }
        const view = (index: number): KeyValue => ({
          ...store,
          get: (bucket, key) => inTurn(index, () => store.get(bucket, key)),
          put: (...args) =>
            inTurn(index, async () => {
              const written = await store.put(...args)
              // Dies with its write stored: somebody else has to go on from there.
              if (index === dying) isUp = false
              return written
            }),
        })
        const settled = Promise.allSettled(
          wishes.map(({ partitions, shards }, index) =>
            agreeOnLayout(view(index), { partitions, shards: shards + 1 }),
          ),
        )
        await scheduler.waitFor(settled)
        const later = await agreeOnLayout(store, { partitions: 99, shards: 98 })
        for (const outcome of await settled) {
          if (outcome.status === 'fulfilled') expect(outcome.value).toEqual(later)
        }
      }),
    )
  })

  test('a cell with partitions and no shards has one, and it stays so', async () => {
    const store = local()
    await store.put('cell', 'partitions', toBytes(16), 0)
    const wish = { partitions: 8, shards: 4 }
    expect(await agreeOnLayout(store, wish)).toEqual({ partitions: 16, shards: 1 })
    expect(await agreeOnLayout(store, wish)).toEqual({ partitions: 16, shards: 1 })
  })

  test('a read that misses the shards of a cell does not make it one with a single shard', async () => {
    const store = local()
    const layout = { partitions: 16, shards: 4 }
    await agreeOnLayout(store, layout)
    let misses = 1
    const stale: KeyValue = {
      ...store,
      get: async (bucket, key) =>
        key === 'shards' && misses-- > 0 ? undefined : store.get(bucket, key),
    }
    expect(await agreeOnLayout(stale, layout)).toEqual(layout)
  })

  test('a stored number that is none is refused, not guessed', async () => {
    const store = local()
    await store.put('cell', 'shards', toBytes('many'), 0)
    await expect(agreeOnLayout(store, { partitions: 8, shards: 4 })).rejects.toThrow(
      /shards of the cell: expected a positive integer, got many;/,
    )
  })
})
