/** A message that could not be handled, kept with the reason (I5). */
export interface DeadLetter {
  /** Where it was going: `mailbox type/id`, `tool name`, `decision name`. */
  readonly target: string
  readonly messageId: string
  readonly reason: string
  readonly atMs: number
  /** The body as text when it is UTF-8, else base64 with `encoding: 'base64'`. */
  readonly body: string
  readonly encoding: 'utf-8' | 'base64'
  /**
   * What the body is: an input of the agent as JSON, or the message as it lay in its mailbox or
   * queue. Default: `event` for mailboxes, `bytes` for queues, as earlier builds wrote them.
   */
  readonly form?: 'event' | 'bytes'
  /** The body was too large to be kept whole, so that it cannot be sent again. */
  readonly cut?: boolean
}

/** A letter as it lies there. */
export interface KeptLetter extends DeadLetter {
  /** Its position, a positive integer that grows and is never reused. */
  readonly id: number
}

export interface DeadLetters {
  /** Keeps a letter; the same message id for the same target within the broker's window once. */
  put(letter: DeadLetter): Promise<void>
  /** All kept letters, oldest first. */
  list(): AsyncIterable<KeptLetter>
  /** Undefined when there is no such letter, or no longer. */
  get(id: number): Promise<KeptLetter | undefined>
  /** Removes a letter for good; one that is gone already is no error. */
  drop(id: number): Promise<void>
}

/** A letter that holds a message as it lay in its mailbox or queue. */
export function bytesLetter(
  target: string,
  messageId: string,
  reason: string,
  atMs: number,
  bytes: Uint8Array,
): DeadLetter {
  const base = { target, messageId, reason, atMs, form: 'bytes' } as const
  try {
    const body = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { ...base, body, encoding: 'utf-8' }
  } catch {
    return { ...base, body: Buffer.from(bytes).toString('base64'), encoding: 'base64' }
  }
}

/** The message that such a letter holds. */
export function letterBytes({ body, encoding }: DeadLetter): Uint8Array {
  return new Uint8Array(Buffer.from(body, encoding))
}
