import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import { UnavailableError } from '../contracts/error.ts'
import { checkMessageSize } from './body-limit.ts'
import type { BackstopParts } from './nats-backstop.ts'
import { Backstop } from './nats-backstop.ts'
import type { Timers } from './timers.ts'

/**
 * Timers as message schedules (ADR-51): one subject each, its last message is the schedule. The
 * broker only fires into the stream that holds the schedule, which has the agent's mail as well.
 */
export function natsTimers(parts: BackstopParts): Timers {
  const { link, publisher, subjects } = parts
  const backstops = new Map<string, Backstop>()
  const backstopOf = (address: Address): Backstop | undefined =>
    backstops.get(subjects.timerSlice(subjects.slice(address)))
  return {
    async schedule(address, timerId, atMs, body) {
      const where = `timer ${timerId} of ${formatAddress(address)}`
      checkMessageSize(body, where)
      const subject = subjects.timer(address, timerId)
      const outcome = await publisher.publishSurely(subject, body, {
        'Nats-Schedule': `@at ${new Date(Math.ceil(atMs)).toISOString()}`,
        'Nats-Schedule-Target': subjects.mail(address),
        // nats-server 2.14.0 to 2.14.2 does not store the rollup that schedules imply.
        'Nats-Rollup': 'sub',
      })
      if (outcome.kind === 'stored') return backstopOf(address)?.noted(subject, atMs)
      throw new UnavailableError(`${where} was refused: ${outcome.code} ${outcome.reason}`)
    },
    cancel: (address, timerId) =>
      link.reach(`timer ${timerId} of ${formatAddress(address)}`, async () => {
        const filter = subjects.timer(address, timerId)
        await link.manager.streams.purge(subjects.actStream(address), { filter })
        backstopOf(address)?.cancelled(filter)
      }),
    backstop(slice, onLate) {
      const key = subjects.timerSlice(slice)
      const backstop = new Backstop(parts, slice, onLate)
      backstops.set(key, backstop)
      return {
        stop() {
          if (backstops.get(key) === backstop) backstops.delete(key)
          return backstop.stop()
        },
      }
    },
  }
}
