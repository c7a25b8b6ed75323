import { expect, test } from 'vitest'
import type { defineService } from '../../src/actors/service.ts'
import { Desk, loadDesk } from '../simulation/desk.ts'
import { counter, payer, sleeper, stepper } from './machines.ts'
import { fetcherOf } from './more-machines.ts'
import { deskOf } from './parts.ts'
import { describeModes } from './world.ts'
import type { World } from './world.ts'

/** I2 and I3: steps in a row, and no message applied twice. */
async function wellFormed(world: World, type: string, id: string): Promise<void> {
  const records = await world.history({ type, id })
  expect(records.map(({ step }) => step)).toEqual(records.map((_, index) => index + 1))
  const causes = records.map(({ cause }) => cause.messageId)
  expect(new Set(causes).size).toBe(causes.length)
}

describeModes('events', (open) => {
  test('are taken once and in order', async () => {
    const world = await open()
    await world.start({ agents: [counter] })
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    const numbers = Array.from({ length: 15 }, (_, index) => index)
    await world.settle(Promise.all(numbers.map((n) => ref.send({ type: 'ADD', n }))))
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: numbers })
    await wellFormed(world, 'counter', 'c')
    expect(await world.deadLetters()).toEqual([])
  })
})

describeModes('timers', (open) => {
  test('fire once, not before their first deadline', async () => {
    const world = await open()
    await world.start({ agents: [sleeper] })
    const ref = await world.settle(world.client.start(sleeper, { id: 's', input: { ms: 300 } }))
    expect(await world.settle(ref.output())).toEqual({ rings: 1 })
    const records = await world.history(ref.address)
    expect(records.at(-1)!.atMs).toBeGreaterThanOrEqual(records[0]!.atMs + 300)
    await wellFormed(world, 'sleeper', 's')
  })
})

describeModes('calls', (open) => {
  test('of an idempotent tool take effect once each', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ agents: [stepper], tools: desk.tools })
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 6 } }),
    )
    expect(await world.settle(ref.output())).toMatchObject({ trail: [1, 2, 3, 4, 5, 6] })
    expect(desk.applied.applied.size).toBe(6)
    await wellFormed(world, 'stepper', 's')
  })

  test('of a `once` tool are executed once at most, and the caller hears the truth', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ agents: [payer] })
    await world.start({ tools: desk.tools })
    const ref = await world.settle(world.client.start(payer, { id: 'p', input: { amount: 5 } }))
    const { result } = await world.settle(ref.output())
    expect(['paid 5', 'in doubt']).toContain(result)
    const executions = Object.values(desk.paid.counts())
    expect(executions.every((count) => count === 1)).toBe(true)
    if (result === 'paid 5') expect(executions).toEqual([1])
  })

  test('of a promise in the host give one result', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ agents: [fetcherOf(async () => 'loaded')], tools: desk.tools })
    const ref = await world.settle(world.client.start('fetcher', { id: 'f', input: { n: 1 } }))
    expect(await world.settle(ref.output())).toEqual({ got: ['loaded', 1], failure: '' })
    await wellFormed(world, 'fetcher', 'f')
  })
})

describeModes('the airline desk', (open) => {
  test.each([0, 4, 6])(
    'conversation %i comes to its end, and the database is right',
    async (at) => {
      const world = await open()
      const desk = new Desk(await loadDesk(), at)
      for (const { service } of desk.processes.slice(0, 3)) {
        const { keyValue } = world.bus
        const ports = { keyValue, options: {} } as Parameters<
          ReturnType<typeof defineService>['setup']
        >[0]
        await world.start(await service(() => Promise.resolve()).setup(ports))
      }
      await world.settle(desk.drive(world.client))
      expect(await world.settle(desk.check(world))).toEqual([])
      await wellFormed(world, 'airline-desk', 'd')
    },
  )
})
