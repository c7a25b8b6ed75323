import * as z from 'zod'
import type { Clock } from '../contracts/clock.ts'
import { readBytes, toBytes } from '../contracts/json.ts'
import type { KeyValue } from '../bus/key-value.ts'
import { actorLimits } from './limits.ts'

/** What a process announces about itself; kept alive by a heartbeat. */
export interface HostRecord {
  name: string
  pid: number
  agents: { id: string; version: string }[]
  tools: string[]
  decisions: string[]
  startedAtMs: number
}

/** Bucket and keys of the cell's own bookkeeping. */
export const registryBucket = 'cell'
export const hostPrefix = 'host.'
export const leasePrefix = 'lease.'

const hostSchema: z.ZodType<HostRecord> = z.object({
  name: z.string(),
  pid: z.number(),
  agents: z.array(z.object({ id: z.string(), version: z.string() })),
  tools: z.array(z.string()),
  decisions: z.array(z.string()),
  startedAtMs: z.number(),
})

export function encodeHost(record: HostRecord): Uint8Array {
  return toBytes(record)
}

/** Undefined when the entry is of a build that we do not understand. */
export function decodeHost(bytes: Uint8Array): HostRecord | undefined {
  return hostSchema.safeParse(readBytes(bytes)).data
}

/** Every announced host, also one that has died without saying goodbye. */
export async function listHosts(keyValue: KeyValue): Promise<HostRecord[]> {
  const keys = await keyValue.keys(registryBucket, hostPrefix)
  const entries = await Promise.all(keys.map((key) => keyValue.get(registryBucket, key)))
  return entries
    .map((entry) => entry && decodeHost(entry.value))
    .filter((host) => host !== undefined)
}

/**
 * True when a host that serves the machine gives a sign of life before it would count as lost; false
 * at once when none is announced. What is announced may be left of one that died.
 */
export async function isMachineServed(
  keyValue: KeyValue,
  clock: Clock,
  machine: string,
): Promise<boolean> {
  const revisions = new Map<string, number>()
  const alive = Promise.withResolvers<boolean>()
  const watch = await keyValue.watch(registryBucket, hostPrefix, (key, entry) => {
    const host = entry && decodeHost(entry.value)
    if (!host?.agents.some(({ id }) => id === machine)) return
    // The first word of each is what was there before.
    const before = revisions.get(key)
    if (before !== undefined && entry!.revision > before) alive.resolve(true)
    revisions.set(key, entry!.revision)
  })
  if (revisions.size === 0) alive.resolve(false)
  const giveUpMs = clock.now() + actorLimits.hostLostAfterMs
  const cancel = clock.at(giveUpMs, () => alive.resolve(false))
  try {
    return await alive.promise
  } finally {
    cancel()
    await watch.stop()
  }
}

/** True when one of the hosts serves the queue of that name. */
export function isServedBy(
  hosts: Iterable<HostRecord>,
  kind: 'tool' | 'decision',
  name: string,
): boolean {
  for (const host of hosts) {
    if ((kind === 'tool' ? host.tools : host.decisions).includes(name)) return true
  }
  return false
}

export function leaseKey(type: string, partition: number): string {
  return `${leasePrefix}${type}.${partition}`
}

/** Which host a partition should go to: spread evenly, the same answer on every host. */
export function preferredHost(
  hosts: readonly string[],
  type: string,
  partition: number,
): string | undefined {
  const sorted = hosts.toSorted()
  // Types start at different hosts, so that many machines with few agents spread as well.
  let offset = 0
  for (let at = 0; at < type.length; at++) offset += type.charCodeAt(at)
  return sorted[(partition + offset) % sorted.length]
}
