import type { Running } from './mailbox.ts'

/**
 * Messages without storage: notices that may be missed, and questions to whoever serves a name.
 * A topic is one or more words; a listener's `*` stands for one word and a final `>` for the rest.
 */
export interface Wire {
  /** Fire and forget, at most once. */
  announce(topic: readonly string[], body: Uint8Array): void
  listen(
    topic: readonly string[],
    onNotice: (body: Uint8Array, topic: string[]) => void,
  ): Promise<Running>
  /**
   * Asks one of the processes that serve the name.
   * @throws UnavailableError code `no-responder` when nobody serves it, `unavailable` on timeout.
   */
  ask(service: string, body: Uint8Array, timeoutMs: number): Promise<Uint8Array>
  /** Serves a name; several processes share the questions. A throw becomes an error answer. */
  serve(service: string, answer: (body: Uint8Array) => Promise<Uint8Array>): Promise<Running>
}
