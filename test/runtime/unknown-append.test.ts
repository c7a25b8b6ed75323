import { expect, test } from 'vitest'
import { UnavailableError } from '../../src/contracts/error.ts'
import { counter, stepper } from './machines.ts'
import { deskOf } from './parts.ts'
import { describeWorlds, ended } from './world.ts'

describeWorlds('an append whose outcome is unknown', ['local', 'nats'], (open) => {
  test('stored without an answer, or not stored at all: each transition happens once', async () => {
    const world = await open()
    const desk = deskOf()
    let appends = 0
    await world.start(
      { agents: [counter, stepper], tools: desk.tools },
      {
        async append(next) {
          appends++
          if (appends % 3 === 0) return { kind: 'unknown', reason: 'not stored' }
          const appended = await next()
          return appends % 3 === 1 ? { kind: 'unknown', reason: 'stored' } : appended
        },
      },
    )
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    const numbers = [1, 2, 3, 4, 5, 6, 7]
    await world.settle(Promise.all(numbers.map((n) => ref.send({ type: 'ADD', n }))))
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: numbers })
    const records = await world.history(ref.address)
    expect(records.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    const stepping = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 5 } }),
    )
    expect(await world.settle(stepping.output())).toMatchObject({ trail: [1, 2, 3, 4, 5] })
    expect(Object.values(desk.applied.counts())).toEqual([1, 1, 1, 1, 1])
  })

  test('stored, and the journal cannot be read afterwards: the transition is found, not repeated', async () => {
    const world = await open()
    let appends = 0
    await world.start(
      { agents: [counter] },
      {
        async append(next) {
          await next()
          if (++appends % 2 === 1) throw new UnavailableError('the journal does not answer')
          return { kind: 'unknown', reason: 'stored' }
        },
      },
    )
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    for (const n of [1, 2, 3]) await world.settle(ref.send({ type: 'ADD', n }))
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await ended(world, ref)).toMatchObject({ step: 5, context: { seen: [1, 2, 3] } })
    expect(await world.history(ref.address)).toHaveLength(5)
  })

  test('of a tool outcome: stored in spite of the error, the next call is made once', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ tools: desk.tools })
    await world.start(
      { agents: [stepper] },
      {
        async append(next) {
          const appended = await next()
          if (appended.kind === 'conflict') return appended
          throw new UnavailableError('the journal does not answer')
        },
      },
    )
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 3 } }),
    )
    expect(await world.settle(ref.output())).toEqual({ trail: [1, 2, 3], failure: null })
    expect(Object.values(desk.applied.counts())).toEqual([1, 1, 1])
  })
})
