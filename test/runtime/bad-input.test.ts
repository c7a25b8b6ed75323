import { expect, test } from 'vitest'
import { limits } from '../../src/bus/limits.ts'
import type { Address } from '../../src/contracts/address.ts'
import { LimitError } from '../../src/contracts/error.ts'
import { Inbox } from '../bus/harness.ts'
import { counter, sleeper, stepper } from './machines.ts'
import { deskOf } from './parts.ts'
import { describeWorlds } from './world.ts'
import type { World } from './world.ts'

const to: Address = { type: 'counter', id: 'c' }

async function post(world: World, body: string | Uint8Array, id: string, address = to) {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  await world.settle(world.bus.mailbox.post(address, bytes, id))
}

function event(type: string, members: object, address = to): string {
  const body = { kind: 'event', event: { type, ...members } }
  return JSON.stringify({ v: 1, id: type, to: address, from: { name: 'x' }, sentAtMs: 0, body })
}

describeWorlds('poison in the mailbox', ['local', 'nats'], (open) => {
  test('goes to the dead letters with its reason, and the others go on (I5)', async () => {
    const world = await open()
    await world.start({ agents: [counter] })
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    await post(world, 'not json', 'p1')
    await post(world, new Uint8Array([0xff, 0xfe, 0x00]), 'p2')
    await post(world, '{"v":2}', 'p3')
    await post(world, '{"v":1,"id":"x"}', 'p4')
    await post(world, event('ADD', { n: 'one' }), 'p5')
    const ghost = { type: 'counter', id: 'ghost' }
    await post(world, event('ADD', { n: 1 }, ghost), 'p6', ghost)
    await post(world, event('UNHEARD_OF', {}), 'p7')
    await world.settle(ref.send({ type: 'ADD', n: 1 }))
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: [1] })
    await post(world, event('ADD', { n: 2 }), 'p8')
    const other = await world.settle(world.client.start(counter, { id: 'd' }))
    await world.settle(other.send({ type: 'FINISH' }))
    await world.settle(other.output())
    const second = await world.settle(world.client.start(counter, { id: 'c2' }))
    await world.settle(second.send({ type: 'FINISH' }))
    await world.settle(second.output())
    await world.settle(ref.waitFor(({ step }) => step === 5))
    const letters = await world.deadLetters()
    const reasons = letters.map(({ target, reason }) => `${target}: ${reason}`).toSorted()
    expect(reasons).toEqual([
      expect.stringMatching(/^mailbox counter\/c: agent-ended$/),
      expect.stringMatching(/^mailbox counter\/c: event ADD breaks its schema: n: /),
      expect.stringMatching(/^mailbox counter\/c: message: it is not UTF-8 JSON/),
      expect.stringMatching(/^mailbox counter\/c: message: it is not UTF-8 JSON/),
      expect.stringMatching(/^mailbox counter\/c: message: to: /),
      expect.stringMatching(/^mailbox counter\/c: message: version 2 is unknown/),
      expect.stringMatching(/^mailbox counter\/c: unhandled$/),
      expect.stringMatching(/^mailbox counter\/ghost: no-such-agent$/),
    ])
    expect(letters.filter(({ encoding }) => encoding === 'base64')).toHaveLength(1)
  })

  test('in a work queue: dead-lettered, and the calls behind it are made', async () => {
    const world = await open()
    const desk = deskOf({ concurrency: 1 })
    const queue = { kind: 'tool', name: 'apply' } as const
    for (const text of ['not json', '{"v":7}', '{"v":1}']) {
      const bytes = new TextEncoder().encode(text)
      await world.settle(world.bus.work.submit(queue, bytes, text))
    }
    await world.start({ agents: [stepper], tools: desk.tools })
    const ref = await world.settle(
      world.client.start(stepper, { id: 's', input: { name: 's', steps: 2 } }),
    )
    expect(await world.settle(ref.output())).toEqual({ trail: [1, 2], failure: null })
    const letters = await world.deadLetters()
    expect(letters.map(({ target }) => target)).toEqual(
      Array.from({ length: 3 }, () => 'tool apply'),
    )
  })

  test('a journal of a build to come: that agent pauses with its mail, the host goes on', async () => {
    const world = await open()
    const bytes = new TextEncoder().encode('{"v":9}')
    await world.settle(world.bus.journal.append(to, bytes, 0))
    const first = await world.start({ agents: [counter] })
    for (const n of [1, 2, 3]) {
      await world.settle(world.client.agent(to).send({ type: 'ADD', n } as never))
    }
    await world.settle(world.logs.until((lines) => lines.some(({ level }) => level === 'error')))
    const other = await world.settle(world.client.start(counter, { id: 'd' }))
    await world.settle(other.send({ type: 'FINISH' }))
    expect(await world.settle(other.output())).toEqual({ seen: [] })
    // A paused agent with mail must not keep its host from stopping.
    await world.settle(first.runtime.close())
    const mail = new Inbox<string>()
    for (const partition of [0, 1]) {
      const slice = { type: 'counter', partition }
      const reading = await world.settle(
        world.bus.mailbox.read(slice, ({ address }) => mail.put(address.id)),
      )
      expect(reading).toBeDefined()
    }
    await world.settle(mail.until((ids) => ids.filter((id) => id === 'c').length === 3))
  })
})

