import { expect, test } from 'vitest'
import { Inbox } from '../bus/harness.ts'
import { stepper } from './machines.ts'
import { deskOf } from './parts.ts'
import { describeWorlds } from './world.ts'

describeWorlds('a completion that comes too late', ['local', 'nats'], (open) => {
  test('of a state that was left and entered again: only the present call counts', async () => {
    const world = await open()
    const begun = new Inbox<() => void>()
    const desk = deskOf({
      // Deaf to its signal, so that the first call ends after the second one has begun.
      during: () => new Promise<void>((resolve) => begun.put(resolve)),
    })
    await world.start({ agents: [stepper], tools: desk.tools })
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 1 } }),
    )
    await world.settle(begun.take(1))
    await world.settle(ref.send({ type: 'AGAIN' }))
    await world.settle(begun.take(2))
    begun.items[0]!()
    await world.settle(ref.send({ type: 'AGAIN' }))
    await world.settle(begun.take(3))
    begun.items[1]!()
    begun.items[2]!()
    expect(await world.settle(ref.output())).toEqual({ trail: [1], failure: null })
    expect(Object.values(desk.applied.counts())).toEqual([1, 1, 1])
    const records = await world.history(ref.address)
    expect(records.filter(({ event }) => event.kind === 'done')).toHaveLength(1)
    expect(await world.deadLetters()).toEqual([])
  })

  test('leaving the state aborts the signal of the running tool', async () => {
    const world = await open()
    const reasons = new Inbox<string>()
    const desk = deskOf({
      during: (_, { signal }) =>
        new Promise<void>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reasons.put(String(signal.reason))
            reject(new Error('aborted'))
          })
        }),
    })
    await world.start({ agents: [stepper] })
    await world.start({ tools: desk.tools })
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 1 } }),
    )
    await world.settle(desk.applied.calls.take(1))
    await world.settle(ref.send({ type: 'LEAVE' }))
    expect(await world.settle(reasons.take(1))).toHaveLength(1)
    expect(desk.applied.calls.items[0]!.signal.aborted).toBe(true)
    const view = await world.settle(ref.read())
    expect(view).toMatchObject({ status: 'active', value: 'left', waitingFor: [] })
  })

  test('the end of the agent aborts it as well', async () => {
    const world = await open()
    const aborted = new Inbox<true>()
    const desk = deskOf({
      during: (_, { signal }) =>
        new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            aborted.put(true)
            resolve()
          })
        }),
    })
    await world.start({ agents: [stepper], tools: desk.tools })
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 1 } }),
    )
    await world.settle(desk.applied.calls.take(1))
    await world.settle(ref.stop())
    await world.settle(aborted.take(1))
    expect(await world.settle(ref.read())).toMatchObject({ status: 'stopped' })
  })
})

describeWorlds('notices that nobody can read', ['local', 'nats'], (open) => {
  test('garbage on the topic of cancels does not bring the tool host down', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ agents: [stepper], tools: desk.tools })
    for (const text of ['not json', 'null', '{}', '{"to":null}']) {
      world.bus.wire.announce(['cancel', 'tool', 'apply'], new TextEncoder().encode(text))
    }
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 2 } }),
    )
    expect(await world.settle(ref.output())).toEqual({ trail: [1, 2], failure: null })
  })
})
