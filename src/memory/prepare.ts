import { firstIssue } from '../contracts/envelope.ts'
import type { ErrorValue } from '../contracts/error.ts'
import type {
  FactSource,
  ForgetInput,
  MemoryOperation,
  RecallInput,
  RememberInput,
} from '../contracts/memory.ts'
import type { Memory } from './memory.ts'

type Outcome =
  | { kind: 'done'; output: unknown }
  | { kind: 'rejected'; reason: string }
  | { kind: 'failed'; attempts: number; error: ErrorValue }

/** Sets one operation up for the memory-operation statechart. */
export function prepareMemoryOperation(
  memory: Memory,
  operation: MemoryOperation<never>,
  call: { id: string; agent: { type: string; id: string }; input: unknown },
): {
  input: () => object
  handlers: Record<string, (input: never, signal: AbortSignal) => unknown>
  conclude: (outcome: Outcome) => { output: unknown } | { error: ErrorValue }
} {
  const source: FactSource = { actor: `${call.agent.type}/${call.agent.id}`, event: call.id }
  return {
    input: () => ({ input: call.input }),
    handlers: {
      validate({ input }: { input: unknown }) {
        const parsed = operation.input.safeParse(input)
        if (parsed.success) {
          const value: unknown = parsed.data
          const refused =
            operation.name === 'remember' ? memory.refusal(value as RememberInput) : undefined
          if (refused === undefined) return { valid: true, value }
          return { valid: false, reason: refused }
        }
        const reason = `the input of ${operation.name} breaks its schema: ${firstIssue(parsed.error)}`
        return { valid: false, reason }
      },
      perform: ({ input }: { input: unknown }) => perform(memory, operation.name, input, source),
    },
    conclude(outcome) {
      if (outcome.kind === 'done') return { output: outcome.output }
      const message =
        outcome.kind === 'rejected'
          ? outcome.reason
          : `${operation.name} failed after ${outcome.attempts} attempt(s): ${outcome.error.message}`
      return { error: { name: 'MemoryFailure', kind: outcome.kind, message } }
    },
  }
}

async function perform(
  memory: Memory,
  name: MemoryOperation['name'],
  input: unknown,
  source: FactSource,
): Promise<{ kind: 'done'; output: unknown } | { kind: 'contended' }> {
  switch (name) {
    case 'remember': {
      const result = await memory.remember(input as RememberInput, source)
      if (result.kind === 'contended') return result
      if (result.kind === 'refused') throw new Error(result.reason)
      return { kind: 'done', output: result }
    }
    case 'recall':
      return { kind: 'done', output: await memory.recall(input as RecallInput) }
    case 'forget':
      return { kind: 'done', output: await memory.forget(input as ForgetInput) }
  }
}
