import { expect, test } from 'vitest'
import { Residents } from '../../src/actors/residents.ts'
import { OwnedSlice } from '../../src/actors/slice.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { partitionOf } from '../../src/bus/partition.ts'
import type { Appended } from '../../src/bus/journal.ts'
import { countingIds } from '../../src/contracts/ids.ts'
import { Inbox } from '../bus/harness.ts'
import type { Faults } from './faults.ts'
import { wrapBus } from './faults.ts'
import { counter, sleeper, stepper } from './machines.ts'
import { fetcherOf } from './more-machines.ts'
import { deskOf } from './parts.ts'
import { describeWorlds, ended } from './world.ts'
import type { World } from './world.ts'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** A second host that believes to own the slice of an agent, whatever the leases say. */
async function usurp(
  world: World,
  agent: AgentDefinition,
  id: string,
  faults: Faults = {},
): Promise<OwnedSlice> {
  const { clock, bus } = world
  const slice = { type: agent.id, partition: partitionOf(id, bus.partitions) }
  const owned = new OwnedSlice(slice, agent, {
    bus: wrapBus(bus, faults, { dead: false }),
    clock,
    ids: countingIds('usurper'),
    log: silent,
    performers: new Map(),
    residents: new Residents(),
    isServed: () => true,
  })
  await world.settle(owned.start())
  return owned
}

describeWorlds('two hosts that both believe to own a slice', ['local', 'nats'], (open) => {
  test('each step is committed by one of them, the other reloads (I2)', async () => {
    const world = await open()
    const outcomes: Appended[] = []
    const watching: Faults = {
      async append(next) {
        const appended = await next()
        outcomes.push(appended)
        return appended
      },
    }
    await world.start({ agents: [counter] }, watching)
    const usurper = await usurp(world, counter, 'c', watching)
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    const numbers = Array.from({ length: 40 }, (_, index) => index)
    await world.settle(Promise.all(numbers.map((n) => ref.send({ type: 'ADD', n }))))
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: numbers })
    await world.settle(usurper.stop())
    const records = await world.history(ref.address)
    expect(records.map(({ step }) => step)).toEqual(Array.from({ length: 42 }, (_, at) => at + 1))
    expect(outcomes.filter(({ kind }) => kind === 'appended')).toHaveLength(42)
    expect(outcomes.some(({ kind }) => kind === 'conflict')).toBe(true)
    expect(await world.deadLetters()).toEqual([])
  })

  test('calls of both carry one identity, so each is made once', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ agents: [stepper], tools: desk.tools })
    const usurper = await usurp(world, stepper, 's')
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 10 } }),
    )
    expect(await world.settle(ref.output())).toMatchObject({
      trail: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    })
    await world.settle(usurper.stop())
    expect(Object.values(desk.applied.counts())).toEqual(Array.from({ length: 10 }, () => 1))
  })

  test('a late delivery of an old schedule does not replace the present timer (I6)', async () => {
    const world = await open()
    const held = Promise.withResolvers<void>()
    const waiting = new Inbox<string>()
    const delivered = new Inbox<string>()
    const slow: OwnedSlice = await usurp(world, sleeper, 's', {
      async schedule(next, timerId) {
        // This host stands still between its append and its delivery.
        if (timerId !== 'late' && waiting.items.length === 0) {
          waiting.put(timerId)
          await held.promise
          slow.abandon().catch(() => undefined)
          await next()
          delivered.put(timerId)
          return
        }
        return next()
      },
    })
    const { client } = world
    const ref = client.agent<typeof sleeper.original>({ type: 'sleeper', id: 's' })
    await postInit(world, 's', 1_000)
    await world.settle(waiting.take(1))
    await world.start({ agents: [sleeper] })
    await world.settle(ref.send({ type: 'AGAIN' }))
    await world.settle(ref.waitFor(({ step }) => step === 2))
    // It delivers at last, and dies before it sees that time has gone on.
    held.resolve()
    await world.settle(delivered.take(1))
    await world.settle(slow.abandon())
    expect(await world.settle(ref.output({ timeoutMs: 20_000 }))).toEqual({ rings: 1 })
  })

  test('a completion that the stale host does not know is left to the one that waits for it', async () => {
    const world = await open()
    const desk = deskOf()
    const stuck = Promise.withResolvers<unknown>()
    const begun = new Inbox<string>()
    // The same machine, loading for ever on the stale host and at once on the present one.
    const slowFetcher = fetcherOf((_, { identity }) => {
      begun.put(identity)
      return stuck.promise
    })
    const mail = new Inbox<number>()
    const stale = await usurp(world, slowFetcher, 'f', {
      async mail(next, { seq }) {
        await next()
        mail.put(seq)
      },
    })
    await postTo(world, 'fetcher', 'f', { kind: 'init', input: { n: 1 } })
    await world.settle(begun.take(1))
    await world.start({ agents: [fetcherOf(async () => 'loaded')] }, (die) => ({
      // The present owner dies as soon as its call is queued, before it reads the answer.
      async submit(next) {
        const submitted = await next()
        die()
        return submitted
      },
    }))
    await world.start({ tools: desk.tools })
    // Its answer reaches the stale host, whose memory knows of no such call.
    await world.settle(mail.take(2))
    stuck.resolve('late')
    const view = await ended(world, { address: { type: 'fetcher', id: 'f' } })
    expect(view.output).toEqual({ got: ['loaded', 1], failure: '' })
    await world.settle(stale.stop())
  })
})

async function postInit(world: World, id: string, ms: number): Promise<void> {
  await postTo(world, 'sleeper', id, { kind: 'init', input: { ms } })
}

async function postTo(world: World, type: string, id: string, body: object): Promise<void> {
  const to = { type, id }
  const envelope = { v: 1, id: 'begin', to, from: { name: 'outside' }, sentAtMs: 0, body }
  const bytes = new TextEncoder().encode(JSON.stringify(envelope))
  await world.settle(world.bus.mailbox.post(to, bytes, 'begin'))
}
