import type * as z from 'zod'
import { checkMember, checkNumber, checkQueueName } from '../contracts/declaration.ts'
import type {
  EffectClass,
  RetryPolicy,
  Tool,
  ToolCompensation,
  ToolContract,
} from '../contracts/tool.ts'

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
  /** What undoes a committed call, by default, in sagas. */
  compensate?: ToolCompensation<Input, Output>
}

const defaultRetry: RetryPolicy = { attempts: 3, firstDelayMs: 100, maxDelayMs: 5_000 }

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
  checkQueueName('tool name', given.name)
  const known = ['read', 'idempotent', 'once'].includes(given.effect)
  checkMember(known, `${named}: effect`, '`read`, `idempotent` or `once`', given.effect)
  checkNumber(`${named}: timeoutMs`, timeoutMs, 1)
  checkNumber(`${named}: concurrency`, concurrency, 1)
  checkNumber(`${named}: retry.attempts`, full.attempts, 1)
  checkNumber(`${named}: retry.firstDelayMs`, full.firstDelayMs, 0)
  checkNumber(`${named}: retry.maxDelayMs`, full.maxDelayMs, 0)
  return { kind: 'tool', version, description, timeoutMs, concurrency, retry: full, ...given }
}

/**
 * Defines a tool with its implementation.
 * @throws InputError when a member is out of bounds
 */
export function defineTool<Input, Output>(
  definition: (ToolDeclaration<Input, Output> | ToolContract<Input, Output>) &
    Pick<Tool<Input, Output>, 'execute' | 'reconcile'>,
): Tool<Input, Output> {
  const { execute, reconcile, ...declaration } = definition
  const implemented = typeof execute === 'function'
  checkMember(implemented, `tool ${declaration.name}: execute`, 'a function', typeof execute)
  return {
    ...declareTool(declaration),
    execute,
    ...(reconcile ? { reconcile } : {}),
  }
}
