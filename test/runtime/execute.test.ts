import { assign, setup } from 'xstate'
import { expect, expectTypeOf, test } from 'vitest'
import { Client } from '../../src/actors/client.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import type { Bus } from '../../src/bus/bus.ts'
import { countingIds } from '../../src/contracts/ids.ts'
import { counter, sleeper, stepper } from './machines.ts'
import { deskOf } from './parts.ts'
import { describeWorlds } from './world.ts'
import type { World } from './world.ts'

const writer = defineAgent({
  machine: setup({
    types: {} as { context: { text: string }; input: { size: number }; output: string },
    actions: {
      fail: assign((): { text: string } => {
        throw new Error('no such size')
      }),
    },
  }).createMachine({
    id: 'writer',
    context: ({ input }) => ({ text: 'x'.repeat(Math.max(0, input.size)) }),
    initial: 'checking',
    output: ({ context }) => context.text,
    states: {
      checking: {
        always: [
          { guard: ({ context }) => context.text === '', actions: 'fail', target: 'done' },
          { target: 'done' },
        ],
      },
      done: { type: 'final' },
    },
  }),
})

/** A client of its own on the bus of the world, changed as the case wants it. */
function clientOn(world: World, change: (bus: Bus) => Partial<Bus>): Client {
  const bus = { ...world.bus, ...change(world.bus) }
  return new Client({ bus, clock: world.clock, ids: countingIds('own') })
}

describeWorlds('client.execute', ['local', 'nats'], (open) => {
  test('starts an agent and gives its output, without reading the journal', async () => {
    const world = await open()
    const desk = deskOf()
    await world.start({ agents: [stepper] })
    await world.start({ tools: desk.tools })
    let reads = 0
    const client = clientOn(world, ({ journal }) => ({
      journal: { ...journal, last: (address) => (reads++, journal.last(address)) },
    }))
    const output = await world.settle(client.execute(stepper, { input: { name: 'a', steps: 3 } }))
    expectTypeOf(output.trail).toEqualTypeOf<number[]>()
    expect(output).toEqual({ trail: [1, 2, 3], failure: null })
    // A wait of a second or more looks by itself; on the virtual clock none of that passes.
    if (world.kind === 'local') expect(reads).toBe(0)
  })

  test('with an id of an agent that has ended gives its output again', async () => {
    const world = await open()
    await world.start({ agents: [writer] })
    const options = { id: 'w', input: { size: 3 } }
    expect(await world.settle(world.client.execute(writer, options))).toBe('xxx')
    expect(await world.settle(world.client.execute(writer, options))).toBe('xxx')
  })

  test('finds the output when no notice arrives', async () => {
    const world = await open()
    await world.start({ agents: [writer] })
    const client = clientOn(world, ({ wire }) => ({
      wire: { ...wire, listen: () => Promise.resolve({ stop: () => Promise.resolve() }) },
    }))
    expect(await world.settle(client.execute(writer, { input: { size: 3 } }))).toBe('xxx')
  })

  test('gives an output that no notice carries', async () => {
    const world = await open()
    await world.start({ agents: [writer] })
    const output = await world.settle(world.client.execute(writer, { input: { size: 50_000 } }))
    expect(output).toHaveLength(50_000)
  })

  test('fails as the agent does, as the start does, and when the time is over', async () => {
    const world = await open()
    await world.start({ agents: [writer, sleeper, counter] })
    const { client } = world
    await expect(
      world.settle(client.execute(writer, { input: { size: 0 } })),
    ).rejects.toMatchObject({ code: 'agent-failed', message: expect.stringContaining('no such') })
    await expect(
      world.settle(client.execute(counter, { input: 'nothing' as never, id: '' })),
    ).rejects.toMatchObject({ code: 'bad-input' })
    await expect(
      world.settle(client.execute(sleeper, { input: { ms: 3_600_000 }, timeoutMs: 300 })),
    ).rejects.toMatchObject({ code: 'wait-timeout' })
  })
})
