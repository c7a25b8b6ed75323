import type { Bus } from '../../src/bus/bus.ts'

/** What a broker gives to the suite. */
export interface Harness {
  /** Opens the connection of one process to a cell. */
  connect(cell: string): Promise<Bus>
  /** Ends a connection as a crash of its process would. */
  crash(bus: Bus): Promise<void>
  nowMs(): number
  /**
   * Lets `ms` pass: moves the virtual clock, or does nothing where time passes by itself and the
   * case waits for the signal that follows.
   */
  passTime(ms: number): Promise<void>
  /** Number of items that a work queue of this broker holds at most. */
  readonly queueMaxItems: number
  close(): Promise<void>
}

/** A fresh cell with one connection; more connections and cells on request. */
export interface Desk {
  readonly harness: () => Harness
  /** A cell that no other case uses. */
  fresh(): Promise<{ bus: Bus; cell: string; another(): Promise<Bus> }>
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function text(body: Uint8Array | undefined): string | undefined {
  return body && new TextDecoder().decode(body)
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

/** Collects what arrives and waits until a number of it is there. */
export class Inbox<T> {
  readonly items: T[] = []
  private wake: () => void = () => {}

  put(item: T): void {
    this.items.push(item)
    this.wake()
  }

  /** The first `count` items, as soon as they are there. */
  async take(count: number): Promise<T[]> {
    await this.until((items) => items.length >= count)
    return this.items.slice(0, count)
  }

  /** Waits until the items satisfy a condition. One waiter at a time. */
  async until(isEnough: (items: readonly T[]) => boolean): Promise<void> {
    while (!isEnough(this.items)) await new Promise<void>((resolve) => (this.wake = resolve))
  }
}
