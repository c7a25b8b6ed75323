import * as z from 'zod'
import { decodeVersioned } from '../contracts/envelope.ts'
import type { Move } from './move.ts'
import type { Bounds } from './world.ts'

/**
 * A counterexample: how a world comes from its start to where a property does not hold. `ashlar
 * replay` plays it, on the checker's own model or on the real runtime.
 */
export interface Trace {
  readonly v: 1
  /** Name of the world. */
  readonly world: string
  /** Name of the property, and why it does not hold. */
  readonly property: string
  readonly reason: string
  readonly bounds: Bounds
  /** From the start on; the last one breaks the property, or leads to the state that does. */
  readonly moves: readonly Move[]
  /** Of a property that everything comes to rest: what can go on for ever after the moves. */
  readonly loop?: readonly Move[]
}

const callName = { agent: z.string(), childId: z.string(), target: z.string() }
const event = z.looseObject({ type: z.string() })
const ending = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('answers'), output: z.unknown() }),
  z.object({
    kind: z.literal('fails'),
    message: z.string(),
    isTerminal: z.boolean(),
    tookEffect: z.boolean(),
  }),
  z.object({ kind: z.literal('hangs'), tookEffect: z.boolean() }),
])

const moveSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('send'), by: z.string(), to: z.string(), event, twice: z.boolean() }),
  z.object({
    do: z.literal('take'),
    agent: z.string(),
    from: z.string(),
    event: z.looseObject({ kind: z.string() }),
  }),
  z.object({ do: z.literal('timer'), agent: z.string(), timer: z.string() }),
  z.object({ do: z.literal('decide'), ...callName, option: event }),
  z.object({ do: z.literal('abstain'), ...callName, error: z.record(z.string(), z.unknown()) }),
  z.object({
    do: z.literal('execute'),
    ...callName,
    attempt: z.int(),
    ending,
    isTaken: z.boolean(),
  }),
  z.object({ do: z.literal('refuse'), ...callName, isTaken: z.boolean() }),
  z.object({ do: z.literal('call'), ...callName, step: z.string() }),
  z.object({ do: z.literal('answer'), ...callName }),
  z.object({ do: z.literal('crash'), ...callName, where: z.string(), ending: ending.optional() }),
  z.object({ do: z.literal('redeliver'), ...callName }),
  z.object({ do: z.literal('late'), ...callName }),
])

const traceSchema = z.object({
  v: z.literal(1),
  world: z.string(),
  property: z.string(),
  reason: z.string(),
  bounds: z.object({
    crashes: z.int(),
    duplicates: z.int(),
    delays: z.int(),
    attempts: z.int(),
    mailbox: z.int(),
  }),
  moves: z.array(moveSchema),
  loop: z.array(moveSchema).optional(),
})

/** @throws UnreadableError */
export function decodeTrace(bytes: Uint8Array): Trace {
  return decodeVersioned('trace', bytes, traceSchema) as unknown as Trace
}
