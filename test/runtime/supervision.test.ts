import { assign, fromPromise, setup } from 'xstate'
import { expect, test } from 'vitest'
import type { AgentRef } from '../../src/actors/client.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { Operator } from '../../src/actors/operator.ts'
import { actorLimits } from '../../src/actors/limits.ts'
import { toolActor } from '../../src/actors/source.ts'
import type { DeadLetter } from '../../src/bus/dead-letters.ts'
import { countingIds } from '../../src/contracts/ids.ts'
import type { Faults } from './faults.ts'
import { never } from './faults.ts'
import { applyTool, counter } from './machines.ts'
import { helper, parent } from './more-machines.ts'
import { deskOf } from './parts.ts'
import { describeWorlds, ended } from './world.ts'
import type { World } from './world.ts'

/** What a deployment corrects: the agents below throw as long as it is broken. */
interface Code {
  broken: boolean
}

/** Counts what it is told while it waits for a tool and a timer; 13 breaks it. */
function tallyOf(code: Code): AgentDefinition {
  const check = (n: number): number => {
    if (code.broken && n === 13) throw new Error('13 is not handled yet')
    return n
  }
  const machine = setup({
    types: {} as {
      context: { seen: number[]; applied: number; rang: boolean; loaded: string }
      input: { bad?: boolean } | undefined
      events: { type: 'ADD'; n: number } | { type: 'FINISH' }
    },
    actors: { apply: toolActor(applyTool), load: fromPromise(async () => 'loaded') },
    actions: {
      add: assign({
        seen: ({ context, event }) => [...context.seen, check((event as { n: number }).n)],
      }),
      ring: assign({ rang: true }),
    },
  }).createMachine({
    id: 'tally',
    version: '1',
    context: ({ input }) => {
      if (input?.bad && code.broken) throw new Error('a bad start')
      return { seen: [], applied: 0, rang: false, loaded: '' }
    },
    initial: 'counting',
    output: ({ context }) => context,
    states: {
      counting: {
        invoke: {
          id: 'apply',
          src: 'apply',
          input: { agent: 't', step: 1 },
          onDone: { actions: assign({ applied: ({ event }) => event.output.step }) },
        },
        after: { 400: { actions: 'ring' } },
        on: { ADD: { actions: 'add' }, FINISH: 'loading' },
      },
      loading: {
        invoke: {
          id: 'load',
          src: 'load',
          onDone: {
            target: 'finished',
            actions: assign({ loaded: ({ event }) => (check(13) ? event.output : '') }),
          },
        },
      },
      finished: { type: 'final' },
    },
  })
  return defineAgent({ machine })
}

function operatorOf(world: World, bus = world.bus): Operator {
  return new Operator({ bus, clock: world.clock, ids: countingIds('op') })
}

