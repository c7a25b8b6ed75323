import { getEventListeners } from 'node:events'
import { assign, fromPromise, setup } from 'xstate'
import { describe, expect, test } from 'vitest'
import type { VirtualClock } from '../../src/contracts/clock.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import type { InMemoryRun, SourceHandler } from '../../src/actors/in-memory.ts'
import { runInMemory } from '../../src/actors/in-memory.ts'
import { finish, rest } from '../tools/finish.ts'

const definition = defineAgent({
  machine: setup({
    types: {} as { context: { got: number | null }; output: number | null; input: { n: number } },
    actors: { work: fromPromise<number, { n: number }>(() => new Promise(() => undefined)) },
    actions: {
      fail: assign((): { got: null } => {
        throw new Error('broken')
      }),
    },
  }).createMachine({
    id: 'worker',
    context: { got: null },
    initial: 'working',
    output: ({ context }) => context.got,
    on: {
      LEAVE: '.resting',
      BREAK: { actions: 'fail' },
    },
    states: {
      working: {
        invoke: {
          id: 'job',
          src: 'work',
          input: { n: 2 },
          onDone: { target: 'over', actions: assign({ got: ({ event }) => event.output }) },
        },
        after: { 100: 'resting' },
      },
      resting: { after: { 50: 'over' } },
      over: { type: 'final' },
    },
  }),
})

function run(
  handlers: Record<string, SourceHandler>,
  steps: string[] = [],
): InMemoryRun & { clock: VirtualClock } {
  const clock = virtualClock(0)
  const onStep = (state: { snapshot: { value: unknown } }): void =>
    void steps.push(String(state.snapshot.value))
  const name = 'w1'
  return { ...runInMemory(definition, { name, input: {}, clock, handlers, onStep }), clock }
}
const never = (): Promise<never> => new Promise(() => undefined)

describe('a machine in memory', () => {
  test('gives its sources their input and resolves with its output', async () => {
    const steps: string[] = []
    const { output, clock } = run({ work: ({ n }: { n: number }) => n * 3 }, steps)
    expect(await finish(clock, output)).toBe(6)
    expect(steps).toEqual(['working', 'over'])
    expect(clock.nextDeadline()).toBeUndefined()
  })

  test('fires its timers and aborts what it leaves', async () => {
    const signals: AbortSignal[] = []
    const { output, clock } = run({ work: (_input, signal) => (signals.push(signal), never()) })
    expect(await finish(clock, output)).toBeNull()
    expect(clock.now()).toBe(150)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
  })

  test('takes events, and drops what an aborted source still says', async () => {
    const steps: string[] = []
    const late = Promise.withResolvers<number>()
    const { output, send, clock } = run({ work: () => late.promise }, steps)
    send({ type: 'LEAVE' })
    late.resolve(7)
    await rest()
    expect(steps).toEqual(['working', 'resting'])
    expect(await finish(clock, output)).toBeNull()
  })

  test.each<[string, Record<string, SourceHandler>]>([
    ['a source without a handler', {}],
    [
      'a handler that throws',
      {
        work: () => {
          throw new Error('no handler for source work')
        },
      },
    ],
  ])('%s is an error of that child', async (_what, handlers) => {
    const { output } = run(handlers)
    await expect(output).rejects.toMatchObject({
      code: 'machine-failed',
      message: 'worker ended in error: no handler for source work',
    })
  })

  test.each<[string, unknown, string]>([
    ['a function', { send: () => undefined }, 'result.send (function)'],
    ['a date', new Date(0), 'result (Date)'],
    ['a cycle', cycle(), 'result.self (a cycle)'],
  ])(
    'a result with %s is an error of that child, and not of the process',
    async (_what, result, place) => {
      const { output } = run({ work: () => result })
      await expect(output).rejects.toThrow(`${place} is not JSON; return plain data`)
    },
  )

  test('leaves nothing behind on a signal that outlives it', async () => {
    const { signal } = new AbortController()
    for (const work of [() => 1, () => Promise.reject(new Error('no'))]) {
      const parts = { name: 'w1', input: {}, clock: virtualClock(0), handlers: { work }, signal }
      await runInMemory(definition, parts).output.catch(() => undefined)
    }
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('an action that throws ends it and aborts its sources', async () => {
    const signals: AbortSignal[] = []
    const { output, send, clock } = run({
      work: (_input, signal) => (signals.push(signal), never()),
    })
    await rest()
    send({ type: 'BREAK' })
    await expect(output).rejects.toThrow('worker ended in error: broken')
    expect([signals[0]?.aborted, clock.nextDeadline()]).toEqual([true, undefined])
  })
})

function cycle(): object {
  const one: { self?: object } = {}
  one.self = one
  return one
}
