import { firstIssue } from '../contracts/envelope.ts'
import type { ErrorValue } from '../contracts/error.ts'
import { AshlarError, toErrorValue } from '../contracts/error.ts'
import type { Clock } from '../contracts/clock.ts'
import { findNonJson } from '../contracts/json.ts'
import type { Ids } from '../contracts/ids.ts'
import type { Random } from '../contracts/random.ts'
import type { AnyTool, ToolOutcome } from '../contracts/tool.ts'
import { toolFailure } from '../contracts/tool.ts'
import type { Breaker } from './breaker.ts'
import { giveUpCall } from './give-up.ts'
import type { EffectLedger } from './ledger.ts'

/** How far the clocks of two processes may differ. */
const clockMarginMs = 5_000

export interface ToolPorts {
  ledger: EffectLedger
  ids: Ids
  clock: Clock
  random: Random
  breaker: Breaker
}

/** A result or an option that breaks its contract; trying again with the same input cannot help. */
export class ContractError extends AshlarError {
  override readonly name = 'ContractError'

  constructor(what: string, problem: string) {
    super('contract', `${what}: ${problem}`)
  }
}

interface PreparedCall {
  input: () => object
  handlers: Record<string, (input: never, signal: AbortSignal) => unknown>
  conclude: (outcome: ToolOutcome) => { output: unknown } | { error: ErrorValue }
  giveUp: (deliveries: number) => Promise<ToolOutcome>
}

/** Sets one call up for the tool-call statechart: its input and what runs behind its sources. */
export function prepareToolCall(
  tool: AnyTool,
  call: { id: string; input: unknown },
  ports: ToolPorts,
): PreparedCall {
  const scope = (attempt: number, signal: AbortSignal) => ({
    idempotencyKey: call.id,
    attempt,
    signal,
  })
  const { effect, retry, timeoutMs, reconcile } = tool
  const run = ports.ids.next()
  /** Of the intent that a question to the outside system is about. */
  let revision = 0
  return {
    input() {
      const validation = validate(tool, call.input)
      return {
        validation,
        // A call that is not valid must not take the one try of a breaker that has rested.
        admission: validation.valid ? admit(ports.breaker) : { admitted: true },
        effect,
        retry,
        timeoutMs,
        jitter: ports.random.next(),
        canReconcile: reconcile !== undefined,
      }
    },
    handlers: {
      async recordIntent() {
        const entry = await ports.ledger.begin(call.id, tool.name, run)
        if (entry.kind === 'settled') return entry
        revision = entry.revision
        if (entry.kind === 'new') return { kind: 'new' }
        // The earlier execution may still be going on; only after its time can one ask about it.
        const overMs = entry.sinceMs + timeoutMs + clockMarginMs
        return { kind: 'open', waitMs: Math.max(0, overMs - ports.clock.now()) }
      },
      async execute({ input, attempt }: { input: never; attempt: number }, signal: AbortSignal) {
        const result: unknown = await tool.execute(input, scope(attempt, signal))
        try {
          return checkOutput(tool, result)
        } catch (thrown) {
          // It ran, so for a `once` tool this is no clean failure: ask, or be in doubt.
          if (effect === 'once') throw new Error(toErrorValue(thrown).message, { cause: thrown })
          throw thrown
        }
      },
      async reconcile({ input, attempt }: { input: never; attempt: number }, signal: AbortSignal) {
        const found = await reconcile!(input, scope(attempt, signal))
        if (found.kind === 'didNotHappen') {
          const isOurs = await ports.ledger.takeOver(call.id, tool.name, run, revision)
          // It was true when it was said; meanwhile another delivery may have begun to execute.
          return isOurs ? found : { kind: 'superseded' }
        }
        return found.kind === 'happened'
          ? { ...found, output: checkOutput(tool, found.output) }
          : found
      },
      recordOutcome: ({ outcome }: { outcome: ToolOutcome }) =>
        ports.ledger.settle(call.id, tool.name, outcome),
    },
    giveUp: (deliveries) => giveUpCall(tool, { id: call.id, run, deliveries }, ports.ledger),
    conclude(outcome) {
      if (outcome.kind !== 'rejected') ports.breaker.record(outcome.kind === 'done')
      return outcome.kind === 'done'
        ? { output: outcome.output }
        : { error: toolFailure(tool.name, outcome) }
    },
  }
}

type Validation = { valid: true; value: unknown } | { valid: false; reason: string }

function validate(tool: AnyTool, input: unknown): Validation {
  const parsed = tool.input.safeParse(input)
  if (parsed.success) return { valid: true, value: parsed.data as unknown }
  const reason = `the input of ${tool.name} breaks its schema: ${firstIssue(parsed.error)}`
  return { valid: false, reason }
}

function admit(breaker: Breaker): { admitted: true } | { admitted: false; reason: string } {
  const reason = breaker.refusal()
  return reason === undefined ? { admitted: true } : { admitted: false, reason }
}

function checkOutput(tool: AnyTool, result: unknown): unknown {
  const parsed = tool.output.safeParse(result)
  if (parsed.success) {
    const { data } = parsed
    const lost = data === undefined ? undefined : findNonJson(data, 'result')
    if (lost === undefined) return data
    throw new ContractError(`tool ${tool.name}`, `${lost} is not JSON; return plain data`)
  }
  throw new ContractError(
    `tool ${tool.name}`,
    `its result breaks the output schema: ${firstIssue(parsed.error)}`,
  )
}