describeWorlds('a root agent whose code throws', ['local', 'nats'], (open) => {
  /** Calls that end when the agent has its mail, so that their result comes behind it. */
  function gatedDesk() {
    const called = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const desk = deskOf({
      during() {
        called.resolve()
        return gate.promise
      },
    })
    return { desk, called: called.promise, finish: gate.resolve }
  }

  /** A failed agent with three events, a tool result and, most likely, a timer among its letters. */
  async function failedAgent(world: World, code: Code) {
    const { desk, called, finish } = gatedDesk()
    const agents = [tallyOf(code), counter]
    const process = await world.start({ agents, tools: desk.tools })
    const ref = await begin(world)
    await world.settle(called)
    finish()
    const kept = (await keptMail(world, ref)).length
    return { ref, process, agents, desk, kept }
  }

  async function begin(world: World): Promise<AgentRef> {
    const ref = await world.settle(world.client.start('tally', { id: 't' }))
    for (const n of [1, 13, 2, 3]) await world.settle(ref.send({ type: 'ADD', n } as never))
    return ref
  }

  /** The letters, once everything that was to come has come, before the failure or after it. */
  async function keptMail(world: World, ref: AgentRef): Promise<DeadLetter[]> {
    for (;;) {
      const letters = await world.deadLetters()
      const view = await world.settle(ref.read())
      const has = (text: string): boolean => letters.some(({ body }) => body.includes(text))
      const { applied, rang } = (view?.context ?? {}) as { applied?: number; rang?: boolean }
      const isAll = has('"n":3') && (applied || has('"done"')) && (rang || has('"timer"'))
      if (isAll) return letters
      await world.checkpoints()
    }
  }

  async function lettersOf(world: World, count: number): Promise<DeadLetter[]> {
    for (;;) {
      const letters = await world.deadLetters()
      if (letters.length >= count) return letters
      await world.checkpoints()
    }
  }

  test('keeps its mail in order, is resumed and goes on; nobody else is touched', async () => {
    const world = await open()
    const code = { broken: true }
    const { ref, kept } = await failedAgent(world, code)
    const view = await world.settle(ref.read())
    expect(view).toMatchObject({
      status: 'error',
      value: 'counting',
      waitingFor: ['apply'],
      error: {
        message: '13 is not handled yet',
        location: { machine: 'tally', version: '1', state: 'counting', event: 'ADD' },
      },
    })
    const letters = await world.deadLetters()
    expect(letters.map(({ reason }) => reason)).toEqual(letters.map(() => 'agent-failed'))
    expect(letters[0]).toMatchObject({
      target: 'mailbox tally/t',
      body: '{"type":"ADD","n":13}',
      form: 'event',
    })
    const other = await world.settle(world.client.start(counter, { id: 'c' }))
    await world.settle(other.send({ type: 'FINISH' }))
    await ended(world, other)
    code.broken = false
    const resumed = await world.settle(operatorOf(world).resume(ref.address))
    expect(resumed).toEqual({ hadFailed: true, posted: kept, cut: [] })
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({
      seen: [1, 13, 2, 3],
      applied: 1,
      rang: true,
      loaded: 'loaded',
    })
    expect(await world.deadLetters()).toEqual([])
  })

  test('fails again while the code is as it was, and keeps the rest again', async () => {
    const world = await open()
    const code = { broken: true }
    const { ref, process, agents, desk, kept } = await failedAgent(world, code)
    const operator = operatorOf(world)
    expect(await world.settle(operator.resume(ref.address))).toMatchObject({ posted: kept })
    const again = await lettersOf(world, kept)
    expect(again[0]).toMatchObject({ reason: 'agent-failed', body: '{"type":"ADD","n":13}' })
    expect(await world.settle(ref.read())).toMatchObject({ status: 'error' })
    // A new host of the failed agent knows all this from the journal.
    await world.crash(process)
    code.broken = false
    await world.start({ agents, tools: desk.tools })
    expect(await world.settle(operator.resume(ref.address))).toMatchObject({ posted: kept })
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toMatchObject({ seen: [1, 13, 2, 3], rang: true })
  })

  test('is resumed twice, the first time up to a crash: every message is taken once', async () => {
    const world = await open()
    const code = { broken: true }
    const { ref, kept } = await failedAgent(world, code)
    code.broken = false
    let drops = 0
    const dying = {
      ...world.bus,
      deadLetters: {
        ...world.bus.deadLetters,
        drop: (id: number) =>
          ++drops === 3 ? Promise.reject(new Error('killed')) : world.bus.deadLetters.drop(id),
      },
    }
    const first = operatorOf(world, dying).resume(ref.address)
    await expect(world.settle(first)).rejects.toThrow('killed')
    expect(await world.deadLetters()).toHaveLength(kept - 2)
    const second = await world.settle(operatorOf(world).resume(ref.address))
    expect(second).toEqual({ hadFailed: false, posted: kept - 2, cut: [] })
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toMatchObject({ seen: [1, 13, 2, 3], applied: 1 })
  })

  // start, ADD 1, the failure, four kept inputs, the word to resume, what is posted again, the end.
  test.each([3, 4, 6, 7, 8, 9, 11])(
    'its host dies after record %i: nothing is lost',
    async (step) => {
      const world = await open()
      const code = { broken: true }
      const agents = [tallyOf(code)]
      const { desk, called, finish } = gatedDesk()
      let deaths = 0
      const dieAt = (die: () => void): Faults => ({
        async append(next, record) {
          const appended = await next()
          const isDue = record.address.id === 't' && record.step === step
          if (deaths > 0 || !isDue) return appended
          deaths++
          die()
          return never()
        },
      })
      await world.start({ tools: desk.tools })
      await world.start({ agents }, dieAt)
      await world.start({ agents }, dieAt)
      const ref = await begin(world)
      await world.settle(called)
      finish()
      const kept = await keptMail(world, ref)
      code.broken = false
      const resumed = await world.settle(operatorOf(world).resume(ref.address))
      expect(resumed).toMatchObject({ hadFailed: true, posted: kept.length })
      await world.settle(ref.send({ type: 'FINISH' } as never))
      const output = (await world.settle(ref.output())) as { seen: number[] }
      expect(output).toMatchObject({ applied: 1, rang: true, loaded: 'loaded' })
      expect(output.seen).toEqual([1, 13, 2, 3])
      expect(deaths).toBe(1)
      expect(await world.deadLetters()).toEqual([])
    },
  )

  test('a start that throws is kept, and made again', async () => {
    const world = await open()
    const code = { broken: true }
    await world.start({ agents: [tallyOf(code)], tools: deskOf().tools })
    const starting = world.client.start('tally', { id: 'b', input: { bad: true } as never })
    const ref = await world.settle(starting)
    expect(await ended(world, ref)).toMatchObject({
      status: 'error',
      error: { message: 'a bad start', location: { state: null, event: 'init' } },
    })
    await world.settle(ref.send({ type: 'ADD', n: 4 } as never))
    await lettersOf(world, 2)
    code.broken = false
    const resumed = await world.settle(operatorOf(world).resume(ref.address))
    expect(resumed).toMatchObject({ hadFailed: true, posted: 2 })
    await world.settle(ref.send({ type: 'FINISH' } as never))
    expect(await ended(world, ref)).toMatchObject({ output: { seen: [4] } })
  })

  test('an effect of the host whose result broke it runs again: its result is no letter', async () => {
    const world = await open()
    const code = { broken: true }
    await world.start({ agents: [tallyOf(code)], tools: deskOf().tools })
    const ref = await world.settle(world.client.start('tally', { id: 'l' }))
    await world.settle(ref.send({ type: 'FINISH' } as never))
    expect(await ended(world, ref)).toMatchObject({
      status: 'error',
      value: 'loading',
      error: { location: { event: 'done: load' } },
    })
    expect(await world.deadLetters()).toEqual([])
    code.broken = false
    await world.settle(operatorOf(world).resume(ref.address))
    expect(await ended(world, ref)).toMatchObject({ status: 'done', output: { loaded: 'loaded' } })
  })

  test('only a failed root agent is resumed, and only by an operator', async () => {
    const world = await open()
    await world.start({ agents: [parent, helper, counter] })
    const operator = operatorOf(world)
    const refused = (address: { type: string; id: string }) =>
      expect(world.settle(operator.resume(address))).rejects
    await refused({ type: 'counter', id: 'none' }).toMatchObject({ code: 'no-such-agent' })
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    await world.settle(ref.waitFor(({ step }) => step === 1))
    expect(await world.settle(operator.resume(ref.address))).toMatchObject({ hadFailed: false })
    await world.settle(ref.send({ type: 'FINISH' }))
    await ended(world, ref)
    await refused(ref.address).toMatchObject({ code: 'not-resumable' })
    const boss = await world.settle(world.client.start(parent, { id: 'p', input: { rounds: 3 } }))
    await world.settle(boss.waitFor(({ context }) => context.heard.length === 7))
    await world.settle(boss.send({ type: 'BREAK' }))
    await ended(world, boss)
    await refused({ type: 'helper', id: 'p~helper~1' }).toMatchObject({
      code: 'not-resumable',
      message: expect.stringContaining('parent/p was told') as string,
    })
    const body = { kind: 'resume' }
    const message = { v: 1, id: 'f', to: ref.address, from: { name: 'x' }, sentAtMs: 0, body }
    const bytes = new TextEncoder().encode(JSON.stringify(message))
    const answer = await world.settle(world.bus.wire.ask('ingress-counter', bytes, 2_000))
    expect(JSON.parse(new TextDecoder().decode(answer))).toMatchObject({ kind: 'refused' })
  })
})

