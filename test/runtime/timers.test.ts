import { expect, test } from 'vitest'
import { encodeEnvelope } from '../../src/contracts/envelope.ts'
import { sleeper } from './machines.ts'
import { describeWorlds, ended } from './world.ts'
import type { World } from './world.ts'

/** A firing of the timer that an earlier incarnation of the state has set. */
async function fireLate(world: World, id: string, timerId: string, incarnation: number) {
  const to = { type: 'sleeper', id }
  const body = { kind: 'timer', timerId, incarnation } as const
  const message = { v: 1, id: 'late', to, from: { name: 'timer' }, sentAtMs: 0, body } as const
  await world.settle(world.bus.mailbox.post(to, encodeEnvelope(message), `late ${incarnation}`))
}

describeWorlds('a timer after its cancel', ['local', 'nats'], (open) => {
  test('never fires into a machine that has left, or left and come back (I6)', async () => {
    const world = await open()
    await world.start({ agents: [sleeper] })
    const ref = await world.settle(
      world.client.start(sleeper, { id: 's', input: { ms: 3_600_000 } }),
    )
    const first = await world.settle(ref.waitFor(({ step }) => step === 1))
    expect(first.value).toBe('asleep')
    const { timers } = (await world.history(ref.address))[0]!.state
    const nap = Object.keys(timers).find((id) => id !== 'late')!
    const { incarnation } = timers[nap]!
    await world.settle(ref.send({ type: 'CANCEL' }))
    await world.settle(ref.waitFor(({ value }) => value === 'idle'))
    await fireLate(world, 's', nap, incarnation)
    await world.settle(ref.send({ type: 'AGAIN' }))
    await world.settle(ref.waitFor(({ value }) => value === 'asleep'))
    await fireLate(world, 's', nap, incarnation)
    await fireLate(world, 's', 'nonsense', 1)
    await world.settle(ref.send({ type: 'NUDGE' }))
    const view = await world.settle(ref.waitFor(({ step }) => step === 4))
    expect(view).toMatchObject({ status: 'active', value: 'asleep', context: { rings: 0 } })
    await world.settle(ref.stop())
    expect(await ended(world, ref)).toMatchObject({ step: 5 })
  })
})

describeWorlds('a timer and a crash', ['local', 'nats'], (open) => {
  test('the new owner keeps the absolute deadline (I6)', async () => {
    const world = await open()
    const first = await world.start({ agents: [sleeper] })
    const ref = await world.settle(world.client.start(sleeper, { id: 's', input: { ms: 1_200 } }))
    const begun = await world.settle(ref.waitFor(({ step }) => step === 1))
    await world.crash(first)
    await world.start({ agents: [sleeper] })
    expect(await world.settle(ref.output())).toEqual({ rings: 1 })
    const records = await world.history(ref.address)
    const deadlines = Object.values(records[0]!.state.timers).map(({ atMs }) => atMs)
    expect(deadlines).toContain(begun.atMs + 1_200)
    expect(records.at(-1)!.atMs).toBeGreaterThanOrEqual(begun.atMs + 1_200)
  })
})

describeWorlds('a timer on the virtual clock', ['local'], (open) => {
  test('fires at its deadline though nobody was there until shortly before', async () => {
    const world = await open()
    const first = await world.start({ agents: [sleeper] })
    const ref = await world.settle(world.client.start(sleeper, { id: 's', input: { ms: 60_000 } }))
    const begun = await world.settle(ref.waitFor(({ step }) => step === 1))
    await world.crash(first)
    await world.pass(50_000)
    await world.start({ agents: [sleeper] })
    await world.settle(ref.output())
    expect((await world.history(ref.address)).at(-1)!.atMs).toBe(begun.atMs + 60_000)
  })

  test('fires as soon as there is an owner when the deadline passed without one', async () => {
    const world = await open()
    const first = await world.start({ agents: [sleeper] })
    const ref = await world.settle(world.client.start(sleeper, { id: 's', input: { ms: 60_000 } }))
    await world.settle(ref.waitFor(({ step }) => step === 1))
    await world.crash(first)
    await world.pass(90_000)
    expect((await world.history(ref.address)).length).toBe(1)
    const resumedMs = world.clock.now()
    await world.start({ agents: [sleeper] })
    expect(await world.settle(ref.output())).toEqual({ rings: 1 })
    expect((await world.history(ref.address)).at(-1)!.atMs).toBeGreaterThanOrEqual(resumedMs)
  })

  test('a cancelled timer leaves nothing behind that would fire', async () => {
    const world = await open()
    await world.start({ agents: [sleeper] })
    const ref = await world.settle(world.client.start(sleeper, { id: 's', input: { ms: 60_000 } }))
    await world.settle(ref.send({ type: 'CANCEL' }))
    await world.settle(ref.waitFor(({ value }) => value === 'idle'))
    await world.pass(200_000)
    expect(await world.settle(ref.read())).toMatchObject({ value: 'idle', step: 2 })
    expect(await world.deadLetters()).toEqual([])
  })
})
