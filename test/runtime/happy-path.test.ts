import { expect, expectTypeOf, test } from 'vitest'
import { fromBytes } from '../../src/contracts/json.ts'
import { collect, Inbox } from '../bus/harness.ts'
import { caller, counter, sleeper, stepper } from './machines.ts'
import { speaker } from './more-machines.ts'
import { deskOf } from './parts.ts'
import { describeModes, ended } from './world.ts'

describeModes('happy path', (open) => {
  test('start, send, wait, output, read, history and list agree', async () => {
    const world = await open()
    await world.start({ agents: [counter] })
    const { client } = world
    const ref = await world.settle(client.start(counter, { id: 'c1', input: { first: 1 } }))
    await world.settle(ref.send({ type: 'ADD', n: 2 }))
    const view = await world.settle(ref.waitFor(({ context }) => context.seen.length === 2))
    expectTypeOf(view.context.seen).toEqualTypeOf<number[]>()
    expect(view).toMatchObject({ status: 'active', value: 'counting', step: 2 })
    await world.settle(ref.send({ type: 'FINISH' }))
    const output = await world.settle(ref.output())
    expectTypeOf(output).toEqualTypeOf<{ seen: number[] }>()
    expect(output).toEqual({ seen: [1, 2] })
    expect(await world.settle(ref.read())).toMatchObject({ status: 'done', output, step: 3 })
    const records = await world.history(ref.address)
    expect(records.map(({ step, event }) => [step, event.kind])).toEqual([
      [1, 'init'],
      [2, 'event'],
      [3, 'event'],
    ])
    const listed = await world.settle(collect(client.list('counter')))
    expect(listed.map(({ address }) => address)).toEqual([ref.address])
    expect(await world.settle(collect(client.list('other')))).toEqual([])
  })

  test('an id that is started again goes on; an agent that was never started is not there', async () => {
    const world = await open()
    await world.start({ agents: [counter] })
    const first = await world.settle(world.client.start(counter, { id: 'c', input: { first: 1 } }))
    await world.settle(first.waitFor(({ step }) => step === 1))
    const again = await world.settle(world.client.start(counter, { id: 'c', input: { first: 9 } }))
    await world.settle(again.send({ type: 'FINISH' }))
    expect(await world.settle(again.output())).toEqual({ seen: [1] })
    expect(await world.settle(world.client.view({ type: 'counter', id: 'ghost' }))).toBeUndefined()
  })

  test('stop ends an agent; its output then says why there is none', async () => {
    const world = await open()
    await world.start({ agents: [sleeper] })
    const ref = await world.settle(world.client.start(sleeper, { input: { ms: 3_600_000 } }))
    await world.settle(ref.stop())
    expect(await ended(world, ref)).toMatchObject({ status: 'stopped', waitingFor: [] })
    await expect(world.settle(ref.output())).rejects.toMatchObject({ code: 'agent-failed' })
  })

  test('a machine that throws ends in error and the host goes on', async () => {
    const world = await open()
    await world.start({ agents: [counter] })
    const broken = await world.settle(world.client.start(counter, { id: 'broken' }))
    await world.settle(broken.send({ type: 'BREAK' }))
    const view = await ended(world, broken)
    expect(view).toMatchObject({ status: 'error', error: { message: 'broken on purpose' } })
    await expect(world.settle(broken.output())).rejects.toMatchObject({ code: 'agent-failed' })
    const other = await world.settle(world.client.start(counter, { id: 'other' }))
    await world.settle(other.send({ type: 'FINISH' }))
    expect(await world.settle(other.output())).toEqual({ seen: [] })
  })

  test('tool, decision, tool and memory across two processes', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ agents: [caller] })
    await world.start({ tools: desk.tools, decisions: desk.decisions })
    const ref = await world.settle(world.client.start(caller, { id: 'a', input: { item: 'tea' } }))
    const output = await world.settle(ref.output())
    expect(output).toMatchObject({ item: 'tea', price: 7, failure: '' })
    expect([...desk.bought.applied]).toEqual([[output.order, { item: 'tea', price: 7 }]])
    expect(await world.settle(world.bus.keyValue.keys('memory'))).toHaveLength(1)
    const records = await world.history(ref.address)
    const spawned = records.flatMap(({ outbox }) => outbox.filter(({ kind }) => kind === 'spawn'))
    expect(spawned).toMatchObject([
      { id: 'price' },
      { id: 'shop', offered: ['BUY', 'DECLINE'] },
      { id: 'buy' },
      { id: 'remember' },
    ])
  })

  test('many agents share tools without mixing their results', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ agents: [stepper], tools: desk.tools })
    const names = Array.from({ length: 20 }, (_, index) => `agent-${index}`)
    const refs = await world.settle(
      Promise.all(
        names.map((name) => world.client.start(stepper, { id: name, input: { name, steps: 3 } })),
      ),
    )
    for (const ref of refs) {
      expect(await world.settle(ref.output())).toEqual({ trail: [1, 2, 3], failure: null })
    }
    expect(desk.applied.applied.size).toBe(60)
    expect(await world.deadLetters()).toEqual([])
  })

  test('emitted events and log lines come out in order, with their identity', async () => {
    const world = await open()
    await world.start({ agents: [speaker] })
    const heard = new Inbox<unknown>()
    const ids = new Set<string>()
    // At least once: its identity tells a repetition.
    const listener = (body: Uint8Array): void => {
      const emitted = fromBytes(body) as { id: string }
      if (!ids.has(emitted.id)) heard.put(emitted)
      ids.add(emitted.id)
    }
    await world.settle(world.bus.wire.listen(['emitted', 'speaker', 's'], listener))
    const ref = await world.settle(world.client.start(speaker, { id: 's' }))
    for (const text of ['a', 'b']) await world.settle(ref.send({ type: 'SAY', text }))
    expect(await world.settle(heard.take(2))).toEqual([
      { id: 'speaker/s:2:0', event: { type: 'said', text: 'a' } },
      { id: 'speaker/s:3:0', event: { type: 'said', text: 'b' } },
    ])
    const lines = (): unknown[] =>
      world.logs.items
        .filter(({ message }) => message === 'agent log')
        .map(({ fields }) => (fields as { value: unknown }).value)
    expect([...new Set(lines())]).toEqual(['a', 'b'])
  })
})
