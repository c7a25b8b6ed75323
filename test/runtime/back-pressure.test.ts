import { afterEach, describe, expect, test } from 'vitest'
import { sendAgain } from '../../src/actors/letters.ts'
import { actorLimits, checkActorLimits } from '../../src/actors/limits.ts'
import { topics } from '../../src/actors/notice.ts'
import { Operator } from '../../src/actors/operator.ts'
import { limits } from '../../src/bus/limits.ts'
import { countingIds } from '../../src/contracts/ids.ts'
import { collect, Inbox } from '../bus/harness.ts'
import type { Faults } from './faults.ts'
import { counter, stepper } from './machines.ts'
import { hoarder } from './more-machines.ts'
import { deskOf } from './parts.ts'
import { describeWorlds, ended } from './world.ts'
import type { World } from './world.ts'

const before = { ...actorLimits }

function restrict(bounds: Partial<Record<keyof typeof actorLimits, number>>): void {
  Object.assign(actorLimits, bounds)
}

afterEach(() => {
  const { unfinishedPerSliceMax, sliceBacklogMax, mailboxMaxMessages, residentAgentsMax } = before
  restrict({ unfinishedPerSliceMax, sliceBacklogMax, mailboxMaxMessages, residentAgentsMax })
})

describeWorlds('the mail of a paused agent', ['local', 'nats'], (open) => {
  /** ADD 1 pauses the agent until it is healed. */
  function sick(state: { healed: boolean }, handed: number[]): Faults {
    return {
      append(next, { event }) {
        const isOne = event.kind === 'event' && event.event['n'] === 1
        if (!isOne || state.healed) return next()
        throw new TypeError('no such member')
      },
      mail(next, { seq }) {
        handed.push(seq)
        return next()
      },
    }
  }

  async function paused(world: World): Promise<void> {
    await world.settle(
      world.logs.until((lines) => lines.some(({ message }) => message.startsWith('agent paused'))),
    )
  }

  test('beyond its bound goes to the dead letters, out of the way of the next owner', async () => {
    restrict({ unfinishedPerSliceMax: 3, mailboxMaxMessages: 3 })
    const world = await open({ partitions: 1 })
    const state = { healed: false }
    const first = await world.start({ agents: [counter] }, sick(state, []))
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    await world.settle(ref.send({ type: 'ADD', n: 1 }))
    await paused(world)
    for (const n of [2, 3, 4, 5]) await world.settle(ref.send({ type: 'ADD', n }))
    const other = await world.settle(world.client.start(counter, { id: 'd' }))
    await world.settle(other.send({ type: 'FINISH' }))
    await ended(world, other)
    const letters = await world.settle(collect(world.bus.deadLetters.list()))
    expect(letters.map(({ target, reason, form }) => [target, reason, form])).toEqual([
      ['mailbox counter/c', 'mailbox-full: 3 messages wait for a paused agent', 'bytes'],
      ['mailbox counter/c', 'mailbox-full: 3 messages wait for a paused agent', 'bytes'],
    ])
    await world.settle(first.runtime.close())
    state.healed = true
    await world.start({ agents: [counter] }, sick(state, []))
    await world.settle(ref.waitFor(({ context }) => context.seen.length === 3))
    for (const letter of letters) {
      await world.settle(sendAgain(world.bus, letter, { atMs: world.clock.now() }))
      await world.settle(world.bus.deadLetters.drop(letter.id))
    }
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: [1, 2, 3, 4, 5] })
    expect(await world.deadLetters()).toEqual([])
  })

  test('needs no agent in memory: more of them than a host keeps can pause and go on', async () => {
    restrict({ residentAgentsMax: 2 })
    const world = await open({ partitions: 1 })
    const state = { healed: false }
    const { host } = await world.start({ agents: [counter] }, sick(state, []))
    const ids = ['a', 'b', 'c', 'd', 'e', 'f']
    const refs = []
    for (const id of ids) {
      const ref = await world.settle(world.client.start(counter, { id }))
      await world.settle(ref.send({ type: 'ADD', n: 1 }))
      refs.push(ref)
    }
    const pauses = (lines: readonly { message: string }[]): number =>
      lines.filter(({ message }) => message.startsWith('agent paused')).length
    await world.settle(world.logs.until((lines) => pauses(lines) >= ids.length))
    for (const ref of refs) await world.settle(ref.send({ type: 'ADD', n: 2 }))
    const last = await world.settle(world.client.start(counter, { id: 'z' }))
    await world.settle(last.send({ type: 'FINISH' }))
    await ended(world, last)
    expect(host.residentAgents()).toBeLessThanOrEqual(2)
    state.healed = true
    const { bus, clock } = world
    const operator = new Operator({ bus, clock, ids: countingIds('o') })
    for (const ref of refs) {
      await world.settle(operator.resume(ref.address))
      await world.settle(ref.send({ type: 'ADD', n: 3 }))
      await world.settle(ref.send({ type: 'FINISH' }))
    }
    for (const ref of refs) expect(await world.settle(ref.output())).toEqual({ seen: [1, 2, 3] })
    expect(await world.deadLetters()).toEqual([])
  })

  test('that another owner has finished meanwhile does not hold up the rest', async () => {
    const world = await open({ partitions: 1 })
    const state = { healed: false }
    const handed: number[] = []
    await world.start({ agents: [counter] }, sick(state, handed))
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    await world.settle(ref.send({ type: 'ADD', n: 1 }))
    await paused(world)
    for (const n of [2, 3, 4]) await world.settle(ref.send({ type: 'ADD', n }))
    await world.until(async () => handed.length === 5)
    const slice = { type: 'counter', partition: 0 }
    for (const at of [3, 4]) await world.settle(world.bus.mailbox.remove(slice, handed[at]!))
    state.healed = true
    const { bus, clock } = world
    await world.settle(new Operator({ bus, clock, ids: countingIds('o') }).resume(ref.address))
    await world.settle(ref.send({ type: 'ADD', n: 5 }))
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: [1, 2, 5] })
  })

  test('is kept as positions: the bodies are read again when the agent goes on', async () => {
    const world = await open({ partitions: 1 })
    const state = { healed: false }
    const handed: number[] = []
    await world.start({ agents: [counter] }, sick(state, handed))
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    await world.settle(ref.send({ type: 'ADD', n: 1 }))
    await paused(world)
    const numbers = Array.from({ length: 40 }, (_, index) => index + 2)
    await world.settle(Promise.all(numbers.map((n) => ref.send({ type: 'ADD', n }))))
    await world.checkpoints()
    state.healed = true
    const { bus, clock } = world
    await world.settle(new Operator({ bus, clock, ids: countingIds('o') }).resume(ref.address))
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: [1, ...numbers] })
    const twice = handed.filter((seq, index) => handed.indexOf(seq) !== index)
    expect(twice.length).toBeGreaterThanOrEqual(numbers.length + 1)
    expect(world.logs.items.filter(({ level }) => level === 'error')).toHaveLength(1)
  })
})

