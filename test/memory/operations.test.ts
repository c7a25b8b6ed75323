import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { virtualClock } from '../../src/contracts/clock.ts'
import { UnavailableError } from '../../src/contracts/error.ts'
import type { MemoryOperation } from '../../src/contracts/memory.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import type { Completion } from '../../src/actors/performer.ts'
import { createPerformer } from '../../src/actors/performer.ts'
import type { KeyValue } from '../../src/bus/key-value.ts'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import { memoryOperationMachine } from '../../src/machines/memory-operation.ts'
import { Memory } from '../../src/memory/memory.ts'
import { forget, memoryOperations, recall, remember } from '../../src/memory/operations.ts'
import { prepareMemoryOperation } from '../../src/memory/prepare.ts'
import { finish } from '../tools/finish.ts'

const definition = defineAgent({ machine: memoryOperationMachine })
const agent = { type: 'desk', id: 'case-1' }

function open(wrap: (keyValue: KeyValue) => KeyValue = (keyValue) => keyValue) {
  const clock = virtualClock(0)
  const { keyValue } = createLocalBroker({ clock }).connect('test')
  const kinds = { seat: z.number(), meal: z.string() }
  const memory = new Memory({ keyValue: wrap(keyValue), clock, kinds })
  const run = (
    operation: MemoryOperation<never, never> | object,
    input: unknown,
    id = 'desk/case-1:3:0',
  ): Promise<Completion> => {
    const one = operation as MemoryOperation<never>
    const performer = createPerformer({
      kind: 'memory',
      name: one.name,
      concurrency: 1,
      ackWaitMs: 1_000,
      definition,
      clock,
      prepare: (call) => prepareMemoryOperation(memory, one, call),
    })
    const call = { id, agent, input, offered: [], budgets: [] }
    return finish(clock, performer.perform(call, new AbortController().signal))
  }
  return { clock, keyValue, run }
}

const seat = { subject: 'user/mia', kind: 'seat', value: 4 }

describe('memory operations', () => {
  test('are three, each a source of its own name', () => {
    expect(memoryOperations.map(({ name }) => name)).toEqual(['remember', 'recall', 'forget'])
    expect(memoryOperations.every(({ kind }) => kind === 'memory')).toBe(true)
  })

  test('remember, recall and forget work together, with the agent and the call as source', async () => {
    const { run } = open()
    expect(await run(remember, seat)).toEqual({ output: { kind: 'remembered', version: 1 } })
    expect(await run(recall, { subject: 'user/mia' })).toMatchObject({
      output: [{ ...seat, source: { actor: 'desk/case-1', event: 'desk/case-1:3:0' } }],
    })
    expect(await run(forget, { subject: 'user/mia' })).toEqual({ output: { forgotten: 1 } })
    expect(await run(recall, { subject: 'user/mia' })).toEqual({ output: [] })
  })

  test('a re-delivered remember does not make a new version', async () => {
    const { run } = open()
    for (let delivery = 1; delivery <= 3; delivery++) {
      expect(await run(remember, seat)).toEqual({ output: { kind: 'remembered', version: 1 } })
    }
    expect(await run(remember, seat, 'desk/case-1:4:0')).toEqual({
      output: { kind: 'remembered', version: 2 },
    })
  })

  test('a conflict is an output, for the statechart to handle', async () => {
    const { run } = open()
    await run(remember, seat)
    const late = { ...seat, value: 5, expectedVersion: 0 }
    expect(await run(remember, late, 'desk/case-1:5:0')).toMatchObject({
      output: { kind: 'conflict', present: { value: 4, version: 1 } },
    })
  })

  test.each([
    [remember, { subject: '', kind: 'seat', value: 1 }, 'subject: Too small'],
    [remember, { subject: 's', kind: 'k'.repeat(61), value: 1 }, 'kind: Too big'],
    [remember, { ...seat, expectedVersion: -1 }, 'expectedVersion: Too small'],
    [recall, {}, 'subject: Invalid input'],
    [forget, { subject: 's'.repeat(151) }, 'subject: Too big'],
  ])('%j: bad input %j is rejected', async (operation, input, problem) => {
    const { keyValue, run } = open()
    const completion = await run(operation, input)
    expect(completion).toMatchObject({ error: { name: 'MemoryFailure', kind: 'rejected' } })
    const { message } = (completion as { error: Error }).error
    expect(message).toContain(`the input of ${operation.name} breaks its schema: ${problem}`)
    expect(await keyValue.keys('memory')).toEqual([])
  })

  test('a value that breaks the contract of its kind is rejected', async () => {
    const { clock, run } = open()
    expect(await run(remember, { ...seat, value: 'four' })).toEqual({
      error: {
        name: 'MemoryFailure',
        kind: 'rejected',
        message:
          'the value breaks the contract of seat: ' +
          'value: Invalid input: expected number, received string',
      },
    })
    expect(clock.now()).toBe(0)
  })

  test('a subject that is too long when escaped is rejected', async () => {
    const { run } = open()
    const input = { ...seat, subject: '日'.repeat(100) }
    expect(await run(remember, input)).toMatchObject({
      error: { kind: 'rejected', message: expect.stringContaining('more than 400') as string },
    })
  })
})

describe('a store in trouble', () => {
  const refusing = (times: number, thrown: Error) => {
    let calls = 0
    return (keyValue: KeyValue): KeyValue => ({
      ...keyValue,
      get: (bucket, key) => (++calls <= times ? Promise.reject(thrown) : keyValue.get(bucket, key)),
    })
  }

  test('a short outage is waited out', async () => {
    const { clock, run } = open(refusing(2, new UnavailableError('no broker')))
    expect(await run(remember, seat)).toEqual({ output: { kind: 'remembered', version: 1 } })
    expect(clock.now()).toBe(10 + 20)
  })

  test('a long outage is waited out as well', async () => {
    const { clock, run } = open(refusing(99, new UnavailableError('no broker')))
    const recalled = await run(recall, { subject: 's', kind: 'seat' })
    expect(recalled).toEqual({ output: [] })
    expect(clock.now()).toBeGreaterThan(90 * 2_000)
  })

  test('any other error is final', async () => {
    const { clock, run } = open(refusing(1, new Error('broken')))
    expect(await run(remember, seat)).toMatchObject({ error: { kind: 'failed' } })
    expect(clock.now()).toBe(0)
  })

  test('a lost race is run again until it is won', async () => {
    let rivals = 2
    const { run } = open((keyValue) => ({
      ...keyValue,
      async put(bucket, key, value, expected) {
        // A rival writes first, twice.
        if (rivals-- > 0) {
          const fact = JSON.parse(new TextDecoder().decode(value)) as object
          const theirs = {
            ...fact,
            value: 9,
            source: { actor: 'desk/2', event: `rival-${rivals}` },
          }
          await keyValue.put(bucket, key, new TextEncoder().encode(JSON.stringify(theirs)))
        }
        return keyValue.put(bucket, key, value, expected)
      },
    }))
    expect(await run(remember, seat)).toEqual({ output: { kind: 'remembered', version: 3 } })
    expect(await run(recall, { subject: 'user/mia' })).toMatchObject({
      output: [{ value: 4, version: 3 }],
    })
  })
})
