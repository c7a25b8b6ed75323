import { expect, test } from 'vitest'
import { Inbox } from '../bus/harness.ts'
import { caller } from './machines.ts'
import { fetcherOf } from './more-machines.ts'
import { never } from './faults.ts'
import type { Faults } from './faults.ts'
import { deskOf } from './parts.ts'
import { describeWorlds, ended } from './world.ts'

describeWorlds('a host that dies while a local effect runs', ['local', 'nats'], (open) => {
  test('the next owner starts it again with the same identity; the checkpoint had not passed it', async () => {
    const world = await open()
    const desk = deskOf()
    const identities = new Inbox<string>()
    let isHanging = true
    const fetcher = fetcherOf((_, { identity }) => {
      identities.put(identity)
      return isHanging ? never() : Promise.resolve('loaded')
    })
    const checkpoints: number[] = []
    const watching: Faults = {
      checkpoint(next, _slice, seq) {
        checkpoints.push(seq)
        return next()
      },
    }
    const first = await world.start({ agents: [fetcher], tools: desk.tools }, watching)
    const ref = await world.settle(world.client.start(fetcher, { id: 'f', input: { n: 4 } }))
    await world.settle(identities.take(1))
    for (const step of [2, 3]) {
      await world.settle(ref.send({ type: 'NUDGE' }))
      await world.settle(ref.waitFor((view) => view.step === step))
    }
    await world.checkpoints()
    await world.crash(first)
    isHanging = false
    await world.start({ agents: [fetcher], tools: desk.tools })
    expect((await ended(world, ref)).output).toEqual({ got: ['loaded', 4], failure: '' })
    expect(identities.items).toEqual(['fetcher/f:1:0', 'fetcher/f:1:0'])
    const { inbox } = (await world.history(ref.address))[0]!
    expect(checkpoints.filter((seq) => seq >= inbox.mailSeq)).toEqual([])
  })

  test('a fact that was remembered before the crash is not written again', async () => {
    const world = await open()
    const desk = deskOf()
    const dying = new Inbox<true>()
    await world.start(
      { agents: [caller], tools: desk.tools, decisions: desk.decisions },
      (die) => ({
        async put(next, bucket) {
          const written = await next()
          if (bucket !== 'memory') return written
          die()
          dying.put(true)
          return never()
        },
      }),
    )
    const ref = await world.settle(world.client.start(caller, { id: 'a', input: { item: 'tea' } }))
    await world.settle(dying.take(1))
    await world.start({ agents: [caller], tools: desk.tools, decisions: desk.decisions })
    const output = await world.settle(ref.output())
    expect(output).toMatchObject({ failure: '' })
    const [key] = await world.settle(world.bus.keyValue.keys('memory'))
    const entry = await world.settle(world.bus.keyValue.get('memory', key!))
    expect(JSON.parse(new TextDecoder().decode(entry!.value))).toMatchObject({ version: 1 })
    expect(desk.bought.calls.items).toHaveLength(1)
  })

  test('an end that waits for its turn holds the checkpoint as well (I4)', async () => {
    const world = await open()
    const desk = deskOf()
    const loads = new Inbox<string>()
    const loaded = Promise.withResolvers<unknown>()
    const fetcher = fetcherOf((_, { identity }) => {
      loads.put(identity)
      return loads.items.length === 1 ? loaded.promise : Promise.resolve('again')
    })
    const checkpoints = new Inbox<number>()
    const appends = new Inbox<number>()
    const faults: Faults = {
      // The promise ends while the next step is being appended, and that append hangs.
      append(next, record) {
        appends.put(record.step)
        if (record.step === 2) loaded.resolve('first')
        return record.step === 3 ? never() : next()
      },
      async checkpoint(next, _slice, seq) {
        await next()
        checkpoints.put(seq)
      },
    }
    const first = await world.start({ agents: [fetcher], tools: desk.tools }, faults)
    const ref = await world.settle(world.client.start(fetcher, { id: 'f', input: { n: 4 } }))
    await world.settle(loads.take(1))
    await world.settle(ref.send({ type: 'NUDGE' }))
    await world.settle(appends.take(3))
    await world.checkpoints()
    await world.crash(first)
    await world.start({ agents: [fetcher], tools: desk.tools })
    expect((await ended(world, ref)).output).toEqual({ got: ['again', 4], failure: '' })
    const [begun] = await world.history(ref.address)
    expect(checkpoints.items.filter((seq) => seq >= begun!.inbox.mailSeq)).toEqual([])
  })

  test('an effect that ends before its own input is finished holds the checkpoint (I4)', async () => {
    const world = await open()
    const desk = deskOf()
    const fetcher = fetcherOf(async () => 'loaded')
    const appends = new Inbox<number>()
    const checkpoints: number[] = []
    const first = await world.start(
      { agents: [fetcher], tools: desk.tools },
      {
        append(next, record) {
          appends.put(record.step)
          // The completion of the promise never gets into the journal of this host.
          return record.step === 2 ? never() : next()
        },
        async checkpoint(next, _slice, seq) {
          await next()
          checkpoints.push(seq)
        },
      },
    )
    const ref = await world.settle(world.client.start(fetcher, { id: 'f', input: { n: 4 } }))
    await world.settle(appends.take(2))
    await world.checkpoints()
    await world.crash(first)
    await world.start({ agents: [fetcher], tools: desk.tools })
    expect((await ended(world, ref)).output).toEqual({ got: ['loaded', 4], failure: '' })
    const [begun] = await world.history(ref.address)
    expect(checkpoints.filter((seq) => seq >= begun!.inbox.mailSeq)).toEqual([])
  })
})
