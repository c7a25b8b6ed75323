import { DiscardPolicy, JetStreamApiError, RetentionPolicy, StorageType } from '@nats-io/jetstream'
import type { StreamConfig } from '@nats-io/jetstream'
import { InputError } from '../contracts/error.ts'
import { limits } from './limits.ts'
import { isUnheard, messageOf } from './nats-link.ts'
import type { NatsLink } from './nats-link.ts'
import type { Subjects } from './subjects.ts'

/** The JetStream API counts durations in nanoseconds. */
export const nanosPerMs = 1_000_000

type NewStream = Partial<StreamConfig> & { name: string }

const apiCodes = { notEnabled: 10039, streamNotFound: 10059, nameInUse: 10058 } as const

/**
 * Creates the streams of a cell that are missing and whose names do not depend on its layout.
 * Existing ones keep their settings, so that a process with other defaults cannot, for example,
 * take replicas away.
 * @throws UnavailableError, or InputError when the account has no JetStream.
 */
export async function ensureStreams(
  link: NatsLink,
  subjects: Subjects,
  options: { replicas: number; queueMaxItems: number },
): Promise<void> {
  await ensureAll(link, options.replicas, [
    {
      name: subjects.workStream,
      subjects: [subjects.workAll],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      discard_new_per_subject: true,
      max_msgs_per_subject: options.queueMaxItems,
    },
    {
      name: subjects.deadStream,
      subjects: [subjects.deadAll],
      retention: RetentionPolicy.Limits,
      max_age: limits.deadLetterMaxAgeMs * nanosPerMs,
    },
  ])
}

/** Creates the state streams that are missing, as {@link ensureStreams} does with the others. */
export async function ensureStateStreams(
  link: NatsLink,
  subjects: Subjects,
  options: { replicas: number },
): Promise<void> {
  const streams = subjects.actStreams.map((stream) => ({
    ...stream,
    retention: RetentionPolicy.Limits,
    allow_msg_schedules: true,
    allow_msg_ttl: true,
    allow_rollup_hdrs: true,
    allow_atomic: true,
  }))
  await ensureAll(link, options.replicas, streams)
}

async function ensureAll(link: NatsLink, replicas: number, streams: NewStream[]): Promise<void> {
  const shared = {
    storage: StorageType.File,
    num_replicas: replicas,
    allow_direct: true,
    duplicate_window: limits.dedupeWindowMs * nanosPerMs,
  }
  await Promise.all(streams.map((stream) => ensureStream(link, { ...shared, ...stream })))
}

async function ensureStream(link: NatsLink, config: NewStream): Promise<void> {
  await link.reach(`stream ${config.name}`, async () => {
    try {
      await link.manager.streams.info(config.name)
      return
    } catch (error) {
      if (codeOf(error) !== apiCodes.streamNotFound) throw explained(error)
    }
    try {
      await link.manager.streams.add(config)
    } catch (error) {
      // Another process with other settings was faster.
      if (codeOf(error) !== apiCodes.nameInUse) throw explained(error)
    }
  })
}

function explained(error: unknown): unknown {
  if (codeOf(error) === apiCodes.notEnabled) {
    return new InputError({
      field: 'NATS account',
      expected: 'JetStream to be enabled',
      todo: 'enable JetStream for the account, or use another server or login in NATS_URL',
    })
  }
  if (!(error instanceof JetStreamApiError) || isUnheard(error)) return error
  return new InputError({
    field: 'NATS server',
    expected: 'to accept the streams of Ashlar',
    got: `${codeOf(error)} ${messageOf(error)}`,
    todo: 'check its limits and the number of replicas against the size of the cluster',
  })
}

/** The JetStream error code of a thrown value, 0 when it has none. */
export function codeOf(error: unknown): number {
  return error instanceof JetStreamApiError ? error.code : 0
}