describeWorlds('outsiders who send faster than agents can take it', ['local', 'nats'], (open) => {
  test('hear a typed error while it lasts, and agents still hear each other', async () => {
    restrict({ unfinishedPerSliceMax: 4, sliceBacklogMax: 8 })
    const world = await open({ partitions: 1 })
    const gate = Promise.withResolvers<void>()
    const slow: Faults = {
      async append(next, { event }) {
        if (event.kind !== 'init') await gate.promise
        return next()
      },
    }
    const notices = new Inbox<string>()
    await world.bus.wire.listen(topics.overload('counter'), () => notices.put('overload'))
    await world.start({ agents: [counter] }, slow)
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    for (let n = 1; n <= 12; n++) await world.settle(ref.send({ type: 'ADD', n }))
    await world.settle(notices.take(1))
    // The door listens over a connection of its own and may hear it a moment later.
    const refusal = await refused(world, (id) => world.client.start(counter, { id }))
    const overloaded = { code: 'overloaded', disposition: 'retryable', retryAfterMs: 1_000 }
    expect(refusal).toMatchObject(overloaded)
    await expect(world.settle(ref.send({ type: 'ADD', n: 99 }))).rejects.toMatchObject(overloaded)
    // It is repeated while it lasts.
    await world.settle(notices.take(3))
    // What nobody can read on the wire is no reason to end a process.
    world.bus.wire.announce(topics.overload('counter'), new TextEncoder().encode('not json'))
    const stopping = (await world.outsider()).agent({ type: 'counter', id: 'c' }).stop()
    await world.settle(stopping)
    gate.resolve()
    expect(await ended(world, ref)).toMatchObject({
      status: 'stopped',
      context: { seen: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] },
    })
    await calm(world, () => world.client.start(counter, { id: 'e' }))
  })

  /** Starts other agents until one is refused. */
  async function refused(
    world: World,
    start: (id: string) => Promise<unknown>,
    count = 1,
  ): Promise<unknown> {
    const outcome = await world.settle(
      start(`d${count}`).then(
        () => undefined,
        (thrown: unknown) => thrown,
      ),
    )
    return outcome ?? refused(world, start, count + 1)
  }

  /** Tries until the notice has expired by itself. */
  async function calm(world: World, send: () => Promise<unknown>): Promise<void> {
    for (;;) {
      const outcome = await world.settle(
        send().then(
          () => 'sent',
          ({ code }: { code: string }) => code,
        ),
      )
      if (outcome === 'sent') return
      expect(outcome).toBe('overloaded')
      await world.checkpoints()
    }
  }
})

