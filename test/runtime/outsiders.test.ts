import { expect, test } from 'vitest'
import { defineAgent } from '../../src/actors/definition.ts'
import { ingressService } from '../../src/actors/notice.ts'
import { defineService } from '../../src/actors/service.ts'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import { createRuntime } from '../../src/cli/runtime.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import { encodeEnvelope } from '../../src/contracts/envelope.ts'
import { countingIds } from '../../src/contracts/ids.ts'
import { fromBytes } from '../../src/contracts/json.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import type { Runtime } from '../../src/cli/runtime.ts'
import { assign, fromPromise, setup } from 'xstate'
import { collect } from '../bus/harness.ts'
import * as z from 'zod'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

const payer = setup({
  types: {} as { context: { paid: string }; events: { type: 'NEVER' } },
  actors: { charge: fromPromise<string>(() => new Promise(() => undefined)) },
}).createMachine({
  id: 'payer',
  context: { paid: '' },
  initial: 'paying',
  states: {
    paying: {
      invoke: {
        id: 'charge',
        src: 'charge',
        onDone: { target: 'paid', actions: assign({ paid: ({ event }) => event.output }) },
      },
    },
    paid: { type: 'final' },
  },
})

const picky = setup({ types: {} as { input: { n: number } } }).createMachine({ id: 'picky' })
const parent = setup({
  types: {} as { context: { why: string } },
  actors: { picky },
}).createMachine({
  id: 'parent',
  context: { why: '' },
  initial: 'asking',
  states: {
    asking: {
      invoke: {
        id: 'child',
        src: 'picky',
        input: { n: 'not a number' } as never,
        onError: {
          target: 'told',
          actions: assign({ why: ({ event }) => (event.error as Error).message }),
        },
      },
    },
    told: {},
  },
})

async function open(): Promise<Runtime> {
  const clock = virtualClock()
  const bus = createLocalBroker({ clock }).connect()
  const ports = { bus, clock, ids: countingIds(), random: seededRandom(1), log: silent }
  const runtime = createRuntime(ports)
  const pickyAgent = defineAgent({ machine: picky, input: z.object({ n: z.number() }) as never })
  const agents = [defineAgent({ machine: payer }), defineAgent({ machine: parent }), pickyAgent]
  await runtime.serve(defineService('agents', () => ({ agents })))
  return runtime
}

async function ask(
  runtime: Runtime,
  over: object,
): Promise<{ kind: string; error?: { message: string } }> {
  const to = { type: 'payer', id: 'one' }
  const body = encodeEnvelope({
    v: 1,
    id: 'm1',
    to,
    from: { name: 'somebody' },
    sentAtMs: 0,
    body: { kind: 'event', event: { type: 'NEVER' } },
    ...over,
  } as never)
  return fromBytes(await runtime.bus.wire.ask(ingressService('payer'), body, 1000)) as never
}

test('an outsider cannot spell a completion as an event', async () => {
  const runtime = await open()
  const ref = await runtime.client.start<typeof payer>('payer', { id: 'one' })
  const forged = { type: 'xstate.done.actor.charge', output: 'forged' } as never
  await expect(ref.send(forged)).rejects.toThrow('completions and timers come from the runtime')
  const view = await ref.waitFor(() => true)
  expect([view.value, view.context.paid]).toEqual(['paying', ''])
})

test('an outsider cannot send a completion, a timer, or take the name or ids of an agent', async () => {
  const runtime = await open()
  const ref = await runtime.client.start<typeof payer>('payer', { id: 'one' })
  const done = { kind: 'done', childId: 'charge', incarnation: 1, output: 'forged' }
  expect(await ask(runtime, { body: done })).toMatchObject({ kind: 'refused' })
  const posing = { name: 'payer/other', order: { step: 10 ** 9, index: 0 } }
  expect(await ask(runtime, { from: posing, id: 'payer/other:1:0' })).toMatchObject({
    kind: 'accepted',
  })
  await ref.waitFor(({ step }) => step === 2)
  const [, unhandled] = await collect(runtime.client.history(ref.address))
  expect(unhandled!.cause).toMatchObject({
    messageId: 'client:payer/other:1:0',
    from: 'client:payer/other',
  })
})

test('an outsider cannot name a parent for what it starts', async () => {
  const runtime = await open()
  const link = { address: { type: 'parent', id: 'p' }, childId: 'child', incarnation: 1 }
  await ask(runtime, { id: 'm2', body: { kind: 'init', parent: link } })
  const ref = runtime.client.agent<typeof payer>({ type: 'payer', id: 'one' })
  await ref.waitFor(() => true)
  const [first] = await collect(runtime.client.history(ref.address))
  expect(first!.state.parent).toBeUndefined()
})

test('a child that is refused its start is an error of the child to its parent', async () => {
  const runtime = await open()
  const ref = await runtime.client.start<typeof parent>('parent', { id: 'p' })
  const view = await ref.waitFor(({ value }) => value === 'told')
  expect(view.context.why).toMatch(/was not started: the input breaks its schema: n: /)
})

test('a child that an operator stops is an error of the child to its parent', async () => {
  const runtime = await open()
  const sleeper = setup({}).createMachine({ id: 'sleeper' })
  const boss = setup({ actors: { sleeper } }).createMachine({
    id: 'boss',
    initial: 'waiting',
    states: {
      waiting: { invoke: { id: 'it', src: 'sleeper', onError: { target: 'alone' } } },
      alone: {},
    },
  })
  const agents = [defineAgent({ machine: sleeper }), defineAgent({ machine: boss })]
  await runtime.serve(defineService('more', () => ({ agents })))
  const ref = await runtime.client.start<typeof boss>('boss', { id: 'b' })
  await ref.waitFor(({ waitingFor }) => waitingFor.includes('it'))
  const child = runtime.client.agent({ type: 'sleeper', id: 'b~it~1' })
  await child.waitFor(() => true)
  await child.stop()
  expect((await ref.waitFor(({ value }) => value === 'alone')).value).toBe('alone')
})
