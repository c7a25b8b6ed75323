import type { Address } from '../contracts/address.ts'

/** A share of the mail of one machine type. A partition is the FNV-1a hash of the id. */
export interface MailboxSlice {
  readonly type: string
  readonly partition: number
}

export interface MailboxMessage {
  /** Position in the mail log; grows, with gaps, and is never reused. */
  readonly seq: number
  readonly address: Address
  readonly body: Uint8Array
}

/** `seq` is the position of the stored message, also when this id had been stored before. */
export interface Posted {
  readonly seq: number
  readonly duplicate: boolean
}

/**
 * Something that runs until it is stopped; stopping twice is harmless. Stopping waits for handlers
 * that still run, so a handler must not await it.
 */
export interface Running {
  stop(): Promise<void>
}

/** A reader of mail. */
export interface MailReading extends Running {
  /** Messages of the slice that are stored and that the handler does not have yet. */
  pending(): Promise<number>
}

/**
 * Durable mail to agents. Mail to one address is read in the order in which it was stored. There
 * are no acks: a reader starts at the first message behind the checkpoint, so it sees again what
 * an earlier reader had not checkpointed, in the same order.
 */
export interface Mailbox {
  /**
   * Stores a message. The same `messageId` within the broker's window (2 minutes) stores once.
   * @throws UnavailableError when it is not known whether the message was stored; post it again.
   * @throws LimitError when the body is larger than `limits.messageMaxBytes`.
   */
  post(to: Address, body: Uint8Array, messageId: string): Promise<Posted>
  /**
   * Reads a slice from its checkpoint on. The reader waits for the promise before the next one. A
   * handler that throws gets the same message again after a second.
   */
  read(
    slice: MailboxSlice,
    onMessage: (message: MailboxMessage) => void | Promise<void>,
  ): Promise<MailReading>
  /** Everything of the slice up to and including `seq` is finished and its space is reclaimed. */
  checkpoint(slice: MailboxSlice, seq: number): Promise<void>
  /** Takes one message out; one that is gone already is no error. */
  remove(slice: MailboxSlice, seq: number): Promise<void>
}