describeWorlds('more agents than a host keeps in memory', ['local', 'nats'], (open) => {
  test('that wait for a slow tool cost the host no memory, and no call is made twice', async () => {
    restrict({ residentAgentsMax: 10 })
    const world = await open()
    const gate = Promise.withResolvers<void>()
    const desk = deskOf({ during: () => gate.promise, concurrency: 3 })
    const { host } = await world.start({ agents: [stepper] })
    const patient = desk.tools.map((tool) => ({ ...tool, timeoutMs: 3_600_000 }))
    const workers = await world.start({ tools: patient })
    const ids = Array.from({ length: 200 }, (_, index) => `s${index}`)
    const refs = []
    for (const id of ids) {
      const input = { name: id, steps: 1 }
      refs.push(await world.settle(world.client.start(stepper, { id, input })))
    }
    for (const ref of refs) await world.settle(ref.waitFor(({ step }) => step === 1))
    expect(host.residentAgents()).toBeLessThanOrEqual(10)
    await world.settle(desk.applied.calls.take(3))
    // Longer than the broker would recognise a call that is made again.
    if (world.kind === 'local') await world.pass(limits.dedupeWindowMs * 1.5)
    gate.resolve()
    for (const ref of refs) {
      expect(await world.settle(ref.output())).toEqual({ trail: [1], failure: null })
    }
    expect(host.residentAgents()).toBeLessThanOrEqual(10)
    expect(Object.values(desk.applied.counts())).toEqual(ids.map(() => 1))
    expect(workers.host.residentAgents()).toBe(0)
  })

  test('a burst of them leaves the memory although no more mail comes', async () => {
    restrict({ residentAgentsMax: 3 })
    const world = await open({ partitions: 1 })
    const gate = Promise.withResolvers<void>()
    const append: Faults['append'] = async (next) => {
      await gate.promise
      return next()
    }
    const { host } = await world.start({ agents: [counter] }, { append })
    const ids = Array.from({ length: 20 }, (_, index) => `c${index}`)
    const starts = ids.map((id) => world.settle(world.client.start(counter, { id })))
    const refs = await Promise.all(starts)
    await world.until(async () => host.residentAgents() === ids.length)
    gate.resolve()
    for (const ref of refs) await world.settle(ref.waitFor(({ step }) => step === 1))
    await world.until(async () => host.residentAgents() <= 3)
  })

  test('keeps those that were used last', async () => {
    restrict({ residentAgentsMax: 3 })
    const world = await open({ partitions: 1 })
    const reads: string[] = []
    const { host } = await world.start(
      { agents: [counter] },
      {
        mail: (next, { address }) => {
          reads.push(address.id)
          return next()
        },
      },
    )
    const refs = new Map<string, Awaited<ReturnType<typeof begin>>>()
    const begin = (id: string) => world.settle(world.client.start(counter, { id }))
    for (const id of ['a', 'b', 'c', 'd', 'e']) refs.set(id, await begin(id))
    for (const id of ['a', 'e', 'b']) {
      await world.settle(refs.get(id)!.send({ type: 'ADD', n: 1 }))
      await world.settle(refs.get(id)!.send({ type: 'ADD', n: 2 }))
      const taken = refs.get(id)!.waitFor(({ context }) => context.seen.length === 2)
      await world.settle(taken)
    }
    expect(host.residentAgents()).toBeLessThanOrEqual(3)
    expect(reads).toHaveLength(11)
  })
})

describeWorlds('a context that grows', ['local', 'nats'], (open) => {
  test('is named by the error, with the last good one kept', async () => {
    const world = await open()
    await world.start({ agents: [hoarder] })
    const ref = await world.settle(world.client.start(hoarder, { id: 'h' }))
    const text = 'x'.repeat(actorLimits.contextMaxBytes / 2)
    await world.settle(ref.send({ type: 'KEEP', text }))
    await world.settle(ref.send({ type: 'KEEP', text }))
    expect(await ended(world, ref)).toMatchObject({
      status: 'error',
      error: {
        name: 'LimitError',
        message: expect.stringMatching(
          /^context of hoarder\/h: contextMaxBytes is \d+, more than the limit of 393216$/,
        ) as string,
        location: { machine: 'hoarder', event: 'KEEP' },
      },
    })
    const [letter] = await world.deadLetters()
    expect(letter).toMatchObject({ reason: 'agent-failed', target: 'mailbox hoarder/h' })
    expect(JSON.parse(letter!.body)).toEqual({ kind: 'event', event: { type: 'KEEP', text } })
  })
})

describe('bounds that contradict each other', () => {
  test.each([
    ['unfinishedPerSliceMax', 10_000, 'unfinishedPerSliceMax < sliceBacklogMax'],
    ['mailboxMaxMessages', 10, 'unfinishedPerSliceMax <= mailboxMaxMessages'],
    ['contextMaxBytes', 500_000, 'contextMaxBytes + messageMaxBytes <= recordMaxBytes'],
    ['overloadHoldsMs', 1, 'checkpointEveryMs * 2 < overloadHoldsMs'],
    ['heartbeatEveryMs', 9_000, 'heartbeatEveryMs * 3 <= hostLostAfterMs'],
    ['retryFirstMs', 9_000, 'retryFirstMs <= retryMaxMs'],
  ])('%s of %d is refused at the start', (name, value, relation) => {
    const contradictory = { ...before, [name]: value } as never
    expect(() => checkActorLimits(contradictory)).toThrow(`${relation} must hold`)
    expect(() => checkActorLimits(before)).not.toThrow()
  })
})
