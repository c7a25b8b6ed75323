import type { Address } from '../contracts/address.ts'

export interface JournalEntry {
  /** Position in the journal; the expected value for the next append to the same address. */
  readonly seq: number
  readonly body: Uint8Array
}

/**
 * What became of an append. `unknown` (timeout, disconnect) may have been stored: read the last
 * entry and compare before anything else (DESIGN §4).
 */
export type Appended =
  | { readonly kind: 'appended'; readonly seq: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'unknown'; readonly reason: string }

/** One append-only log per agent, fenced by compare-and-set on its last position (I2). */
export interface Journal {
  /**
   * Appends when the last entry of the address is at `expectedSeq` (0: there is none).
   * @throws LimitError when the body is larger than `limits.recordMaxBytes`.
   */
  append(address: Address, body: Uint8Array, expectedSeq: number): Promise<Appended>
  /** The last entry of an address. @throws UnavailableError */
  last(address: Address): Promise<JournalEntry | undefined>
  /** All kept entries of an address, oldest first. @throws UnavailableError */
  history(address: Address): AsyncIterable<JournalEntry>
  /** Every address with at least one entry, of one machine type or of all. */
  addresses(type?: string): AsyncIterable<Address>
}
