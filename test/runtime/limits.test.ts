import { expect, test } from 'vitest'
import * as z from 'zod'
import { actorLimits } from '../../src/actors/limits.ts'
import { limits } from '../../src/bus/limits.ts'
import { defineTool } from '../../src/tools/define-tool.ts'
import { Inbox } from '../bus/harness.ts'
import type { Faults } from './faults.ts'
import { never } from './faults.ts'
import { applyTool, counter, stepper } from './machines.ts'
import { fetcherOf, hoarder } from './more-machines.ts'
import { deskOf } from './parts.ts'
import { describeWorlds, ended } from './world.ts'
import type { World } from './world.ts'

const nearMessageLimit = 'x'.repeat(limits.messageMaxBytes - 2_000)

async function othersGoOn(world: World): Promise<void> {
  const ref = await world.settle(world.client.start(counter))
  await world.settle(ref.send({ type: 'FINISH' }))
  expect(await world.settle(ref.output())).toEqual({ seen: [] })
}

describeWorlds('a bound is passed (I9)', ['local', 'nats'], (open) => {
  test('a record too large: that agent ends with a LimitError, the host goes on', async () => {
    const world = await open()
    await world.start({ agents: [hoarder, counter] })
    const ref = await world.settle(world.client.start(hoarder, { id: 'h' }))
    for (const part of [1, 2, 3]) {
      const text = nearMessageLimit.slice(part)
      await world.settle(ref.send({ type: 'KEEP', text }).catch(() => undefined))
    }
    const view = await ended(world, ref)
    expect(view).toMatchObject({ status: 'error', error: { name: 'LimitError', code: 'limit' } })
    await othersGoOn(world)
  })

  test('an initial state too large: it ends the same way', async () => {
    const world = await open()
    await world.start({ agents: [fetcherOf(async () => 1), hoarder, counter] })
    const input = { first: nearMessageLimit }
    const ref = await world.settle(world.client.start(hoarder, { id: 'h', input }))
    // The input is kept in the record as the event and in the context.
    expect(await ended(world, ref)).toMatchObject({
      status: 'error',
      error: { name: 'LimitError' },
    })
    await othersGoOn(world)
  })

  test('a local result too large: it ends the same way', async () => {
    const world = await open()
    const huge = 'y'.repeat(limits.recordMaxBytes)
    await world.start({ agents: [fetcherOf(async () => huge), counter] })
    const ref = await world.settle(world.client.start('fetcher', { id: 'f', input: { n: 1 } }))
    expect(await ended(world, ref)).toMatchObject({
      status: 'error',
      error: { name: 'LimitError' },
    })
    await othersGoOn(world)
  })

  test('a message that no mailbox takes: the sender ends, nothing is half sent', async () => {
    const world = await open()
    await world.start({ agents: [hoarder, counter] })
    const ref = await world.settle(world.client.start(hoarder, { id: 'h' }))
    await world.settle(ref.send({ type: 'SHOUT', length: limits.messageMaxBytes }))
    const view = await ended(world, ref)
    expect(view).toMatchObject({ status: 'error', error: { name: 'LimitError' } })
    await othersGoOn(world)
  })

  test('a tool result that no mailbox takes: the caller hears an error, the tool runs once', async () => {
    const world = await open()
    let runs = 0
    const tool = defineTool({
      ...applyTool,
      output: z.object({ step: z.int(), padding: z.string() }),
      execute: ({ step }) => {
        runs++
        return { step, padding: 'x'.repeat(limits.messageMaxBytes) }
      },
    })
    await world.start({ agents: [stepper, counter], tools: [tool as never] }, { ackWaitMs: 300 })
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 1 } }),
    )
    const output = await world.settle(ref.output())
    expect(output).toMatchObject({ trail: [], failure: { kind: 'failed', tool: 'apply' } })
    expect(runs).toBe(1)
    await othersGoOn(world)
  })
})

describeWorlds('back-pressure', ['local', 'nats'], (open) => {
  test('a full queue refuses: the caller hears a typed rejection', async () => {
    const world = await open({ queueMaxItems: 2 })
    await world.start({ agents: [stepper] })
    const refs = []
    for (const id of ['a', 'b', 'c']) {
      const ref = await world.settle(
        world.client.start(stepper, { id, input: { name: id, steps: 1 } }),
      )
      await world.settle(ref.waitFor(({ step }) => step >= 1))
      refs.push(ref)
    }
    const refused = await world.settle(refs[2]!.output())
    expect(refused).toMatchObject({ failure: { kind: 'rejected', tool: 'apply' } })
    const desk = deskOf()
    await world.start({ tools: desk.tools })
    for (const ref of refs.slice(0, 2)) {
      expect(await world.settle(ref.output())).toEqual({ trail: [1], failure: null })
    }
  })

  test('a refusal is not lost when the host dies before it is committed (I4)', async () => {
    const world = await open({ queueMaxItems: 1 })
    const appends = new Inbox<number>()
    const checkpoints: number[] = []
    const faults: Faults = {
      append(next, record) {
        appends.put(record.step)
        return record.event.kind === 'error' ? never() : next()
      },
      async checkpoint(next, _slice, seq) {
        await next()
        checkpoints.push(seq)
      },
    }
    const first = await world.start({ agents: [stepper] }, faults)
    const start = (id: string) =>
      world.settle(world.client.start(stepper, { id, input: { name: id, steps: 1 } }))
    const filler = await start('filler')
    await world.settle(filler.waitFor(({ step }) => step === 1))
    const ref = await start('refused')
    await world.settle(appends.take(3))
    await world.checkpoints()
    await world.crash(first)
    await world.start({ agents: [stepper] })
    const output = await world.settle(ref.output())
    expect(output).toMatchObject({ trail: [], failure: { kind: 'rejected' } })
    const [begun] = await world.history(ref.address)
    expect(checkpoints.filter((seq) => seq >= begun!.inbox.mailSeq)).toEqual([])
  })

  test('a slice with as many unfinished inputs as it may have can still be handed over', async () => {
    const world = await open({ partitions: 1 })
    const before = actorLimits.unfinishedPerSliceMax
    Object.assign(actorLimits, { unfinishedPerSliceMax: 3 })
    try {
      let isHanging = true
      const desk = deskOf()
      const fetcher = fetcherOf(() => (isHanging ? never() : Promise.resolve('loaded')))
      const first = await world.start({ agents: [fetcher], tools: desk.tools })
      const ids = ['a', 'b', 'c', 'd', 'e']
      for (const id of ids) {
        await world.settle(world.client.start('fetcher', { id, input: { n: 1 } }))
      }
      const view = world.client.waitFor({ type: 'fetcher', id: 'c' }, ({ step }) => step === 1)
      await world.settle(view)
      const begunMs = world.clock.now()
      await world.settle(first.runtime.close())
      if (world.kind === 'local') {
        expect(world.clock.now() - begunMs).toBeLessThan(actorLimits.drainMaxMs)
      }
      isHanging = false
      await world.start({ agents: [fetcher], tools: desk.tools })
      for (const id of ids) {
        expect(await ended(world, { address: { type: 'fetcher', id } })).toMatchObject({
          output: { got: ['loaded', 1] },
        })
      }
    } finally {
      Object.assign(actorLimits, { unfinishedPerSliceMax: before })
    }
  })
})
