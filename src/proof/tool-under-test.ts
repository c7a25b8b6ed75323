import type { Completion, Performer } from '../actors/performer.ts'
import { isObject } from '../contracts/json.ts'
import type { AnyTool, ToolFailure, ToolScope } from '../contracts/tool.ts'
import { shown } from './clause.ts'
import type { Bench, OpenBench } from './contract-bench.ts'
import { examplesOf, NoExampleError } from './examples.ts'

/** What a tool works on, as a test sees it; each member makes more clauses testable. */
export interface OutsideSystem {
  /** How many effects have taken place so far. */
  effects?(): number | Promise<number>
  /** How often a tool has asked it for something so far, whatever came of it. */
  requests?(): number | Promise<number>
  /** From now on, until `arrange`, it refuses every request. */
  fail?(): void | Promise<void>
  /** From now on, until `arrange`, it answers no request. */
  hang?(): void | Promise<void>
}

export interface ToolTestOptions<Input = unknown, Output = unknown> {
  /** Inputs that end well. Default: made from the schema; of those, the ones that end well count. */
  examples?: readonly Input[]
  /** Results. Default: made from the schema. */
  outputs?: readonly Output[]
  /** Of the examples that are made. Default: 1. */
  seed?: number
  outside?: OutsideSystem
  /** Makes the outside system new, before every clause that executes the tool. */
  arrange?(): void | Promise<void>
  /** Afterwards, also when the clause failed. */
  dispose?(): void | Promise<void>
  /** False: the tool's own `execute` and `reconcile` are never called. Default: true. */
  execute?: boolean
  /** Real time for one execution, in ms. Default: the tool's `timeoutMs`. */
  patienceMs?: number
}

/** A tool and what its clauses need. */
export interface ToolUnderTest {
  readonly tool: AnyTool
  readonly options: ToolTestOptions
  readonly openBench: OpenBench
}

/** @throws NoExampleError */
export function inputsOf({ tool, options: { examples, seed } }: ToolUnderTest): readonly unknown[] {
  if (examples && examples.length > 0) return examples
  return examplesOf(tool.input, `the input of ${tool.name}`, seed === undefined ? {} : { seed })
}

/** @throws NoExampleError */
export function outputsOf({ tool, options: { outputs, seed } }: ToolUnderTest): readonly unknown[] {
  if (outputs && outputs.length > 0) return outputs
  return examplesOf(tool.output, `the result of ${tool.name}`, seed === undefined ? {} : { seed })
}

/** Undefined where none can be made. */
export function outputOf(under: ToolUnderTest): unknown {
  try {
    return outputsOf(under)[0]
  } catch (thrown) {
    if (thrown instanceof NoExampleError) return undefined
    throw thrown
  }
}

export type StandIn = (input: unknown, scope: ToolScope) => unknown

/** The tool's declaration with other code behind it. */
export function serveStandIn(
  bench: Bench,
  tool: AnyTool,
  code: { execute: StandIn; reconcile?: StandIn },
): Performer {
  const { execute: _execute, reconcile: _reconcile, ...declared } = tool
  return bench.serve({ tools: [{ ...declared, ...code } as AnyTool] })
}

/** Members of a failure, as the agent that called sees it. */
export interface SeenFailure {
  kind?: ToolFailure['kind']
  attempts?: unknown
  message: string
  cause?: { code?: unknown; message?: unknown }
}

export function failureOf(completion: Completion): SeenFailure | undefined {
  return 'error' in completion ? (completion.error as unknown as SeenFailure) : undefined
}

/** How a call ended, for messages. */
export function endOf(completion: Completion): string {
  const failure = failureOf(completion)
  if (failure) return `${failure.kind ?? 'an error'}: ${failure.message}`
  return `done with ${shown('output' in completion ? completion.output : undefined)}`
}

/** Whether a message names the member, or what it lies in; that of a union is the union. */
export function namesPath(message: string, path: string): boolean {
  const steps = path.split('.')
  const prefixes = steps.map((_, index) => steps.slice(0, index + 1).join('.'))
  return ['value', ...prefixes].some((one) => ` ${message}`.includes(` ${one}: `))
}

/** Equal as JSON, whatever the order of keys. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false
    return one.every((item, index) => isSameJson(item, other[index]))
  }
  if (!isObject(one) || !isObject(other)) return Object.is(one, other)
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].every((name) => isSameJson(one[name], other[name]))
}
