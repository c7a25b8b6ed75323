import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { UnavailableError } from '../../src/contracts/error.ts'
import type { Reconciled } from '../../src/contracts/tool.ts'
import { AshlarError } from '../../src/contracts/error.ts'
import { defineTool } from '../../src/tools/define-tool.ts'
import type { EffectLedger } from '../../src/tools/ledger.ts'
import { finish, reach, rest } from './finish.ts'
import { callId, createLedger, openDesk, scripted } from './tool-desk.ts'

type Paid = { receipt: string }
const shape = {
  name: 'pay',
  input: z.object({ seats: z.number() }),
  output: z.object({ receipt: z.string() }),
  effect: 'once',
  timeoutMs: 1_000,
  retry: { attempts: 3, firstDelayMs: 100, maxDelayMs: 1_000 },
} as const
const never = new Promise<never>(() => undefined)
const paid = { receipt: 'R-1' }
const inDoubt = (reason: string): object => ({
  error: { name: 'ToolFailure', kind: 'inDoubt', tool: 'pay', message: `pay inDoubt: ${reason}` },
})
const cutOff = 'an earlier execution was cut off'

/** A process begins the call and dies between the intent and the outcome. */
async function crashDuring(ledger: EffectLedger): Promise<void> {
  const { run, scopes } = scripted<Paid>([never])
  void openDesk(ledger).call(defineTool({ ...shape, execute: run }))
  await rest()
  expect(scopes).toHaveLength(1)
}

describe('a once call', () => {
  test('is executed once; a second delivery gets the recorded outcome', async () => {
    const ledger = createLedger()
    const { run, scopes } = scripted([paid])
    const tool = defineTool({ ...shape, execute: run })
    for (let delivery = 1; delivery <= 3; delivery++) {
      const desk = openDesk(ledger)
      expect(await finish(desk.clock, desk.call(tool))).toEqual({ output: paid })
    }
    expect(scopes).toHaveLength(1)
  })

  test('a recorded failure is told again, too', async () => {
    const ledger = createLedger()
    let executions = 0
    const tool = defineTool({
      ...shape,
      execute() {
        executions++
        throw new AshlarError('declined', 'the card was declined')
      },
    })
    const first = openDesk(ledger)
    const outcome = await finish(first.clock, first.call(tool))
    expect(outcome).toMatchObject({ error: { kind: 'failed', cause: { code: 'declined' } } })
    const second = openDesk(ledger)
    expect(await finish(second.clock, second.call(tool))).toEqual(outcome)
    expect(executions).toBe(1)
  })

  test('a result that breaks the schema leaves it in doubt: it did run', async () => {
    const broken = scripted([{ receipt: 5 }, paid])
    const tool = defineTool({ ...shape, execute: broken.run as never })
    const desk = openDesk()
    expect(await finish(desk.clock, desk.call(tool))).toMatchObject({
      error: { kind: 'inDoubt', message: expect.stringContaining('output schema') as string },
    })
    expect(broken.scopes).toHaveLength(1)
  })

  test('a result that is no JSON leaves it in doubt as well, whatever its schema allows', async () => {
    const output = z.any()
    const tool = defineTool({ ...shape, output, execute: () => ({ receipt: new Date(0) }) })
    const desk = openDesk()
    expect(await finish(desk.clock, desk.call(tool))).toMatchObject({
      error: { kind: 'inDoubt', message: expect.stringContaining('receipt (Date)') as string },
    })
  })

  test('has its intent in the ledger before it is executed', async () => {
    const desk = openDesk()
    const entries: unknown[] = []
    const tool = defineTool({
      ...shape,
      async execute() {
        entries.push(await desk.ledger.begin(callId, 'pay', 'another run'))
        return paid
      },
    })
    await finish(desk.clock, desk.call(tool))
    expect(entries).toEqual([{ kind: 'open', sinceMs: 0, revision: 1 }])
    expect(await desk.ledger.begin(callId, 'pay', 'another run')).toEqual({
      kind: 'settled',
      outcome: { kind: 'done', output: paid },
    })
  })

  test('that fails without a reconcile is in doubt and is not repeated', async () => {
    const desk = openDesk()
    const { run, scopes } = scripted<Paid>([new UnavailableError('connection lost'), paid])
    const tool = defineTool({ ...shape, execute: run })
    expect(await finish(desk.clock, desk.call(tool))).toEqual(inDoubt('connection lost'))
    expect(scopes).toHaveLength(1)
  })

  test('that times out without a reconcile is in doubt', async () => {
    const desk = openDesk()
    const { run, scopes } = scripted<Paid>([never])
    const tool = defineTool({ ...shape, execute: run })
    expect(await finish(desk.clock, desk.call(tool))).toEqual(inDoubt('no result in time'))
    expect(scopes[0]?.signal.aborted).toBe(true)
  })

  test('that cannot record its intent waits for the store, unexecuted', async () => {
    const executedAfter: number[] = []
    let asked = 0
    const ledger: EffectLedger = {
      begin: () =>
        ++asked < 30
          ? Promise.reject(new UnavailableError('no broker'))
          : Promise.resolve({ kind: 'new', revision: 1 }),
      takeOver: () => Promise.resolve(true),
      settle: () => Promise.resolve(),
    }
    const desk = openDesk(ledger)
    const tool = defineTool({
      ...shape,
      execute() {
        executedAfter.push(asked)
        return paid
      },
    })
    expect(await finish(desk.clock, desk.call(tool))).toEqual({ output: paid })
    expect(executedAfter).toEqual([30])
  })

  test('that cannot record its intent ends when its caller leaves', async () => {
    const leave = new AbortController()
    const ledger: EffectLedger = {
      begin() {
        leave.abort(new Error('left'))
        return Promise.reject(new UnavailableError('no broker'))
      },
      takeOver: () => Promise.resolve(true),
      settle: () => Promise.resolve(),
    }
    const desk = openDesk(ledger)
    const { run, scopes } = scripted([paid])
    const call = desk.call(defineTool({ ...shape, execute: run }), { seats: 1 }, leave.signal)
    expect(await finish(desk.clock, call)).toMatchObject({ error: { kind: 'rejected' } })
    expect(scopes).toHaveLength(0)
  })

  test('whose outcome cannot be recorded is told all the same', async () => {
    const ledger: EffectLedger = {
      begin: () => Promise.resolve({ kind: 'new', revision: 1 }),
      takeOver: () => Promise.resolve(true),
      settle: () => Promise.reject(new UnavailableError('no broker')),
    }
    const desk = openDesk(ledger)
    const tool = defineTool({ ...shape, execute: () => paid })
    expect(await finish(desk.clock, desk.call(tool))).toEqual({ output: paid })
  })
})

