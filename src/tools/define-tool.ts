import type * as z from 'zod'
import { InputError } from '../contracts/error.ts'
import type { EffectClass, RetryPolicy, Tool, ToolContract } from '../contracts/tool.ts'

export interface ToolDeclaration<Input, Output> {
  /** Letters, digits, `-`, `_` and `.`; the name of the queue. */
  name: string
  version?: string
  description?: string
  input: z.ZodType<Input>
  output: z.ZodType<Output>
  effect: EffectClass
  /** Longest time for one attempt. Default: 30 s. */
  timeoutMs?: number
  /** Default: 3 attempts, 100 ms to 5 s apart. A `once` tool is never repeated blindly. */
  retry?: Partial<RetryPolicy>
  /** Calls executed at the same time by one process. Default: 16. */
  concurrency?: number
}

const defaultRetry: RetryPolicy = { attempts: 3, firstDelayMs: 100, maxDelayMs: 5_000 }
const namePattern = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/

/**
 * Declares a tool: all that a caller needs. The implementation may live in another process.
 * @throws InputError when a member is out of bounds
 */
export function declareTool<Input, Output>(
  declaration: ToolDeclaration<Input, Output>,
): ToolContract<Input, Output> {
  const {
    version = '1',
    description = '',
    timeoutMs = 30_000,
    concurrency = 16,
    retry = {},
    ...given
  } = declaration
  const full = { ...defaultRetry, ...retry }
  const named = `tool ${given.name}`
  check(namePattern.test(given.name), 'tool name', 'a name such as `book_flight`', given.name)
  check(
    ['read', 'idempotent', 'once'].includes(given.effect),
    `${named}: effect`,
    '`read`, `idempotent` or `once`',
    given.effect,
  )
  check(timeoutMs > 0, `${named}: timeoutMs`, 'a positive number of milliseconds', timeoutMs)
  check(concurrency >= 1, `${named}: concurrency`, 'at least 1', concurrency)
  check(full.attempts >= 1, `${named}: retry.attempts`, 'at least 1', full.attempts)
  for (const delay of ['firstDelayMs', 'maxDelayMs'] as const) {
    check(full[delay] >= 0, `${named}: retry.${delay}`, 'at least 0 milliseconds', full[delay])
  }
  return { kind: 'tool', version, description, timeoutMs, concurrency, retry: full, ...given }
}

/**
 * Defines a tool with its implementation.
 * @throws InputError when a member is out of bounds
 */
export function defineTool<Input, Output>(
  definition: (ToolDeclaration<Input, Output> | ToolContract<Input, Output>) &
    Pick<Tool<Input, Output>, 'execute' | 'reconcile' | 'compensate'>,
): Tool<Input, Output> {
  const { execute, reconcile, compensate, ...declaration } = definition
  check(
    typeof execute === 'function',
    `tool ${declaration.name}: execute`,
    'a function',
    typeof execute,
  )
  return {
    ...declareTool(declaration),
    execute,
    ...(reconcile ? { reconcile } : {}),
    ...(compensate ? { compensate } : {}),
  }
}

function check(holds: boolean, field: string, expected: string, got: unknown): void {
  if (!holds) throw new InputError({ field, expected, got, todo: 'correct the declaration' })
}
