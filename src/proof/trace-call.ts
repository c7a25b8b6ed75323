import type { AgentDefinition } from '../actors/definition.ts'
import type { Completion } from '../actors/performer.ts'
import type { QueueName } from '../bus/work-queue.ts'
import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import type { SpawnEffect } from '../contracts/effect.ts'
import { effectIdentity } from '../contracts/effect.ts'
import type { ErrorValue } from '../contracts/error.ts'
import type { JournalRecord } from '../contracts/record.ts'
import type { EffectOf } from './call.ts'
import type { Ending } from './move.ts'
import type { TraceWorker } from './trace-worker.ts'

/** A call that a real agent has made. */
export interface RealCall {
  /** Identity of its spawn: the idempotency key. */
  readonly identity: string
  readonly address: Address
  /** The agent, `type/id`. */
  readonly agent: string
  readonly childId: string
  readonly incarnation: number
  readonly kind: 'tool' | 'decision' | 'memory' | 'promise'
  readonly src: string
  readonly target: string
  readonly effect: EffectOf
  readonly input: unknown
  /** Undefined: it runs in the process of its agent. */
  readonly queue: QueueName | undefined
  /** Processes that have taken it, oldest first. */
  readonly workers: TraceWorker[]
  /** How often it took effect. */
  count: number
  /** What the outside system keeps under its key. */
  kept: { readonly output: unknown } | undefined
  /** Of one that runs in place: how it ended, until the agent is told. */
  completion: Completion | undefined
}

/** The calls that a step has made. */
export function callsIn(record: JournalRecord, definition: AgentDefinition): RealCall[] {
  const { address, step, outbox } = record
  return outbox.flatMap((effect, index) => {
    if (effect.kind !== 'spawn' || effect.child === 'agent') return []
    return [callOf(effect, address, effectIdentity(address, step, index), definition)]
  })
}

function callOf(
  spawn: SpawnEffect,
  address: Address,
  identity: string,
  definition: AgentDefinition,
): RealCall {
  const { id: childId, incarnation, src, input, target = src } = spawn
  const kind = spawn.child as RealCall['kind']
  const isQueued = kind === 'tool' || kind === 'decision'
  return {
    identity,
    address,
    agent: formatAddress(address),
    childId,
    incarnation,
    kind,
    src,
    target,
    effect: effectOf(definition, src, target),
    input: input ?? null,
    queue: isQueued ? { kind, name: target } : undefined,
    workers: [],
    count: 0,
    kept: undefined,
    completion: undefined,
  }
}

function effectOf({ sources }: AgentDefinition, src: string, target: string): EffectOf {
  const source = sources.get(src)
  if (source?.kind === 'tool') return source.contract.effect
  return source?.kind === 'decision' || target === 'recall' ? 'read' : 'local'
}

/** How a call in the process of its agent ends. */
export function completionOf(
  { kind }: RealCall,
  ending: Ending,
  output: unknown,
): Completion | undefined {
  if (ending.kind === 'hangs') return undefined
  if (ending.kind === 'answers') return { output }
  const { message } = ending
  const error: ErrorValue =
    kind === 'memory'
      ? { name: 'MemoryFailure', kind: 'failed', message }
      : { name: 'Error', message }
  return { error }
}
