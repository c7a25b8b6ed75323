import * as z from 'zod'
import type { Address } from './address.ts'
import { addressSchema } from './address.ts'
import { AshlarError } from './error.ts'
import type { NeutralEvent } from './event.ts'
import { neutralEventSchema } from './event.ts'
import { fromBytes, toBytes } from './json.ts'

/** W3C trace context that travels with every message. */
export interface Trace {
  traceparent?: string
}

/**
 * Where a message comes from and its place among the messages of that sender to this receiver.
 * The receiver keeps the highest (`step`, `index`) per sender and drops the rest (I3). Completions
 * and timers carry no order: their incarnation tells whether they are due.
 */
export interface Sender {
  name: string
  order?: { step: number; index: number }
}

/** One message to an agent's mailbox. */
export interface Envelope {
  v: 1
  /** Identity of the message; two deliveries of one message share it. */
  id: string
  to: Address
  from: Sender
  sentAtMs: number
  trace?: Trace
  body: NeutralEvent
}

const orderSchema = z.object({ step: z.int(), index: z.int() })

const envelopeSchema = z.object({
  v: z.literal(1),
  id: z.string().min(1).max(600),
  to: addressSchema,
  from: z.object({ name: z.string().min(1), order: orderSchema.optional() }),
  sentAtMs: z.number(),
  trace: z.object({ traceparent: z.string().optional() }).optional(),
  body: neutralEventSchema,
})

/** A message that cannot be read. Terminal: it goes to the dead letters with this text. */
export class UnreadableError extends AshlarError {
  override readonly name = 'UnreadableError'

  constructor(what: string, why: string) {
    super('unreadable', `${what}: ${why}`)
  }
}

export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return toBytes(envelope)
}

/** @throws UnreadableError when the bytes are not JSON, of an unknown version, or malformed. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  return decodeVersioned('message', bytes, envelopeSchema) as Envelope
}

/**
 * Parses a versioned JSON document of ours, with one message that says what is wrong and where.
 * @throws UnreadableError
 */
export function decodeVersioned<T>(what: string, bytes: Uint8Array, schema: z.ZodType<T>): T {
  let value: unknown
  try {
    value = fromBytes(bytes)
  } catch {
    throw new UnreadableError(what, 'it is not UTF-8 JSON; send a JSON object with `v: 1`')
  }
  const version = typeof value === 'object' && value !== null && 'v' in value ? value.v : undefined
  if (version !== 1) {
    throw new UnreadableError(
      what,
      `version ${JSON.stringify(version)} is unknown; this build reads version 1`,
    )
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new UnreadableError(what, firstIssue(parsed.error))
  return parsed.data
}

/** `field: problem` of the first problem that zod found. */
export function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0]
  const path = issue?.path.map(String).join('.') ?? ''
  return `${path === '' ? 'value' : path}: ${issue?.message ?? 'invalid'}`
}
