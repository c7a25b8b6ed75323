import { describe, expect, test } from 'vitest'
import { fileURLToPath } from 'node:url'
import type { KeyValue } from 'ashlar'
import { createLocalBroker, virtualClock } from 'ashlar/testing'
import * as z from 'zod'
import { loadAirlineData } from '../../examples/airline-desk/domain/load.ts'
import { createTools } from '../../examples/airline-desk/tools.ts'
import { openContractBench } from '../../src/cli/contract-bench.ts'
import { toolContract } from '../../src/cli/contract-tests.ts'
import type { AnyTool } from '../../src/contracts/tool.ts'
import type { Clause, ClauseOutcome } from '../../src/proof/clause.ts'
import type { Bench } from '../../src/proof/contract-bench.ts'
import { toolClauses } from '../../src/proof/tool-clauses.ts'
import type { ToolTestOptions } from '../../src/proof/tool-under-test.ts'
import { bugs, payIdempotently, payOnce, withBank } from './bank.ts'

const airlineData = fileURLToPath(new URL('../../examples/airline-desk/data', import.meta.url))
const lenient = withBank as ToolTestOptions

async function run(clauses: readonly Clause[]): Promise<Map<string, ClauseOutcome>> {
  const outcomes = new Map<string, ClauseOutcome>()
  for (const clause of clauses) outcomes.set(clause.id, await clause.run())
  return outcomes
}

function failedOf(outcomes: Map<string, ClauseOutcome>): string[] {
  return [...outcomes].filter(([, { kind }]) => kind === 'failed').map(([id]) => id)
}

describe('a seeded bug is found by the clause that is meant for it, and by no other', () => {
  test.each(bugs)('a tool that $title', async ({ tool, clause, reason, options = withBank }) => {
    const outcomes = await run(toolContract(tool, options as ToolTestOptions))
    expect(failedOf(outcomes)).toEqual([clause])
    expect(outcomes.get(clause)).toMatchObject({ reason: expect.stringMatching(reason) as string })
  })

  test.each([
    ['input', 'input'],
    ['output', 'output'],
  ] as const)('a schema of the %s that makes what JSON cannot hold', async (member, clause) => {
    const dated = z.looseObject({ at: z.string().transform(() => new Date(0)) })
    const tool = { ...payIdempotently(), [member]: dated } as AnyTool
    const outcomes = await run(toolContract(tool))
    expect(outcomes.get(clause)).toMatchObject({
      reason: /at \(Date\) of it, which is not JSON/ as never,
    })
  })

  test.each([
    ['idempotent', payIdempotently()],
    ['once', payOnce()],
  ])('a sound tool of effect %s keeps every clause that applies', async (_, tool) => {
    const outcomes = await run(toolContract(tool as AnyTool, lenient))
    const others = [...outcomes].filter(([, { kind }]) => kind !== 'ok').map(([id]) => id)
    const apply =
      tool.effect === 'once' ? [] : ['interrupted', 'reconcile-happened', 'reconcile-nothing']
    expect(others).toEqual(['compensation', ...apply])
  })

  test('a write of the airline desk that is given another key each time is found', async () => {
    const clock = virtualClock()
    const { keyValue } = createLocalBroker({ clock }).connect('desk')
    let written = 0
    const put: KeyValue['put'] = async (...args) => {
      const result = await keyValue.put(...args)
      if (result.kind === 'written') written++
      return result
    }
    const base = await loadAirlineData(airlineData)
    const tools = createTools(base, { ...keyValue, put }, () => undefined)
    const sound = tools.find(({ name }) => name === 'send_certificate')!
    let keys = 0
    const tool: AnyTool = {
      ...sound,
      execute: (input, scope) =>
        sound.execute(input, { ...scope, idempotencyKey: `key-${++keys}` }) as Promise<unknown>,
    }
    const options: ToolTestOptions = {
      examples: [{ branch: 'b', arguments: { user_id: 'nora_vale_1101', amount: 50 } }],
      outside: { effects: () => written },
    }
    expect(failedOf(await run(toolContract(sound, options)))).toEqual([])
    expect(written).toBeGreaterThan(0)
    expect(failedOf(await run(toolContract(tool, options)))).toEqual(['same-key'])
  })

  test('without leave to execute, no code of the tool is called', async () => {
    const boom = (): never => {
      throw new Error('it was called')
    }
    const tool = payOnce({ execute: boom, reconcile: boom }) as AnyTool
    const outcomes = await run(toolContract(tool, { ...lenient, execute: false, arrange: boom }))
    expect(failedOf(outcomes)).toEqual([])
    expect(outcomes.get('same-key')?.kind).toBe('notRun')
  })

  test('what takes longer than its own timeout has not ended well', async () => {
    const tool = payIdempotently({ execute: () => new Promise<never>(() => undefined) }) as AnyTool
    const outcomes = await run(toolContract(tool, { ...lenient, patienceMs: 20 }))
    expect(outcomes.get('answers')).toMatchObject({ reason: /20 ms of real time/ as never })
  })
})

/** What a runtime that breaks its word would do to each call. */
const sabotages: [string, string, (tool: AnyTool) => AnyTool][] = [
  ['retry', 'idempotent', (tool) => ({ ...tool, retry: { ...tool.retry, attempts: 9 } })],
  ['retry', 'once', (tool) => ({ ...tool, effect: 'idempotent' })],
  ['timeout', 'idempotent', (tool) => ({ ...tool, timeoutMs: tool.timeoutMs * 2 })],
  ['interrupted', 'once', (tool) => ({ ...tool, effect: 'idempotent' })],
  ['same-key', 'once', (tool) => ({ ...tool, effect: 'idempotent' })],
  ['bad-input', 'idempotent', (tool) => ({ ...tool, input: payAnything })],
  ['bad-output', 'idempotent', (tool) => ({ ...tool, output: payAnything })],
  [
    'terminal',
    'idempotent',
    (tool) => ({
      ...tool,
      execute: async (input: unknown, scope: never): Promise<unknown> => {
        try {
          return await (tool.execute(input, scope) as Promise<unknown>)
        } catch {
          throw new Error('it forgot that it was terminal')
        }
      },
    }),
  ],
]
const payAnything = {
  safeParse: (data: unknown) => ({ success: true, data }),
} as unknown as AnyTool['input']

describe('a runtime that breaks its word is found out', () => {
  test.each(sabotages)('by the clause %s of a tool of effect %s', async (id, effect, sabotage) => {
    const tool = (effect === 'once' ? payOnce() : payIdempotently()) as AnyTool
    const openBench = (): Bench => {
      const bench = openContractBench()
      const serve: Bench['serve'] = ({ tools }) => bench.serve({ tools: tools!.map(sabotage) })
      return { ...bench, serve }
    }
    const outcomes = await run(toolClauses({ tool, options: lenient, openBench }))
    expect(failedOf(outcomes)).toContain(id)
  })

  test('by the clause cancel, when nobody tells a call that its caller has left', async () => {
    const openBench = (): Bench => {
      const bench = openContractBench()
      return {
        ...bench,
        serve(parts) {
          const performer = bench.serve(parts)
          return {
            ...performer,
            perform: (call) => performer.perform(call, new AbortController().signal),
          }
        },
      }
    }
    const tool = payIdempotently() as AnyTool
    const outcomes = await run(toolClauses({ tool, options: lenient, openBench }))
    expect(failedOf(outcomes)).toEqual(['cancel'])
  })
})