describe('a crash between intent and outcome', () => {
  const secondDelivery = async (
    ledger: EffectLedger,
    found?: (Reconciled<Paid> | Error | Promise<Reconciled<Paid>>)[],
  ): Promise<{ completion: unknown; executed: number; asked: number[] }> => {
    const desk = openDesk(ledger)
    const execution = scripted([paid])
    const question = scripted(found ?? [])
    const reconcile = found ? { reconcile: question.run } : {}
    const tool = defineTool({ ...shape, execute: execution.run, ...reconcile })
    const completion = await finish(desk.clock, desk.call(tool))
    for (const { idempotencyKey } of question.scopes) expect(idempotencyKey).toBe(callId)
    return {
      completion,
      executed: execution.scopes.length,
      asked: question.scopes.map(({ attempt }) => attempt),
    }
  }

  test('without a reconcile is in doubt', async () => {
    const ledger = createLedger()
    await crashDuring(ledger)
    expect(await secondDelivery(ledger)).toEqual({
      completion: inDoubt(cutOff),
      executed: 0,
      asked: [],
    })
  })

  test('what happened is the outcome, and the next delivery knows it', async () => {
    const ledger = createLedger()
    await crashDuring(ledger)
    const happened = { kind: 'happened', output: { receipt: 'R-9' } } as const
    const done = { output: { receipt: 'R-9' } }
    expect(await secondDelivery(ledger, [happened])).toEqual({
      completion: done,
      executed: 0,
      asked: [0],
    })
    expect(await secondDelivery(ledger)).toEqual({ completion: done, executed: 0, asked: [] })
  })

  test('what did not happen is executed now', async () => {
    const ledger = createLedger()
    await crashDuring(ledger)
    expect(await secondDelivery(ledger, [{ kind: 'didNotHappen' }])).toEqual({
      completion: { output: paid },
      executed: 1,
      asked: [0],
    })
  })

  test.each<[string, Reconciled<Paid> | Error | Promise<never>]>([
    ['the outside system does not know', { kind: 'unknown' }],
    ['it does not answer', never],
    ['it answers with an error', new Error('HTTP 500')],
    ['it answers outside the schema', { kind: 'happened', output: {} as Paid }],
  ])('stays in doubt, open for the next delivery, when %s', async (_what, found) => {
    const ledger = createLedger()
    await crashDuring(ledger)
    expect(await secondDelivery(ledger, [found])).toEqual({
      completion: inDoubt(cutOff),
      executed: 0,
      asked: [0],
    })
    const later = await secondDelivery(ledger, [{ kind: 'happened', output: paid }])
    expect(later).toEqual({ completion: { output: paid }, executed: 0, asked: [0] })
  })

  test('of two deliveries that learn that nothing happened, one executes', async () => {
    const ledger = createLedger()
    await crashDuring(ledger)
    const answered = Promise.withResolvers<Reconciled<Paid>>()
    const paying = Promise.withResolvers<Paid>()
    const happened: Reconciled<Paid> = { kind: 'happened', output: paid }
    const first = scripted<Paid>([paying.promise])
    const quick = scripted<Reconciled<Paid>>([{ kind: 'didNotHappen' }])
    const second = scripted<Paid>([])
    const slow = scripted<Reconciled<Paid>>([answered.promise, happened])
    const [one, other] = [openDesk(ledger), openDesk(ledger)]
    const late = other.call(defineTool({ ...shape, execute: second.run, reconcile: slow.run }))
    await reach(other.clock, () => slow.scopes.length === 1)
    const early = one.call(defineTool({ ...shape, execute: first.run, reconcile: quick.run }))
    await reach(one.clock, () => first.scopes.length === 1)
    // What was true when it was asked is told after the other has begun: it is asked once more.
    answered.resolve({ kind: 'didNotHappen' })
    expect(await finish(other.clock, late)).toEqual({ output: paid })
    expect(slow.scopes).toHaveLength(2)
    paying.resolve(paid)
    expect(await finish(one.clock, early)).toEqual({ output: paid })
    expect(second.scopes).toHaveLength(0)
  })

  test('an error is reconciled within the same delivery', async () => {
    const desk = openDesk()
    const execution = scripted<Paid>([new UnavailableError('connection lost'), paid])
    const question = scripted<Reconciled<Paid>>([{ kind: 'didNotHappen' }])
    const tool = defineTool({ ...shape, execute: execution.run, reconcile: question.run })
    expect(await finish(desk.clock, desk.call(tool))).toEqual({ output: paid })
    expect(execution.scopes.map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(question.scopes.map(({ attempt }) => attempt)).toEqual([1])
  })
})