describeWorlds('something that nobody foresaw', ['local', 'nats'], (open) => {
  /** Throws what is no error of ours, so often, when ADD 1 is to be appended. */
  function surprises(times: number): Faults {
    let left = times
    return {
      append(next, { event }) {
        if (event.kind !== 'event' || event.event['n'] !== 1 || left-- <= 0) return next()
        throw new TypeError('no such member')
      },
    }
  }

  test('is tried again on a state read anew', async () => {
    const world = await open()
    const most = actorLimits.unexpectedAttemptsMax
    await world.start({ agents: [counter] }, surprises(most - 1))
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    for (const n of [1, 2]) await world.settle(ref.send({ type: 'ADD', n }))
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: [1, 2] })
    expect(world.logs.items.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('pauses the agent when it stays; resumed, it takes its mail in order', async () => {
    const world = await open({ partitions: 1 })
    const paused = (): Promise<void> =>
      world.settle(
        world.logs.until((lines) =>
          lines.some(({ message }) => message.startsWith('agent paused')),
        ),
      )
    await world.start({ agents: [counter] }, surprises(actorLimits.unexpectedAttemptsMax))
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    for (const n of [1, 2, 3]) await world.settle(ref.send({ type: 'ADD', n }))
    await paused()
    for (const n of [4, 5]) await world.settle(ref.send({ type: 'ADD', n }))
    const other = await world.settle(world.client.start(counter, { id: 'd' }))
    await world.settle(other.send({ type: 'FINISH' }))
    await ended(world, other)
    expect(await world.settle(ref.read())).toMatchObject({ status: 'active', step: 1 })
    expect(await world.settle(operatorOf(world).resume(ref.address))).toMatchObject({ posted: 0 })
    await world.settle(ref.send({ type: 'ADD', n: 6 }))
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: [1, 2, 3, 4, 5, 6] })
    expect(await world.deadLetters()).toEqual([])
  })

  test('pauses again when resumed too early; nothing is lost or doubled', async () => {
    const world = await open({ partitions: 1 })
    const most = actorLimits.unexpectedAttemptsMax
    await world.start({ agents: [counter] }, surprises(2 * most))
    const ref = await world.settle(world.client.start(counter, { id: 'c' }))
    for (const n of [1, 2, 3]) await world.settle(ref.send({ type: 'ADD', n }))
    const count = (lines: readonly { message: string }[]): number =>
      lines.filter(({ message }) => message.startsWith('agent paused')).length
    await world.settle(world.logs.until((lines) => count(lines) === 1))
    const operator = operatorOf(world)
    await world.settle(operator.resume(ref.address))
    await world.settle(world.logs.until((lines) => count(lines) === 2))
    await world.settle(operator.resume(ref.address))
    await world.settle(ref.send({ type: 'FINISH' }))
    expect(await world.settle(ref.output())).toEqual({ seen: [1, 2, 3] })
  })
})
