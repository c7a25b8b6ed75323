import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import type { CancelTimer } from '../contracts/clock.ts'
import { checkMessageSize } from './body-limit.ts'
import type { LocalCell } from './local-cell.ts'
import type { LocalConnection } from './local-connection.ts'
import type { Timers } from './timers.ts'

export interface LocalTimer {
  readonly cancel: CancelTimer
}

/** Timers on the clock of the broker: they outlive the connection that set them. */
export function localTimers(cell: LocalCell, connection: LocalConnection): Timers {
  const keyOf = (address: Address, timerId: string): string =>
    `${formatAddress(address)}\0${timerId}`
  return {
    async schedule(address, timerId, atMs, body) {
      checkMessageSize(body, `timer ${timerId} of ${formatAddress(address)}`)
      await connection.turn()
      const key = keyOf(address, timerId)
      cell.timers.get(key)?.cancel()
      cell.nextSeq()
      const target = { type: address.type, id: address.id }
      const owned = body.slice()
      const timer: LocalTimer = { cancel: armed(cell, atMs, fire) }
      function fire(): void {
        cell.timers.delete(key)
        cell.deliver(target, owned)
      }
      cell.timers.set(key, timer)
    },
    async cancel(address, timerId) {
      await connection.turn()
      const key = keyOf(address, timerId)
      cell.timers.get(key)?.cancel()
      cell.timers.delete(key)
    },
    // This broker passes none over.
    backstop: () => ({ stop: () => Promise.resolve() }),
  }
}

/** A virtual clock fires only when it is moved, so a past deadline takes the next turn instead. */
function armed(cell: LocalCell, atMs: number, fire: () => void): CancelTimer {
  if (atMs > cell.clock.now()) return cell.clock.at(atMs, fire)
  let isCancelled = false
  queueMicrotask(() => {
    if (!isCancelled) fire()
  })
  return () => (isCancelled = true)
}
