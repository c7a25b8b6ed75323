import * as z from 'zod'
import type { Address } from './address.ts'
import { addressSchema } from './address.ts'
import type { Effect } from './effect.ts'
import type { Trace } from './envelope.ts'
import { decodeVersioned } from './envelope.ts'
import type { NeutralEvent } from './event.ts'
import { neutralEventSchema } from './event.ts'
import { toBytes } from './json.ts'
import type { StoredState } from './state.ts'

/** What the inbox of an agent remembers between two steps. */
export interface InboxState {
  /** Position of the newest mail applied; older mail is a re-delivery. */
  mailSeq: number
  /** Highest order applied per sender, newest sender last (I3). */
  seen: Record<string, { step: number; index: number }>
  /** Ids that outsiders chose, newest last: a repetition after the broker's window is known. */
  recent?: string[]
}

/**
 * One transition, the unit of commit (DESIGN §4): the cause, the input, the state that it led to
 * and every effect that it asks for.
 */
export interface JournalRecord {
  v: 1
  address: Address
  /** 1 for the first transition of the agent. */
  step: number
  /** Unique per attempt to commit: tells our own append from another writer's. */
  transitionId: string
  atMs: number
  cause: { messageId: string; from: string; trace?: Trace }
  event: NeutralEvent
  /** False: no transition took the event; the state is unchanged. */
  handled: boolean
  state: StoredState
  inbox: InboxState
  outbox: Effect[]
}

const recordSchema = z.looseObject({
  v: z.literal(1),
  address: addressSchema,
  step: z.int(),
  transitionId: z.string(),
  atMs: z.number(),
  cause: z.looseObject({ messageId: z.string(), from: z.string() }),
  event: neutralEventSchema,
  handled: z.boolean(),
  state: z.looseObject({ snapshot: z.looseObject({ status: z.string() }) }),
  inbox: z.looseObject({ mailSeq: z.number() }),
  outbox: z.array(z.looseObject({ kind: z.string() })),
})

export function encodeRecord(record: JournalRecord): Uint8Array {
  return toBytes(record)
}

/** @throws UnreadableError when the bytes are not a record of a version that this build reads. */
export function decodeRecord(bytes: Uint8Array): JournalRecord {
  return decodeVersioned('journal record', bytes, recordSchema) as unknown as JournalRecord
}
