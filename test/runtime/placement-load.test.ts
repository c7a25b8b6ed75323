import { expect, test } from 'vitest'
import { actorLimits } from '../../src/actors/limits.ts'
import { counter, stepper } from './machines.ts'
import { deskOf } from './parts.ts'
import { spread } from './spread.ts'
import { describeWorlds } from './world.ts'
import type { World } from './world.ts'

const partitions = 8
const agents = [counter, stepper]
const steps = 8
const names = Array.from({ length: 24 }, (_, n) => `s${n}`)

/** Calls that wait until the test lets their step begin: the load never ends before it may. */
function gatedDesk() {
  const gates = new Map<number, PromiseWithResolvers<void>>()
  const gate = (step: number): PromiseWithResolvers<void> => {
    const present = gates.get(step) ?? Promise.withResolvers<void>()
    gates.set(step, present)
    return present
  }
  const desk = deskOf({ during: ({ step }) => gate(step).promise, concurrency: 100 })
  return { desk, allow: (step: number) => gate(step).resolve() }
}

async function startAll(world: World) {
  return world.settle(
    Promise.all(
      names.map((name) => world.client.start(stepper, { id: name, input: { name, steps } })),
    ),
  )
}

describeWorlds('hosts join, leave and die under load', ['local', 'nats'], (open) => {
  test('work stays spread, and every step is made once', async () => {
    const world = await open({ partitions })
    const { desk, allow } = gatedDesk()
    await world.start({ tools: desk.tools })
    const one = await world.start({ agents })
    const refs = await startAll(world)
    const two = await world.start({ agents })
    allow(1)
    allow(2)
    await spread(world, partitions, [one, two])
    allow(3)
    const three = await world.start({ agents })
    allow(4)
    await spread(world, partitions, [one, two, three])
    await world.settle(two.runtime.close())
    allow(5)
    await spread(world, partitions, [one, three])
    await world.crash(one)
    allow(6)
    const four = await world.start({ agents })
    allow(7)
    await spread(world, partitions, [three, four])
    allow(8)
    for (const ref of refs) {
      expect(await world.settle(ref.output())).toMatchObject({ trail: [1, 2, 3, 4, 5, 6, 7, 8] })
    }
    expect(desk.applied.applied.size).toBe(names.length * steps)
    expect(await world.deadLetters()).toEqual([])
  })
})

describeWorlds('a host that stands still', ['local', 'nats'], (open) => {
  test('wakes up when others have gone on, and cannot commit what it knew (I2)', async () => {
    const world = await open({ partitions: 1 })
    const asleep = Promise.withResolvers<void>()
    const wake = Promise.withResolvers<void>()
    const outcomes: string[] = []
    // Its appends and everything else stand still once it is asleep, as after SIGSTOP.
    const still = async <T>(next: () => Promise<T>): Promise<T> => {
      await wake.promise
      return next()
    }
    let isAsleep = false
    const sleeping = await world.start(
      { agents: [counter] },
      {
        async append(next, { step }) {
          if (step === 3) isAsleep = true
          if (!isAsleep) return next()
          asleep.resolve()
          const appended = await still(next)
          outcomes.push(appended.kind)
          return appended
        },
        put: (next) => (isAsleep ? still(next) : next()),
      },
    )
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    for (const n of [1, 2]) await world.settle(ref.send({ type: 'ADD', n }))
    await world.settle(asleep.promise)
    await world.start({ agents: [counter] })
    await world.settle(ref.waitFor(({ step }) => step === 3))
    for (const n of [3, 4]) await world.settle(ref.send({ type: 'ADD', n }))
    await world.settle(ref.waitFor(({ step }) => step === 5))
    wake.resolve()
    await world.until(() => Promise.resolve(outcomes.length > 0))
    expect(outcomes[0]).toBe('conflict')
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: [1, 2, 3, 4] })
    const records = await world.history(ref.address)
    expect(records.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6])
    await world.crash(sleeping)
  })
})

describeWorlds('work of a host that died', ['local'], (open) => {
  test('goes on elsewhere within the loss time and two heartbeats', async () => {
    const world = await open({ partitions })
    const one = await world.start({ agents })
    const two = await world.start({ agents })
    await spread(world, partitions, [one, two])
    const refs = await world.settle(
      Promise.all(names.map((name) => world.client.start(counter, { id: name }))),
    )
    await world.settle(Promise.all(refs.map((ref) => ref.waitFor(({ step }) => step === 1))))
    await world.crash(one)
    const diedMs = world.clock.now()
    // Whoever was on the dead host answers as soon as its slice has an owner again.
    await world.settle(Promise.all(refs.map((ref) => ref.send({ type: 'ADD', n: 1 }))))
    await world.settle(Promise.all(refs.map((ref) => ref.waitFor(({ step }) => step === 2))))
    const tookMs = world.clock.now() - diedMs
    const { hostLostAfterMs, heartbeatEveryMs } = actorLimits
    expect(tookMs).toBeLessThanOrEqual(hostLostAfterMs + 2 * heartbeatEveryMs)
  })
})
