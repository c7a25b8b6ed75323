import type { AirlineView } from '../../domain/database.ts'

/** A write that somebody wants to make, and all that was known when it was wanted. */
export interface Situation {
  write: { name: string; arguments: Readonly<Record<string, unknown>> }
  /** The database right before the write. */
  now: AirlineView
  /** The database as it was when the conversation began. */
  before: AirlineView
  /** The customer's own messages so far, oldest first. */
  customerSaid: readonly string[]
  /** Reservations that this conversation has changed or cancelled. */
  touched: ReadonlySet<string>
  /**
   * What exactly was put to the customer before the yes, when the desk itself puts every detail of the
   * write. A customer who agrees to a detail has provided it.
   */
  shown?: string
  /** Certificates that this conversation has sent. */
  certificates: number
}

/** What the policy says of a write. */
export type Ruling =
  | { allowed: true; disputed?: Dispute }
  | { allowed: false; sentence: string; why: string; disputed?: Dispute }

/** The policy's text can be read in another way; `sentence` is quoted from it. */
export interface Dispute {
  sentence: string
  why: string
}
