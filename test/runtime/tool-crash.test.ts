import { expect, test } from 'vitest'
import { payer, stepper } from './machines.ts'
import { never } from './faults.ts'
import { deskOf } from './parts.ts'
import { describeWorlds, ended } from './world.ts'

const ackWaitMs = 400

describeWorlds('a tool process that dies in the middle of a call', ['local', 'nats'], (open) => {
  test('an idempotent call is made again elsewhere, under the same key', async () => {
    const world = await open()
    let isHanging = true
    const desk = deskOf({ during: () => (isHanging ? never() : undefined) })
    await world.start({ agents: [stepper] })
    const first = await world.start({ tools: desk.tools }, { ackWaitMs })
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 2 } }),
    )
    await world.settle(desk.applied.calls.take(1))
    isHanging = false
    await world.crash(first)
    await world.start({ tools: desk.tools }, { ackWaitMs })
    expect(await world.settle(ref.output())).toEqual({ trail: [1, 2], failure: null })
    expect(Object.values(desk.applied.counts())).toEqual([2, 1])
    expect(desk.applied.applied.size).toBe(2)
  })

  test('a `once` call whose end nobody knows is not repeated: the in-doubt branch is taken', async () => {
    const world = await open()
    const desk = deskOf({ whilePaying: () => never() })
    await world.start({ agents: [payer] })
    const first = await world.start({ tools: desk.tools }, { ackWaitMs })
    const ref = await world.settle(world.client.start(payer, { id: 'p', input: { amount: 5 } }))
    await world.settle(desk.paid.calls.take(1))
    await world.crash(first)
    await world.start({ tools: desk.tools }, { ackWaitMs })
    expect(await ended(world, ref)).toMatchObject({ output: { result: 'in doubt' } })
    expect(desk.paid.calls.items).toHaveLength(1)
  })

  test('dies with the answer stored and the item not yet acked: the answer counts once', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ agents: [stepper, payer] })
    await world.start({ tools: desk.tools }, (die) => ({
      ackWaitMs,
      async post(next) {
        await next()
        die()
        return never()
      },
    }))
    const ref = await world.settle(world.client.start(payer, { id: 'p', input: { amount: 5 } }))
    expect(await ended(world, ref)).toMatchObject({ output: { result: 'paid 5' } })
    await world.start({ tools: desk.tools }, { ackWaitMs })
    const other = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 3 } }),
    )
    expect(await world.settle(other.output())).toMatchObject({ trail: [1, 2, 3] })
    expect(desk.paid.calls.items).toHaveLength(1)
    expect(await world.history(ref.address)).toHaveLength(2)
  })
})

// The wait for the end of the earlier execution is real where time is.
describeWorlds('a `once` tool whose process dies', ['local'], (open) => {
  test('a `once` call that the outside system knows of is found, not repeated', async () => {
    const world = await open()
    const desk = deskOf({ whilePaying: () => never(), canReconcile: true })
    await world.start({ agents: [payer] })
    const first = await world.start({ tools: desk.tools }, { ackWaitMs })
    const ref = await world.settle(world.client.start(payer, { id: 'p', input: { amount: 5 } }))
    await world.settle(desk.paid.calls.take(1))
    await world.crash(first)
    await world.start({ tools: desk.tools }, { ackWaitMs })
    expect(await ended(world, ref)).toMatchObject({ output: { result: 'found 5' } })
    expect(desk.paid.calls.items).toHaveLength(1)
  })

  test('a `once` call that did not happen is made, once', async () => {
    const world = await open()
    const desk = deskOf({ canReconcile: true })
    await world.start({ agents: [payer] })
    await world.start({ tools: desk.tools }, (die) => ({
      ackWaitMs,
      // Dies with the intent recorded and nothing done.
      async put(next, bucket) {
        const written = await next()
        if (bucket === 'ledger') die()
        return written
      },
    }))
    const ref = await world.settle(world.client.start(payer, { id: 'p', input: { amount: 5 } }))
    await world.settle(
      world.bus.keyValue.watch('ledger', '', () => undefined).then((watching) => watching.stop()),
    )
    await world.start({ tools: desk.tools }, { ackWaitMs })
    expect(await ended(world, ref)).toMatchObject({ output: { result: 'paid 5' } })
    expect(desk.paid.calls.items).toHaveLength(1)
  })
})
