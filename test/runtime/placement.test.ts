import { expect, test } from 'vitest'
import { actorLimits } from '../../src/actors/limits.ts'
import { UnavailableError } from '../../src/contracts/error.ts'
import { counter, stepper } from './machines.ts'
import { deskOf } from './parts.ts'
import { slicesOf, spread } from './spread.ts'
import { describeWorlds } from './world.ts'
import type { World } from './world.ts'

const partitions = 8

async function serves(world: World, count: number): Promise<void> {
  const refs = await world.settle(
    Promise.all(Array.from({ length: count }, () => world.client.start(counter))),
  )
  for (const ref of refs) await world.settle(ref.send({ type: 'FINISH' }))
  for (const ref of refs) expect(await world.settle(ref.output())).toEqual({ seen: [] })
}

describeWorlds('placement', ['local', 'nats'], (open) => {
  test('hosts that join share the slices evenly, and none has two owners', async () => {
    const world = await open({ partitions })
    const agents = [counter, stepper]
    const one = await world.start({ agents })
    await spread(world, partitions, [one])
    const two = await world.start({ agents })
    await spread(world, partitions, [one, two])
    const three = await world.start({ agents })
    await spread(world, partitions, [one, two, three])
    await serves(world, 10)
  })

  test('a host that stops hands over at once, with its work', async () => {
    const world = await open({ partitions })
    const desk = deskOf()
    const agents = [counter, stepper]
    await world.start({ tools: desk.tools })
    const one = await world.start({ agents })
    const two = await world.start({ agents })
    await spread(world, partitions, [one, two])
    const refs = await world.settle(
      Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          world.client.start(stepper, { id: `s${n}`, input: { name: `s${n}`, steps: 5 } }),
        ),
      ),
    )
    await world.settle(one.runtime.close())
    await spread(world, partitions, [two])
    for (const ref of refs) {
      expect(await world.settle(ref.output())).toMatchObject({ trail: [1, 2, 3, 4, 5] })
    }
    expect(new Set(Object.values(desk.applied.counts()))).toEqual(new Set([1]))
    await serves(world, 5)
  })

  test('the slices of a host that died are taken over', async () => {
    const world = await open({ partitions })
    const desk = deskOf()
    const agents = [counter, stepper]
    await world.start({ tools: desk.tools })
    const one = await world.start({ agents })
    const two = await world.start({ agents })
    await spread(world, partitions, [one, two])
    const refs = await world.settle(
      Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          world.client.start(stepper, { id: `s${n}`, input: { name: `s${n}`, steps: 5 } }),
        ),
      ),
    )
    await world.crash(one)
    await spread(world, partitions, [two])
    for (const ref of refs) {
      expect(await world.settle(ref.output())).toMatchObject({ trail: [1, 2, 3, 4, 5] })
    }
    expect(new Set(Object.values(desk.applied.counts()))).toEqual(new Set([1]))
  })
})

describeWorlds('placement on the virtual clock', ['local'], (open) => {
  test('a host that died keeps its slices for hostLostAfterMs, and no longer', async () => {
    const world = await open({ partitions })
    const one = await world.start({ agents: [counter, stepper] })
    const two = await world.start({ agents: [counter, stepper] })
    await spread(world, partitions, [one, two])
    await world.crash(one)
    await world.pass(actorLimits.hostLostAfterMs - actorLimits.heartbeatEveryMs)
    expect(slicesOf(two)).toHaveLength(partitions)
    await world.pass(3 * actorLimits.heartbeatEveryMs)
    expect(slicesOf(two)).toHaveLength(2 * partitions)
  })

  test('a slice whose reader could not be started is tried again', async () => {
    const world = await open({ partitions })
    let failures = 2
    await world.start(
      { agents: [counter] },
      {
        async read(next) {
          if (failures-- > 0) throw new UnavailableError('no answer')
          return next()
        },
      },
    )
    await world.pass(3 * actorLimits.heartbeatEveryMs)
    await serves(world, 20)
  })

  test('a lease that could not be given back is given back later', async () => {
    const world = await open({ partitions })
    let failures = 0
    const one = await world.start(
      { agents: [counter, stepper] },
      {
        async put(next, _bucket, key) {
          if (key.startsWith('lease.') && failures-- > 0) throw new UnavailableError('no answer')
          return next()
        },
      },
    )
    await spread(world, partitions, [one])
    failures = 3
    const two = await world.start({ agents: [counter, stepper] })
    await spread(world, partitions, [one, two])
    expect(failures).toBeLessThanOrEqual(0)
    await serves(world, 20)
  })

  test('a lease that is given back while a host joins is not believed to be held', async () => {
    for (const turn of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const world = await open({ partitions })
      const gone = 'lease.counter.1'
      const bytes = new TextEncoder().encode('{"host":"other"}')
      await world.settle(world.bus.keyValue.put('cell', gone, bytes))
      const other = {
        name: 'other',
        pid: 1,
        agents: [],
        tools: [],
        decisions: [],
        startedAtMs: world.clock.now(),
      }
      const record = new TextEncoder().encode(JSON.stringify(other))
      // The other host lives on, and gives the lease back at some turn of the new one's start.
      const beat = async (): Promise<void> => {
        await world.bus.keyValue.put('cell', 'host.other', record)
        world.clock.at(world.clock.now() + 500, () => void beat())
      }
      await world.settle(beat())
      const giveBack = async (): Promise<void> => {
        for (let turns = 0; turns < 4 * turn; turns++) await Promise.resolve()
        await world.bus.keyValue.forget('cell', gone)
      }
      const given = giveBack()
      const one = await world.start({ agents: [counter, stepper] })
      await given
      await world.pass(2_000)
      expect(slicesOf(one)).toHaveLength(2 * partitions)
      await world.close()
    }
  })

  test('a lease that nobody can read does not stop placement', async () => {
    const world = await open({ partitions })
    const bytes = new TextEncoder().encode('not json')
    await world.settle(world.bus.keyValue.put('cell', 'lease.counter.1', bytes))
    const one = await world.start({ agents: [counter, stepper] })
    await world.settle(world.bus.keyValue.put('cell', 'lease.counter.2', bytes))
    await spread(world, partitions, [one])
    await serves(world, 20)
  })
})
