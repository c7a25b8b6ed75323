import { expect, test } from 'vitest'
import { Inbox } from '../bus/harness.ts'
import { never } from './faults.ts'
import type { Faults } from './faults.ts'
import { counter, stepper } from './machines.ts'
import { deskOf } from './parts.ts'
import { describeWorlds } from './world.ts'

describeWorlds('crash around the append and the checkpoint', ['local', 'nats'], (open) => {
  test('before the append: the next owner takes the input, and every later one in order', async () => {
    const world = await open()
    const dying = new Inbox<number>()
    const allSent = Promise.withResolvers<void>()
    const faults = (die: () => void): Faults => ({
      async append(next, record) {
        if (record.step !== 4) return next()
        await allSent.promise
        die()
        dying.put(record.step)
        return never()
      },
    })
    await world.start({ agents: [counter] }, faults)
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    const numbers = [1, 2, 3, 4, 5, 6]
    await world.settle(Promise.all(numbers.map((n) => ref.send({ type: 'ADD', n }))))
    allSent.resolve()
    await world.settle(dying.take(1))
    await world.start({ agents: [counter] })
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: numbers })
    const records = await world.history(ref.address)
    expect(records.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('before the append of a tool outcome: the outcome is not lost and the tool not called again', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ tools: desk.tools })
    const dying = new Inbox<number>()
    const faults = (die: () => void): Faults => ({
      async append(next, record) {
        if (record.event.kind !== 'done') return next()
        die()
        dying.put(record.step)
        return never()
      },
    })
    await world.start({ agents: [stepper] }, faults)
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 2 } }),
    )
    await world.settle(dying.take(1))
    await world.start({ agents: [stepper] })
    expect(await world.settle(ref.output())).toEqual({ trail: [1, 2], failure: null })
    expect(Object.values(desk.applied.counts())).toEqual([1, 1])
  })

  test('after the delivery and before the checkpoint: what is read again changes nothing', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ tools: desk.tools })
    // It never gets to a checkpoint, so its successor sees all the mail again.
    const first = await world.start({ agents: [stepper, counter] }, { checkpoint: () => never() })
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 4 } }),
    )
    await world.settle(ref.output())
    const counting = await world.settle(world.client.start(counter, { id: 'c' }))
    for (const n of [1, 2, 3]) await world.settle(counting.send({ type: 'ADD', n }))
    await world.settle(counting.waitFor(({ step }) => step === 4))
    await world.crash(first)
    const read = new Inbox<number>()
    await world.start(
      { agents: [stepper, counter] },
      {
        async mail(next, { seq }) {
          await next()
          read.put(seq)
        },
      },
    )
    await world.settle(read.take(9))
    await world.settle(counting.send({ type: 'FINISH' }))
    expect(await world.settle(counting.output())).toEqual({ seen: [1, 2, 3] })
    expect(await world.history(counting.address)).toHaveLength(5)
    expect(await world.history(ref.address)).toHaveLength(5)
    expect(Object.values(desk.applied.counts())).toEqual([1, 1, 1, 1])
    expect(await world.deadLetters()).toEqual([])
  })

  test('after the checkpoint: what is finished is not read again', async () => {
    const world = await open()
    const checkpoints = new Inbox<number>()
    const first = await world.start(
      { agents: [counter] },
      {
        async checkpoint(next, _slice, seq) {
          await next()
          checkpoints.put(seq)
        },
      },
    )
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    for (const n of [1, 2, 3]) await world.settle(ref.send({ type: 'ADD', n }))
    const last = await world.settle(ref.waitFor(({ step }) => step === 4))
    expect(last.context.seen).toEqual([1, 2, 3])
    const { inbox } = (await world.history(ref.address)).at(-1)!
    await world.settle(checkpoints.until((seqs) => seqs.includes(inbox.mailSeq)))
    await world.crash(first)
    const read: number[] = []
    await world.start(
      { agents: [counter] },
      {
        mail(next, { seq }) {
          read.push(seq)
          return next()
        },
      },
    )
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: [1, 2, 3] })
    expect(read.filter((seq) => seq <= inbox.mailSeq)).toEqual([])
  })
})
