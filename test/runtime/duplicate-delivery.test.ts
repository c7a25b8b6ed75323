import { expect, test } from 'vitest'
import { encodeEnvelope } from '../../src/contracts/envelope.ts'
import type { Envelope } from '../../src/contracts/envelope.ts'
import type { Faults } from './faults.ts'
import { counter, payer, stepper } from './machines.ts'
import { helper, parent } from './more-machines.ts'
import { deskOf } from './parts.ts'
import { describeWorlds, ended } from './world.ts'

const everyMailTwice: Faults = {
  async mail(next) {
    await next()
    await next()
  },
}

describeWorlds('duplicate delivery', ['local', 'nats'], (open) => {
  test('every message delivered twice: each is applied once, in order', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ agents: [counter, stepper], tools: desk.tools }, everyMailTwice)
    const counting = await world.settle(world.client.start(counter, { id: 'c' }))
    const numbers = Array.from({ length: 20 }, (_, index) => index)
    await world.settle(Promise.all(numbers.map((n) => counting.send({ type: 'ADD', n }))))
    const stepping = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 5 } }),
    )
    expect(await world.settle(stepping.output())).toEqual({ trail: [1, 2, 3, 4, 5], failure: null })
    await world.settle(counting.send({ type: 'FINISH' }))
    expect(await world.settle(counting.output())).toEqual({ seen: numbers })
    expect(await world.history(counting.address)).toHaveLength(22)
    expect(Object.values(desk.applied.counts())).toEqual([1, 1, 1, 1, 1])
    expect(await world.deadLetters()).toEqual([])
  })

  test('messages between agents delivered twice: both sides apply each once, in order', async () => {
    const world = await open()
    await world.start({ agents: [parent, helper] }, everyMailTwice)
    const ref = await world.settle(world.client.start(parent, { id: 'p', input: { rounds: 3 } }))
    await world.settle(ref.waitFor(({ context }) => context.heard.length >= 7))
    await world.settle(ref.send({ type: 'DISMISS' }))
    expect(await world.settle(ref.output())).toEqual({
      heard: [0, 1, -1, 2, -2, 3, -3],
      childSaid: [1, 2, 3],
      failure: '',
    })
  })

  test('the same message stored again under another id: the watermark drops it', async () => {
    const world = await open()
    await world.start({ agents: [counter] })
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    const post = (id: string, step: number, n: number): Promise<unknown> => {
      const envelope: Envelope = {
        v: 1,
        id: `m${step}`,
        to: ref.address,
        from: { name: 'teller', order: { step, index: 0 } },
        sentAtMs: 0,
        body: { kind: 'event', event: { type: 'ADD', n } },
      }
      return world.settle(world.bus.mailbox.post(ref.address, encodeEnvelope(envelope), id))
    }
    await post('a', 1, 1)
    await post('b', 2, 2)
    await post('a-again', 1, 1)
    await post('b-again', 2, 2)
    await post('c', 3, 3)
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: [1, 2, 3] })
    expect(await world.deadLetters()).toEqual([])
  })

  test('every work item delivered twice at once: the state takes one outcome', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start(
      { agents: [stepper], tools: desk.tools },
      {
        async work(next) {
          const [verdict] = await Promise.all([next(), next()])
          return verdict
        },
      },
    )
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 5 } }),
    )
    expect(await world.settle(ref.output())).toEqual({ trail: [1, 2, 3, 4, 5], failure: null })
    expect(desk.applied.applied.size).toBe(5)
    expect(await world.history(ref.address)).toHaveLength(6)
  })

  test('a work item that comes back after its answer was stored: a `once` tool runs once', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start(
      { agents: [payer], tools: desk.tools },
      {
        async work(next) {
          await next()
          return next()
        },
      },
    )
    const ref = await world.settle(world.client.start(payer, { id: 'p', input: { amount: 5 } }))
    expect(await ended(world, ref)).toMatchObject({ output: { result: 'paid 5' } })
    expect(desk.paid.calls.items).toHaveLength(1)
  })

  test('a client that does not hear that its message was stored and repeats it', async () => {
    const world = await open()
    let swallowed = 0
    await world.start(
      { agents: [counter] },
      {
        async post(next) {
          const posted = await next()
          if (++swallowed % 2 === 1) throw Object.assign(new Error('lost'), { disposition: 'x' })
          return posted
        },
      },
    )
    const { client } = world
    const ref = client.agent<typeof counter.original>({ type: 'counter', id: 'c' })
    const start = (): Promise<unknown> => world.settle(client.start(counter, { id: 'c' }))
    await expect(start()).rejects.toMatchObject({ message: 'lost' })
    await start()
    await world.settle(ref.send({ type: 'FINISH' }, { id: 'finish' }).catch(() => undefined))
    await world.settle(ref.send({ type: 'FINISH' }, { id: 'finish' }))
    expect(await world.settle(ref.output())).toEqual({ seen: [] })
    expect(await world.history(ref.address)).toHaveLength(2)
  })
})
