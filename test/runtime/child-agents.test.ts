import { expect, test } from 'vitest'
import { collect } from '../bus/harness.ts'
import { helper, parent } from './more-machines.ts'
import { describeModes, ended } from './world.ts'
import type { World } from './world.ts'

const heard = [0, 1, -1, 2, -2, 3, -3]

async function begin(world: World) {
  await world.start({ agents: [parent] })
  await world.start({ agents: [helper] })
  const ref = await world.settle(world.client.start(parent, { id: 'p', input: { rounds: 3 } }))
  await world.settle(ref.waitFor(({ context }) => context.heard.length === heard.length))
  const [child] = await world.settle(collect(world.client.list('helper')))
  return { ref, child: child!.address }
}

describeModes('child agents', (open) => {
  test('messages go both ways in order, and the output of the child arrives', async () => {
    const world = await open()
    const { ref, child } = await begin(world)
    await world.settle(ref.send({ type: 'DISMISS' }))
    expect(await world.settle(ref.output())).toEqual({ heard, childSaid: [1, 2, 3], failure: '' })
    expect(await ended(world, { address: child })).toMatchObject({ status: 'done' })
    expect(await world.deadLetters()).toEqual([])
  })

  test('a child that fails reaches onError, and only its parent', async () => {
    const world = await open()
    const { ref, child } = await begin(world)
    await world.settle(ref.send({ type: 'BREAK' }))
    expect(await world.settle(ref.output())).toMatchObject({ failure: 'the helper broke' })
    expect(await ended(world, { address: child })).toMatchObject({ status: 'error' })
  })

  test('a child stops when its parent leaves the state, and says nothing more', async () => {
    const world = await open()
    const { ref, child } = await begin(world)
    await world.settle(ref.send({ type: 'LEAVE' }))
    expect(await ended(world, { address: child })).toMatchObject({ status: 'stopped' })
    const view = await world.settle(ref.read())
    expect(view).toMatchObject({ value: 'left', context: { heard }, waitingFor: [] })
    await world.settle(ref.send({ type: 'CLOSE' }))
    expect(await world.settle(ref.output())).toMatchObject({ heard, childSaid: [], failure: '' })
  })

  test('a child stops when its parent is stopped', async () => {
    const world = await open()
    const { ref, child } = await begin(world)
    await world.settle(ref.stop())
    expect(await ended(world, { address: child })).toMatchObject({ status: 'stopped' })
    expect(await ended(world, ref)).toMatchObject({ status: 'stopped' })
  })

  test('a message to a child that has ended becomes a dead letter, not a silence', async () => {
    const world = await open()
    const { child } = await begin(world)
    const late = world.client.agent(child)
    await world.settle(late.send({ type: 'FINISH' } as never))
    await ended(world, { address: child })
    await world.settle(late.send({ type: 'ASK', n: 9 } as never))
    await world.until(async () => (await world.client.view(child))!.step >= 6)
    await world.until(async () => (await world.deadLetters()).length > 0)
    const letters = await world.deadLetters()
    expect(letters).toMatchObject([{ reason: 'agent-ended', body: '{"type":"ASK","n":9}' }])
  })
})
