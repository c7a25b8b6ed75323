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
}

export interface DeadLetters {
  /** Keeps a letter; the same message id for the same target within the broker's window once. */
  put(letter: DeadLetter): Promise<void>
  /** All kept letters, oldest first. */
  list(): AsyncIterable<DeadLetter>
}
