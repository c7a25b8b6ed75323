import { expect, test } from 'vitest'
import { actorLimits } from '../../src/actors/limits.ts'
import type { Faults } from './faults.ts'
import { caller, counter, sleeper, stepper } from './machines.ts'
import { helper, parent } from './more-machines.ts'
import { deskOf } from './parts.ts'
import { describeWorlds } from './world.ts'

/** Another writer came in between, as far as the host can tell: it forgets what it knew. */
function conflictEvery(count: number): Faults {
  let appends = 0
  return {
    append: (next) =>
      ++appends % count === 0 ? Promise.resolve({ kind: 'conflict' } as const) : next(),
  }
}

describeWorlds('memory that is lost between events', ['local', 'nats'], (open) => {
  test('a conflict at every second append: state is read back, nothing happens twice', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start(
      { agents: [counter, stepper, caller, parent, helper], ...desk },
      conflictEvery(2),
    )
    const counting = await world.settle(world.client.start(counter, { id: 'c' }))
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8]
    await world.settle(Promise.all(numbers.map((n) => counting.send({ type: 'ADD', n }))))
    await world.settle(counting.send({ type: 'FINISH' }))
    expect(await world.settle(counting.output())).toEqual({ seen: numbers })
    const stepping = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 6 } }),
    )
    expect(await world.settle(stepping.output())).toMatchObject({ trail: [1, 2, 3, 4, 5, 6] })
    expect(Object.values(desk.applied.counts())).toEqual([1, 1, 1, 1, 1, 1])
    const calling = await world.settle(
      world.client.start(caller, { id: 'a', input: { item: 'tea' } }),
    )
    expect(await world.settle(calling.output())).toMatchObject({ price: 7, failure: '' })
    expect(desk.bought.calls.items).toHaveLength(1)
    const talking = await world.settle(
      world.client.start(parent, { id: 'p', input: { rounds: 3 } }),
    )
    await world.settle(talking.waitFor(({ context }) => context.heard.length === 7))
    await world.settle(talking.send({ type: 'DISMISS' }))
    expect(await world.settle(talking.output())).toMatchObject({ heard: [0, 1, -1, 2, -2, 3, -3] })
  })

  test('no agent stays in memory between two events', async () => {
    const world = await open({ partitions: 1 })
    const before = actorLimits.residentAgentsMax
    Object.assign(actorLimits, { residentAgentsMax: 0 })
    try {
      const desk = deskOf()
      await world.start({ agents: [counter, stepper, sleeper], ...desk })
      const names = ['a', 'b', 'c']
      const refs = await world.settle(
        Promise.all(
          names.map((name) => world.client.start(stepper, { id: name, input: { name, steps: 4 } })),
        ),
      )
      for (const ref of refs) {
        expect(await world.settle(ref.output())).toEqual({ trail: [1, 2, 3, 4], failure: null })
      }
      expect(Object.values(desk.applied.counts())).toEqual(Array.from({ length: 12 }, () => 1))
      const sleeping = await world.settle(world.client.start(sleeper, { input: { ms: 50 } }))
      expect(await world.settle(sleeping.output())).toEqual({ rings: 1 })
    } finally {
      Object.assign(actorLimits, { residentAgentsMax: before })
    }
  })

  test('another host takes over after every event', async () => {
    const world = await open({ partitions: 1 })
    const desk = deskOf()
    await world.start({ tools: desk.tools })
    let owner = await world.start({ agents: [counter, stepper] })
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    const stepping = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 5 } }),
    )
    for (const n of [1, 2, 3]) {
      await world.settle(ref.send({ type: 'ADD', n }))
      await world.settle(owner.runtime.close())
      owner = await world.start({ agents: [counter, stepper] })
    }
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: [1, 2, 3] })
    expect(await world.settle(stepping.output())).toMatchObject({ trail: [1, 2, 3, 4, 5] })
    expect(Object.values(desk.applied.counts())).toEqual([1, 1, 1, 1, 1])
  })
})
