import { expect, test } from 'vitest'
import { Inbox } from '../bus/harness.ts'
import type { Faults } from './faults.ts'
import { never } from './faults.ts'
import { counter, sleeper, stepper } from './machines.ts'
import { helper, parent } from './more-machines.ts'
import { deskOf } from './parts.ts'
import { describeWorlds, ended } from './world.ts'

describeWorlds('crash after the append, before the delivery', ['local', 'nats'], (open) => {
  test('of a call: the next owner queues it, under the same identity', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ tools: desk.tools })
    const dying = new Inbox<string>()
    await world.start({ agents: [stepper] }, dieOnce('submit', 3, dying))
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 5 } }),
    )
    await world.settle(dying.take(1))
    await world.start({ agents: [stepper] })
    expect(await world.settle(ref.output())).toEqual({ trail: [1, 2, 3, 4, 5], failure: null })
    expect(Object.values(desk.applied.counts())).toEqual([1, 1, 1, 1, 1])
    expect(desk.applied.calls.items.map(({ key }) => key)).toContain(dying.items[0])
  })

  test('of a call that was queued all the same: it is not made twice', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ tools: desk.tools })
    const dying = new Inbox<string>()
    await world.start({ agents: [stepper] }, (die) => ({
      async submit(next, _queue, id) {
        await next()
        dying.put(id)
        die()
        return never()
      },
    }))
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 3 } }),
    )
    await world.settle(dying.take(1))
    await world.start({ agents: [stepper] })
    expect(await world.settle(ref.output())).toEqual({ trail: [1, 2, 3], failure: null })
    expect(Object.values(desk.applied.counts())).toEqual([1, 1, 1])
  })

  test('of messages to a child, at every place of the outbox: each arrives once, in order', async () => {
    for (const place of [1, 2, 3, 4]) {
      const world = await open()
      await world.start({ agents: [helper] })
      const dying = new Inbox<string>()
      const isToChild = (id: string): boolean => id.startsWith('parent/')
      await world.start({ agents: [parent] }, dieOnce('post', place, dying, isToChild))
      const ref = await world.settle(world.client.start(parent, { id: 'p', input: { rounds: 3 } }))
      await world.settle(dying.take(1))
      await world.start({ agents: [parent] })
      await world.settle(ref.waitFor(({ context }) => context.heard.length === 7))
      await world.settle(ref.send({ type: 'DISMISS' }))
      expect(await world.settle(ref.output())).toMatchObject({
        heard: [0, 1, -1, 2, -2, 3, -3],
        childSaid: [1, 2, 3],
      })
      expect(await world.deadLetters()).toEqual([])
    }
  })

  test('of the end of a child: the parent still hears it, once', async () => {
    const world = await open()
    await world.start({ agents: [parent] })
    const dying = new Inbox<string>()
    const isEnd = (id: string): boolean => id.startsWith('helper/')
    // 7 answers come first.
    await world.start({ agents: [helper] }, dieOnce('post', 8, dying, isEnd))
    const ref = await world.settle(world.client.start(parent, { id: 'p', input: { rounds: 3 } }))
    await world.settle(ref.waitFor(({ context }) => context.heard.length === 7))
    await world.settle(ref.send({ type: 'DISMISS' }))
    await world.settle(dying.take(1))
    await world.start({ agents: [helper] })
    expect(await world.settle(ref.output())).toMatchObject({ childSaid: [1, 2, 3] })
  })

  test('of a timer: it is set by the next owner', async () => {
    const world = await open()
    const dying = new Inbox<string>()
    await world.start({ agents: [sleeper] }, dieOnce('schedule', 1, dying))
    const ref = await world.settle(world.client.start(sleeper, { input: { ms: 100 } }))
    await world.settle(dying.take(1))
    await world.start({ agents: [sleeper] })
    expect(await world.settle(ref.output())).toEqual({ rings: 1 })
  })

  test('nothing leaves before the append is acknowledged (I1)', async () => {
    const world = await open()
    const desk = deskOf()
    const order: string[] = []
    await world.start(
      { agents: [stepper, counter], tools: desk.tools },
      {
        async append(next, record) {
          const appended = await next()
          order.push(`append ${record.address.id} ${record.step}`)
          return appended
        },
        submit(next, _queue, id) {
          order.push(`submit ${id}`)
          return next()
        },
      },
    )
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 3 } }),
    )
    await ended(world, ref)
    expect(order).toEqual([
      'append s 1',
      'submit stepper/s:1:0',
      'append s 2',
      'submit stepper/s:2:0',
      'append s 3',
      'submit stepper/s:3:0',
      'append s 4',
    ])
  })
})

/** Kills the process when it is about to deliver for the `count`th time. */
function dieOnce(
  port: 'submit' | 'post' | 'schedule',
  count: number,
  dying: Inbox<string>,
  matches: (id: string) => boolean = () => true,
): (die: () => void) => Faults {
  let seen = 0
  return (die) => {
    const maybeDie = async <T>(next: () => Promise<T>, id: string): Promise<T> => {
      if (!matches(id) || ++seen !== count) return next()
      die()
      dying.put(id)
      return never()
    }
    return {
      ...(port === 'submit' ? { submit: (next, _queue, id) => maybeDie(next, id) } : {}),
      ...(port === 'post' ? { post: (next, _to, id) => maybeDie(next, id) } : {}),
      ...(port === 'schedule' ? { schedule: (next, id) => maybeDie(next, id) } : {}),
    }
  }
}
