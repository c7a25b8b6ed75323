import type { AnyDecision, Decision } from '../contracts/decision.ts'
import { InputError } from '../contracts/error.ts'
import type { AgentEvent } from '../contracts/event.ts'
import type { AnyTool, Tool } from '../contracts/tool.ts'
import { estimateTokens } from '../decision/prompt-parts.ts'
import type { Clause } from '../proof/clause.ts'
import { decisionClauses } from '../proof/decision-clauses.ts'
import type { DecisionTestOptions } from '../proof/decision-under-test.ts'
import { toolClauses } from '../proof/tool-clauses.ts'
import type { ToolTestOptions } from '../proof/tool-under-test.ts'
import { openContractBench } from './contract-bench.ts'

/** The contract of a tool, clause by clause, to be run one after the other. */
export function toolContract(tool: AnyTool, options: ToolTestOptions = {}): Clause[] {
  return toolClauses({ tool, options, openBench: openContractBench })
}

/** The contract of a decision, clause by clause. */
export function decisionContract(
  decision: AnyDecision,
  options: DecisionTestOptions = {},
): Clause[] {
  return decisionClauses({ decision, options, openBench: openContractBench, estimateTokens })
}

/** As `test` of vitest, `node:test` or Jest; `skip` of what it passes says that nothing was tested. */
export type DefineTest = (
  name: string,
  // oxlint-disable-next-line typescript/no-explicit-any
  body: (...context: any[]) => Promise<void>,
) => unknown

export interface TestFrame {
  /** Defines a test. Default: a global `test`, as of vitest with `globals`, else that of `node:test`. */
  test?: DefineTest
}

/**
 * Defines one test per clause of a tool's contract, in vitest, `node:test` or Jest, such as
 * `pay_out: a second call with the same idempotency key has no second effect`. A clause that needs
 * something that was not given is a skipped test that says what.
 * @throws InputError in vitest without globals and without `test`
 */
export function testTool<Input, Output>(
  tool: Tool<Input, Output>,
  { test, ...options }: ToolTestOptions<Input, Output> & TestFrame = {},
): void {
  defineClauses(tool.name, toolContract(tool, options as ToolTestOptions), test)
}

/**
 * Defines one test per clause of a decision's contract; see {@link testTool}.
 * @throws InputError in vitest without globals and without `test`
 */
export function testDecision<Input, Option extends AgentEvent>(
  decision: Decision<Input, Option>,
  { test, ...options }: DecisionTestOptions<Input> & TestFrame = {},
): void {
  defineClauses(decision.name, decisionContract(decision, options), test)
}

/** A clause of a contract is broken; the message says how. */
class ContractTestError extends Error {
  override readonly name = 'ContractTestError'
}

/** One test per clause. @throws InputError in vitest without globals and without `test` */
export function defineClauses(
  name: string,
  clauses: readonly Clause[],
  given: DefineTest | undefined,
): void {
  const test = given ?? findTest()
  for (const clause of clauses.filter(({ isMoot }) => !isMoot)) {
    // Without a parameter of its own: Jest would take one for a callback.
    test(`${name}: ${clause.says}`, async (...[context]: unknown[]) => {
      const outcome = await clause.run()
      if (outcome.kind === 'failed') throw new ContractTestError(outcome.reason)
      if (outcome.kind === 'ok') return
      const { skip } = (context ?? {}) as { skip?: unknown }
      if (typeof skip === 'function') skip.call(context, outcome.reason)
    })
  }
}

function findTest(): DefineTest {
  const { test } = globalThis as { test?: DefineTest }
  if (typeof test === 'function') return test
  if ('__vitest_worker__' in globalThis) {
    throw new InputError({
      field: 'test',
      expected: 'the `test` of vitest, which is no global here',
      todo: "write `import { test } from 'vitest'` and pass `{ test }`",
    })
  }
  return process.getBuiltinModule('node:test').test as DefineTest
}
