import { UnavailableError } from '../contracts/error.ts'
import type { BusStatus } from './bus.ts'

/** One simulated process's connection to the local broker. */
export interface LocalConnection {
  status(): BusStatus
  /** Waits one turn, as a broker would; @throws UnavailableError when the connection has ended. */
  turn(): Promise<void>
  /** Calls back when the connection ends; the returned function takes that back. */
  onEnd(listener: () => void): () => void
  end(): void
}

export function localConnection(): LocalConnection {
  let status: BusStatus = 'connected'
  const listeners = new Set<() => void>()
  return {
    status: () => status,
    async turn() {
      await Promise.resolve()
      if (status === 'closed') throw new UnavailableError('the bus is closed')
    },
    onEnd(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    end() {
      if (status === 'closed') return
      status = 'closed'
      for (const listener of Array.from(listeners)) listener()
    },
  }
}
