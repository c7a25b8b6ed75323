import { expect, test } from 'vitest'
import { Inbox } from '../bus/harness.ts'
import { never } from './faults.ts'
import { printerOf } from './more-machines.ts'
import { describeWorlds } from './world.ts'

interface Printed {
  effectId: string
  text: string
  context: unknown
}

describeWorlds('declared side effects', ['local', 'nats'], (open) => {
  test('run after the commit, with their identity and the committed context', async () => {
    const world = await open()
    const order: string[] = []
    const printed = new Inbox<Printed>()
    const printer = printerOf((one) => {
      order.push(`print ${one.text}`)
      printed.put(one)
    })
    await world.start(
      { agents: [printer] },
      {
        async append(next, record) {
          const appended = await next()
          order.push(`append ${record.step}`)
          return appended
        },
      },
    )
    const ref = await world.settle(world.client.start('printer', { id: 'p' }))
    for (const text of ['a', 'b']) await world.settle(ref.send({ type: 'PRINT', text } as never))
    expect(await world.settle(printed.take(2))).toEqual([
      { effectId: 'printer/p:2:0', text: 'a', context: { printed: 1 } },
      { effectId: 'printer/p:3:0', text: 'b', context: { printed: 2 } },
    ])
    expect(order).toEqual(['append 1', 'append 2', 'print a', 'append 3', 'print b'])
  })

  test('a crash between the commit and the effect: the next owner runs it, same identity', async () => {
    const world = await open()
    const printed = new Inbox<string>()
    const printer = printerOf(({ effectId }) => printed.put(effectId))
    const dying = new Inbox<true>()
    const sent = Promise.withResolvers<void>()
    await world.start({ agents: [printer] }, (die) => ({
      async append(next, record) {
        const appended = await next()
        if (record.step !== 2) return appended
        await sent.promise
        die()
        dying.put(true)
        return never()
      },
    }))
    const ref = await world.settle(world.client.start('printer', { id: 'p' }))
    await world.settle(ref.send({ type: 'PRINT', text: 'a' } as never))
    sent.resolve()
    await world.settle(dying.take(1))
    expect(printed.items).toEqual([])
    await world.start({ agents: [printer] })
    expect(await world.settle(printed.take(1))).toEqual(['printer/p:2:0'])
  })

  test('one that throws is logged and does not stop the agent', async () => {
    const world = await open()
    const printer = printerOf(({ text }) => {
      if (text === 'bad') throw new Error('no paper')
    })
    await world.start({ agents: [printer] })
    const ref = await world.settle(world.client.start('printer', { id: 'p' }))
    for (const text of ['bad', 'good']) {
      await world.settle(ref.send({ type: 'PRINT', text } as never))
    }
    await world.settle(ref.send({ type: 'FINISH' } as never))
    await world.settle(ref.output())
    const failed = world.logs.items.filter(({ message }) => message === 'side effect failed')
    expect(failed).toMatchObject([{ fields: { effectId: 'printer/p:2:0' } }])
  })
})
