import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { UnavailableError } from '../../src/contracts/error.ts'
import { defineTool } from '../../src/tools/define-tool.ts'
import { finish, rest } from './finish.ts'
import { callId, openDesk, scripted } from './tool-desk.ts'

const shape = {
  name: 'book',
  input: z.object({ seats: z.number(), bags: z.number().default(0) }),
  output: z.object({ code: z.string() }),
  effect: 'idempotent',
  timeoutMs: 1_000,
  retry: { attempts: 3, firstDelayMs: 100, maxDelayMs: 1_000 },
} as const
const never = new Promise<never>(() => undefined)
const booked = { code: 'ABC' }

describe('a repeatable call', () => {
  test('gives the checked input and the identity of the call, and returns the checked output', async () => {
    const desk = openDesk()
    const seen: unknown[] = []
    const tool = defineTool({
      ...shape,
      execute(input, { idempotencyKey, attempt }) {
        seen.push({ input, idempotencyKey, attempt })
        return { ...booked, secret: 'dropped by the schema' }
      },
    })
    expect(await finish(desk.clock, desk.call(tool))).toEqual({ output: booked })
    expect(seen).toEqual([{ input: { seats: 1, bags: 0 }, idempotencyKey: callId, attempt: 1 }])
  })

  test('is repeated after failures with the same key until it is done', async () => {
    const desk = openDesk()
    const { run, scopes } = scripted([new Error('1'), new UnavailableError('2'), booked])
    const tool = defineTool({ ...shape, execute: run })
    expect(await finish(desk.clock, desk.call(tool))).toEqual({ output: booked })
    expect(scopes.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    expect(new Set(scopes.map(({ idempotencyKey }) => idempotencyKey))).toEqual(new Set([callId]))
    // Seed 1 gives a jitter of 0.627: 63 and 125 of at most 100 and 200 ms.
    expect(desk.clock.now()).toBe(63 + 125)
  })

  test('fails after its attempts with the last error and their number', async () => {
    const desk = openDesk()
    const { run } = scripted<typeof booked>([new Error('1'), new Error('2'), new TypeError('3')])
    const completion = await finish(desk.clock, desk.call(defineTool({ ...shape, execute: run })))
    expect(completion).toEqual({
      error: {
        name: 'ToolFailure',
        kind: 'failed',
        tool: 'book',
        attempts: 3,
        cause: { name: 'TypeError', message: '3' },
        message: 'book failed after 3 attempt(s): 3',
      },
    })
  })

  test('a timeout aborts the signal of the attempt, and the next one may succeed', async () => {
    const desk = openDesk()
    const { run, scopes } = scripted([never, booked])
    const tool = defineTool({ ...shape, execute: run })
    expect(await finish(desk.clock, desk.call(tool))).toEqual({ output: booked })
    expect(scopes.map(({ signal }) => signal.aborted)).toEqual([true, false])
    expect(desk.clock.now()).toBe(1_000 + 63)
  })

  test('timing out every time fails as a timeout', async () => {
    const desk = openDesk()
    const { run } = scripted([never, never, never])
    const completion = await finish(desk.clock, desk.call(defineTool({ ...shape, execute: run })))
    expect(completion).toMatchObject({
      error: { kind: 'failed', attempts: 3, cause: { name: 'TimeoutError', code: 'timeout' } },
    })
  })

  test('a result that breaks the output schema fails without another attempt', async () => {
    const desk = openDesk()
    const { run, scopes } = scripted([{ code: 7 }, booked])
    const tool = defineTool({ ...shape, execute: run as never })
    expect(await finish(desk.clock, desk.call(tool))).toMatchObject({
      error: {
        kind: 'failed',
        attempts: 1,
        cause: {
          name: 'ContractError',
          message:
            'tool book: its result breaks the output schema: ' +
            'code: Invalid input: expected string, received number',
        },
      },
    })
    expect(scopes).toHaveLength(1)
  })

  test('an input that breaks the schema is rejected without an execution', async () => {
    const desk = openDesk()
    const { run, scopes } = scripted([booked])
    const tool = defineTool({ ...shape, execute: run })
    const message =
      'book rejected: the input of book breaks its schema: ' +
      'seats: Invalid input: expected number, received string'
    expect(await finish(desk.clock, desk.call(tool, { seats: 'two' }))).toEqual({
      error: { name: 'ToolFailure', kind: 'rejected', tool: 'book', message },
    })
    expect(scopes).toHaveLength(0)
  })

  test('leaves nothing in the ledger', async () => {
    const desk = openDesk()
    await finish(desk.clock, desk.call(defineTool({ ...shape, execute: () => booked })))
    expect(await desk.ledger.begin(callId, 'book', 'a run')).toMatchObject({ kind: 'new' })
  })
})

describe('a caller that leaves', () => {
  const reason = 'book rejected: the caller has left the state that made the call'

  test('ends the call and aborts the attempt', async () => {
    const desk = openDesk()
    const { run, scopes } = scripted([never])
    const abort = new AbortController()
    const running = desk.call(defineTool({ ...shape, execute: run }), undefined, abort.signal)
    await rest()
    abort.abort()
    expect(await running).toMatchObject({ error: { kind: 'rejected', message: reason } })
    expect(scopes[0]?.signal.aborted).toBe(true)
    expect(desk.clock.nextDeadline()).toBeUndefined()
  })

  test('before the call begins spares the execution', async () => {
    const desk = openDesk()
    const { run, scopes } = scripted([booked])
    const tool = defineTool({ ...shape, execute: run })
    const completion = await desk.call(tool, undefined, AbortSignal.abort())
    expect(completion).toMatchObject({ error: { kind: 'rejected', message: reason } })
    await rest()
    expect(scopes).toHaveLength(0)
  })
})

describe('the breaker of a tool', () => {
  const failing = defineTool({
    ...shape,
    retry: { attempts: 1 },
    execute: () => {
      throw new Error('down')
    },
  })

  test('rejects calls after a row of failures, and takes them again when it has rested', async () => {
    const desk = openDesk()
    await finish(desk.clock, desk.call(failing))
    await finish(desk.clock, desk.call(failing))
    const working = defineTool({ ...shape, execute: () => booked })
    expect(await finish(desk.clock, desk.call(working))).toMatchObject({
      error: {
        kind: 'rejected',
        message:
          'book rejected: the breaker is open after 2 failures in a row; try again in 1000 ms',
      },
    })
    desk.clock.advance(1_000)
    expect(await finish(desk.clock, desk.call(working))).toEqual({ output: booked })
    expect(await finish(desk.clock, desk.call(working))).toEqual({ output: booked })
  })

  test('does not count bad input against the tool', async () => {
    const desk = openDesk()
    const tool = defineTool({ ...shape, execute: () => booked })
    for (let call = 0; call < 5; call++) await finish(desk.clock, desk.call(tool, {}))
    expect(desk.breaker.refusal()).toBeUndefined()
  })
})
