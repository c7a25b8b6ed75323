import { formatAddress } from '../contracts/address.ts'
import { UnavailableError } from '../contracts/error.ts'
import { checkMessageSize } from './body-limit.ts'
import type { NatsLink } from './nats-link.ts'
import type { Publisher } from './nats-publisher.ts'
import type { Subjects } from './subjects.ts'
import type { Timers } from './timers.ts'

/**
 * Timers as message schedules (ADR-51): one subject each, its last message is the schedule. The
 * broker only fires into the stream that holds the schedule, which has the agent's mail as well.
 */
export function natsTimers(parts: {
  link: NatsLink
  publisher: Publisher
  subjects: Subjects
}): Timers {
  const { link, publisher, subjects } = parts
  return {
    async schedule(address, timerId, atMs, body) {
      const where = `timer ${timerId} of ${formatAddress(address)}`
      checkMessageSize(body, where)
      const outcome = await publisher.publishSurely(subjects.timer(address, timerId), body, {
        'Nats-Schedule': `@at ${new Date(Math.ceil(atMs)).toISOString()}`,
        'Nats-Schedule-Target': subjects.mail(address),
        // nats-server 2.14.0 to 2.14.2 does not store the rollup that schedules imply.
        'Nats-Rollup': 'sub',
      })
      if (outcome.kind === 'stored') return
      throw new UnavailableError(`${where} was refused: ${outcome.code} ${outcome.reason}`)
    },
    cancel: (address, timerId) =>
      link.reach(`timer ${timerId} of ${formatAddress(address)}`, async () => {
        const filter = subjects.timer(address, timerId)
        await link.manager.streams.purge(subjects.actStream(address), { filter })
      }),
  }
}
