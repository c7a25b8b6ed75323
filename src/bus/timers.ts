import type { Address } from '../contracts/address.ts'
import type { MailboxSlice, Running } from './mailbox.ts'

/**
 * Durable timers: at the deadline the body arrives in the mailbox of the address. Never early;
 * a deadline in the past fires at once. A timer that fires while it is being cancelled may still
 * arrive, so readers compare incarnations (I6).
 */
export interface Timers {
  /** Sets or replaces the timer of that name. Repeating the same call is harmless. */
  schedule(address: Address, timerId: string, atMs: number, body: Uint8Array): Promise<void>
  /** Cancels; cancelling an unknown or fired timer does nothing. */
  cancel(address: Address, timerId: string): Promise<void>
  /**
   * For the owner of a slice: until it is stopped, timers of the slice that the broker has passed
   * over are fired, seconds late; `onLate` hears how many.
   */
  backstop(slice: MailboxSlice, onLate: (count: number) => void): Running
}
