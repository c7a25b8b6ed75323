import { findNonJson, isObject } from '../contracts/json.ts'
import { firstIssue } from '../contracts/envelope.ts'
import type * as z from 'zod'
import type { Clause } from './clause.ts'
import { clause, expectThat, shown, untested } from './clause.ts'
import { perform, settle } from './contract-bench.ts'
import { nearMisses } from './near-misses.ts'
import type { ToolUnderTest } from './tool-under-test.ts'
import {
  endOf,
  failureOf,
  inputsOf,
  isSameJson,
  namesPath,
  outputsOf,
  serveStandIn,
} from './tool-under-test.ts'

/** What the schemas of a tool promise; its own code is not called. */
export function declaredClauses(under: ToolUnderTest): Clause[] {
  return [inputFits(under), outputFits(under), badInput(under), badOutput(under), undone(under)]
}

/** What a schema accepts can be stored and read again, as itself. @throws BrokenClauseError */
export function expectRoundTrip(schema: z.ZodType, value: unknown, what: string): void {
  const parsed = schema.safeParse(value)
  expectThat(
    parsed.success,
    () => `${what} ${shown(value)} breaks its schema: ${firstIssue(parsed.error!)}`,
  )
  const { data } = parsed
  const lost = data === undefined ? undefined : findNonJson(data, what)
  expectThat(lost === undefined, () => `the schema makes ${lost} of it, which is not JSON`)
  if (data === undefined) return
  const stored: unknown = JSON.parse(JSON.stringify(data))
  expectThat(isSameJson(stored, data), () => `JSON changes ${what} ${shown(data)}`)
}

function inputFits(under: ToolUnderTest): Clause {
  return clause('input', 'example inputs fit the input schema and survive JSON', () => {
    for (const value of inputsOf(under)) expectRoundTrip(under.tool.input, value, 'the input')
  })
}

function outputFits(under: ToolUnderTest): Clause {
  return clause('output', 'example results fit the output schema and survive JSON', () => {
    for (const value of outputsOf(under)) expectRoundTrip(under.tool.output, value, 'the result')
  })
}

function badInput(under: ToolUnderTest): Clause {
  const says = 'an input that breaks the schema is rejected by its member, and nothing is executed'
  return clause('bad-input', says, async () => {
    const { tool, openBench } = under
    const bench = openBench()
    let executions = 0
    const performer = serveStandIn(bench, tool, {
      execute: () => executions++,
      reconcile: () => executions++,
    })
    const misses = nearMisses(tool.input, inputsOf(under))
    for (const { value, path, what } of misses) {
      const ended = await settle(bench, perform(performer, { input: value }))
      const at = `${path || 'the input'}: ${what}, as in ${shown(value)}`
      expectThat(failureOf(ended)?.kind === 'rejected', () => `${at}: ended as ${endOf(ended)}`)
      const { message } = failureOf(ended)!
      expectThat(path === '' || namesPath(message, path), () => `${at}: not named in: ${message}`)
      expectThat(executions === 0, `${at}: it was executed`)
    }
  })
}

function badOutput(under: ToolUnderTest): Clause {
  const { tool, openBench } = under
  const isOnce = tool.effect === 'once'
  const expected = isOnce ? 'inDoubt' : 'failed'
  const says = `a result that breaks the schema ends as ${isOnce ? 'in doubt' : 'failed'} and is named`
  return clause('bad-output', says, async () => {
    const [input] = inputsOf(under)
    const misses = nearMisses(tool.output, outputsOf(under))
    for (const { value, path, what } of misses) {
      const bench = openBench()
      const performer = serveStandIn(bench, tool, { execute: () => value })
      const ended = await settle(bench, perform(performer, { input }))
      const at = `${path || 'the result'}: ${what}`
      expectThat(failureOf(ended)?.kind === expected, () => `${at}: ended as ${endOf(ended)}`)
      const { message } = failureOf(ended)!
      expectThat(path === '' || namesPath(message, path), () => `${at}: not named in: ${message}`)
    }
  })
}

function undone(under: ToolUnderTest): Clause {
  const { compensate } = under.tool
  const id = 'compensation'
  if (!compensate) {
    const says = 'what undoes a call takes what it is given'
    return untested(id, says, 'notApplicable', 'it declares no `compensate`')
  }
  return clause(id, `${compensate.tool.name}, which undoes a call, takes what it is given`, () => {
    const [firstOutput] = outputsOf(under)
    const pairs = [
      ...inputsOf(under).map((input) => ({ input, output: firstOutput })),
      ...outputsOf(under).map((output) => ({ input: inputsOf(under)[0], output })),
    ]
    for (const call of pairs) {
      const given = compensate.input(structuredClone(call))
      const parsed = compensate.tool.input.safeParse(given)
      expectThat(
        parsed.success,
        () => `of ${shown(call)} it makes ${shown(given)}: ${firstIssue(parsed.error!)}`,
      )
    }
    if (!compensate.ifInDoubt) return
    const given = compensate.input({ input: structuredClone(pairs[0]!.input), output: undefined })
    const isTaken = isObject(given) && compensate.tool.input.safeParse(given).success
    expectThat(isTaken, () => `in doubt there is no output, and it makes ${shown(given)} of that`)
  })
}