describeWorlds('refusals at the door', ['local', 'nats'], (open) => {
  test('an undeclared event, a broken event and a broken input are errors of the sender', async () => {
    const world = await open()
    await world.start({ agents: [counter] })
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    const refused = (type: string, members = {}) =>
      expect(world.settle(ref.send({ type, ...members } as never))).rejects
    await refused('HACK').toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/expected one of ADD, FINISH, BREAK, got HACK/),
    })
    await refused('ADD', { n: 'one' }).toMatchObject({ code: 'bad-input' })
    const starting = world.client.start(counter, { id: 'x', input: { first: 'one' } as never })
    await expect(world.settle(starting)).rejects.toMatchObject({ code: 'bad-input' })
    expect(await world.settle(world.client.view({ type: 'counter', id: 'x' }))).toBeUndefined()
    expect(await world.settle(ref.read())).toMatchObject({ step: 1 })
    expect(await world.deadLetters()).toEqual([])
  })

  test('a machine that nobody serves, and a bad address', async () => {
    const world = await open()
    const starting = world.client.start('nobody', { id: 'x' })
    await expect(world.settle(starting)).rejects.toMatchObject({ code: 'bad-input' })
    expect(() => world.client.agent({ type: 'counter', id: 'a/b' })).toThrow(/type\/id/)
  })

  test('a message that is too large is a limit error at once', async () => {
    const world = await open()
    await world.start({ agents: [counter] })
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    const huge = 'x'.repeat(2 * limits.brokerPayloadMaxBytes)
    const begunMs = world.clock.now()
    const sending = ref.send({ type: 'ADD', n: 1, huge } as never)
    await expect(world.settle(sending)).rejects.toBeInstanceOf(LimitError)
    if (world.kind === 'local') expect(world.clock.now()).toBe(begunMs)
  })

  test('completions and timers are not taken from outside', async () => {
    const world = await open()
    await world.start({ agents: [sleeper] })
    const address = { type: 'sleeper', id: 's' }
    await world.settle(world.client.start(sleeper, { id: 's', input: { ms: 3_600_000 } }))
    const forged = [
      { kind: 'timer', timerId: 'late', incarnation: 1 },
      { kind: 'done', childId: 'x', incarnation: 1 },
    ]
    for (const body of forged) {
      const message = { v: 1, id: 'f', to: address, from: { name: 'x' }, sentAtMs: 0, body }
      const bytes = new TextEncoder().encode(JSON.stringify(message))
      const answer = await world.settle(world.bus.wire.ask('ingress-sleeper', bytes, 2_000))
      expect(JSON.parse(new TextDecoder().decode(answer))).toMatchObject({ kind: 'refused' })
    }
  })
})

describeWorlds('one client, many messages', ['local', 'nats'], (open) => {
  test('100 concurrent sends arrive in the order in which they were made', async () => {
    const world = await open()
    await world.start({ agents: [counter] })
    await world.start({ agents: [counter] })
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    const numbers = Array.from({ length: 100 }, (_, index) => index)
    await world.settle(Promise.all(numbers.map((n) => ref.send({ type: 'ADD', n }))))
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: numbers })
  })

  test('two clients mix, and each keeps its own order', async () => {
    const world = await open()
    await world.start({ agents: [counter] })
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    const other = (await world.outsider()).agent<typeof counter.original>(ref.address)
    const numbers = Array.from({ length: 50 }, (_, index) => index)
    await world.settle(
      Promise.all(
        numbers.flatMap((n) => [
          ref.send({ type: 'ADD', n }),
          other.send({ type: 'ADD', n: n + 1_000 }),
        ]),
      ),
    )
    await world.settle(ref.send({ type: 'FINISH' }))
    const { seen } = await world.settle(ref.output())
    expect(seen.filter((n) => n < 1_000)).toEqual(numbers)
    expect(seen.filter((n) => n >= 1_000)).toEqual(numbers.map((n) => n + 1_000))
  })
})
