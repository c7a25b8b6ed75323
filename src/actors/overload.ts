import * as z from 'zod'
import type { Clock } from '../contracts/clock.ts'
import { UnavailableError } from '../contracts/error.ts'
import { readBytes, toBytes } from '../contracts/json.ts'
import type { Bus } from '../bus/bus.ts'
import type { MailboxSlice, Running } from '../bus/mailbox.ts'
import { actorLimits } from './limits.ts'
import { topics } from './notice.ts'

const noticeSchema = z.object({ partition: z.int(), backlog: z.number() })
type LoadNotice = z.infer<typeof noticeSchema>

/** Too much mail waits for the agents of a slice: outsiders are asked to come again later. */
export class OverloadedError extends UnavailableError {
  constructor(type: string, backlog: number) {
    super(
      `${backlog} messages wait for agents of ${type}, more than ${actorLimits.sliceBacklogMax}; ` +
        'send again later, or start more hosts',
      { code: 'overloaded', retryAfterMs: actorLimits.overloadRetryMs },
    )
  }
}

/** The owner of a slice tells every door that it is overloaded; to be repeated while it lasts. */
export function announceOverload(bus: Bus, { type, partition }: MailboxSlice, backlog: number) {
  const notice: LoadNotice = { partition, backlog }
  bus.wire.announce(topics.overload(type), toBytes(notice))
}

/** What a door knows of the load behind it. */
export interface OverloadWatch extends Running {
  /** @throws OverloadedError while the slice of the partition is overloaded */
  check(partition: number): void
}

/** Listens to the owners of a machine's slices. A notice holds until `overloadHoldsMs` later. */
export async function watchOverload(bus: Bus, clock: Clock, type: string): Promise<OverloadWatch> {
  const loads = new Map<number, { backlog: number; untilMs: number }>()
  const listening = await bus.wire.listen(topics.overload(type), (body) => {
    // Undefined when nobody can read it: notices come from the wire.
    const notice = noticeSchema.safeParse(readBytes(body)).data
    if (!notice) return
    const { partition, backlog } = notice
    loads.set(partition, { backlog, untilMs: clock.now() + actorLimits.overloadHoldsMs })
  })
  return {
    check(partition) {
      const load = loads.get(partition)
      if (!load) return
      if (load.untilMs > clock.now()) throw new OverloadedError(type, load.backlog)
      loads.delete(partition)
    },
    stop: () => listening.stop(),
  }
}
