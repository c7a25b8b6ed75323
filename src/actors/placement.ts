import type { Clock } from '../contracts/clock.ts'
import { fromBytes, toBytes } from '../contracts/json.ts'
import type { KeyEntry, KeyValue } from '../bus/key-value.ts'
import type { MailboxSlice, Running } from '../bus/mailbox.ts'
import { toErrorValue } from '../contracts/error.ts'
import { actorLimits } from './limits.ts'
import type { Logger } from './logger.ts'
import type { HostRecord } from './registry.ts'
import {
  decodeHost,
  encodeHost,
  hostPrefix,
  isServedBy,
  leaseKey,
  leasePrefix,
  preferredHost,
  registryBucket,
} from './registry.ts'

export interface PlacementOptions {
  host: HostRecord
  partitions: number
  keyValue: KeyValue
  clock: Clock
  log: Logger
  /** Starts work on a slice; resolves when it reads. */
  acquire: (slice: MailboxSlice) => Promise<void>
  /** Hands a slice back; resolves when nothing of it runs here. */
  release: (slice: MailboxSlice) => Promise<void>
}

/**
 * Decides which slices this host owns. Leases live in the key-value store; they save work and
 * nothing more, for the journal's expected position is the only fence (I2). Whether another host
 * lives is judged by when its heartbeat was last *seen*, so clocks need not agree.
 */
export class Placement {
  private readonly options: PlacementOptions
  private readonly lastSeenMs = new Map<string, number>()
  private readonly hosts = new Map<string, HostRecord>()
  private readonly holders = new Map<string, { host: string | undefined; revision: number }>()
  private readonly owned = new Map<string, MailboxSlice>()
  private readonly watches: Running[] = []
  private cancelTick: () => void = () => undefined
  private chain: Promise<void> = Promise.resolve()
  private stopped = false
  private lastBeatMs: number

  constructor(options: PlacementOptions) {
    this.options = options
    this.lastBeatMs = options.clock.now()
  }

  async start(): Promise<void> {
    const { keyValue, host } = this.options
    await keyValue.put(registryBucket, hostPrefix + host.name, encodeHost(host))
    let isInformed = false
    const note = (key: string, entry: KeyEntry | undefined): void => {
      if (this.note(key, entry) && isInformed) void this.balanceSoon()
    }
    // A watch begins with what is there. To read it before would miss what goes in between, and a
    // lease that is gone would be believed to be held for ever.
    this.watches.push(await keyValue.watch(registryBucket, leasePrefix, note))
    this.watches.push(await keyValue.watch(registryBucket, hostPrefix, note))
    isInformed = true
    await this.balanceSoon()
    this.armTick()
  }

  /** Releases everything and says goodbye, so that others take over at once. */
  async stop(): Promise<void> {
    if (this.stopped) return
    this.stopped = true
    this.cancelTick()
    await this.chain
    for (const watch of this.watches) await watch.stop()
    for (const slice of this.owned.values()) await this.giveBack(slice)
    const { keyValue, host } = this.options
    await keyValue.forget(registryBucket, hostPrefix + host.name)
  }

  /** Whether a live process serves the tool or decision, as far as this host knows. */
  isServed(kind: 'tool' | 'decision', name: string): boolean {
    return isServedBy(this.alive(), kind, name)
  }

  private armTick(): void {
    const { clock, log } = this.options
    this.cancelTick = clock.at(clock.now() + actorLimits.heartbeatEveryMs, () => {
      this.beat()
        // Not awaited: a slow hand-over must not look like a dead host.
        .then(() => void this.balanceSoon())
        .catch((thrown: unknown) =>
          log.warn({ error: toErrorValue(thrown) }, 'heartbeat failed; trying again'),
        )
        .finally(() => {
          if (!this.stopped) this.armTick()
        })
    })
  }

  private async beat(): Promise<void> {
    const { keyValue, host, clock } = this.options
    await keyValue.put(registryBucket, hostPrefix + host.name, encodeHost(host))
    const nowMs = clock.now()
    // Whoever was cut off itself has not heard the others either: they get their time anew.
    if (nowMs - this.lastBeatMs > actorLimits.hostLostAfterMs / 2) {
      for (const name of this.hosts.keys()) this.lastSeenMs.set(name, nowMs)
    }
    this.lastBeatMs = nowMs
    await this.sweep(nowMs)
  }

  /** Removes the records of hosts that died without saying goodbye, long ago. */
  private async sweep(nowMs: number): Promise<void> {
    for (const [name, seenMs] of this.lastSeenMs) {
      if (nowMs - seenMs < actorLimits.hostForgottenAfterMs || name === this.options.host.name) {
        continue
      }
      this.noteHost(name, undefined)
      await this.options.keyValue.forget(registryBucket, hostPrefix + name)
    }
  }

  /** True when the news can change who owns what. */
  private note(key: string, entry: KeyEntry | undefined): boolean {
    if (key.startsWith(hostPrefix)) return this.noteHost(key.slice(hostPrefix.length), entry)
    if (!key.startsWith(leasePrefix)) return false
    if (entry) {
      const { revision } = entry
      // News of what was before our own write comes late.
      if (revision < (this.holders.get(key)?.revision ?? 0)) return false
      const holder = { host: holderIn(entry.value), revision }
      this.holders.set(key, holder)
      const isFree = holder.host === undefined
      return isFree || (this.owned.has(key) && holder.host !== this.options.host.name)
    }
    return this.holders.delete(key)
  }

  private noteHost(name: string, entry: KeyEntry | undefined): boolean {
    const record = entry ? decodeHost(entry.value) : undefined
    if (!record) {
      this.lastSeenMs.delete(name)
      return this.hosts.delete(name)
    }
    const isNew = !this.hosts.has(name)
    this.hosts.set(name, record)
    this.lastSeenMs.set(name, this.options.clock.now())
    return isNew
  }

  private alive(): HostRecord[] {
    const { clock, host } = this.options
    const oldestMs = clock.now() - actorLimits.hostLostAfterMs
    return [...this.hosts.values()].filter(
      ({ name }) => name === host.name || (this.lastSeenMs.get(name) ?? 0) >= oldestMs,
    )
  }

  /** Whether a host was heard of so recently that it is hardly dead. */
  private isFresh(name: string | undefined): boolean {
    const seenMs = this.lastSeenMs.get(name ?? '') ?? 0
    return this.options.clock.now() - seenMs <= 2 * actorLimits.heartbeatEveryMs
  }

  private balanceSoon(): Promise<void> {
    this.chain = this.chain
      .then(() => (this.stopped ? undefined : this.balance()))
      .catch((thrown: unknown) => {
        this.options.log.warn({ error: toErrorValue(thrown) }, 'placement failed; trying again')
      })
    return this.chain
  }

  private async balance(): Promise<void> {
    const { host, partitions } = this.options
    const alive = this.alive()
    const work: Promise<void>[] = []
    for (const { id: type } of host.agents) {
      const candidates = alive
        .filter(({ agents }) => agents.some((agent) => agent.id === type))
        .map(({ name }) => name)
      for (let partition = 0; partition < partitions; partition++) {
        const preferred = preferredHost(candidates, type, partition)
        const mine = preferred === host.name
        const slice = { type, partition }
        const key = leaseKey(type, partition)
        const has = this.owned.has(key)
        const holder = this.holders.get(key)?.host
        const holds = holder === host.name
        if (has && holder !== undefined && !holds) work.push(this.lose(slice))
        else if (mine && !has) work.push(this.take(slice, alive))
        // What runs here goes on here until there is a sign of life of the one that is to have it.
        else if (!mine && (has ? this.isFresh(preferred) : holds)) work.push(this.giveBack(slice))
      }
    }
    // One that fails must not keep the others from being told of, nor overtake the next round.
    const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected')
    if (failed) throw (failed as PromiseRejectedResult).reason
  }

  private async take(slice: MailboxSlice, alive: HostRecord[]): Promise<void> {
    const { keyValue, host, acquire } = this.options
    const key = leaseKey(slice.type, slice.partition)
    const holder = this.holders.get(key)
    const held = holder && holder.host !== host.name
    if (held && alive.some(({ name }) => name === holder.host)) return
    const value = toBytes({ host: host.name })
    const written = await keyValue.put(registryBucket, key, value, holder?.revision ?? 0)
    if (written.kind === 'conflict') return this.lookUp(key)
    this.holders.set(key, { host: host.name, revision: written.revision })
    this.owned.set(key, slice)
    try {
      await acquire(slice)
    } catch (thrown) {
      this.owned.delete(key)
      throw thrown
    }
  }

  /**
   * Writes that nobody holds the lease. A deletion would not do: when a dying broker cuts it in two,
   * the lease is gone and no watch is told, so that all others go on to believe that it is held.
   */
  private async giveBack(slice: MailboxSlice): Promise<void> {
    const { keyValue, host, release } = this.options
    const key = leaseKey(slice.type, slice.partition)
    this.owned.delete(key)
    await release(slice)
    // Until it is written it counts as held, and is given back again at the next beat.
    const holder = this.holders.get(key)
    if (holder?.host !== host.name) return
    const written = await keyValue.put(registryBucket, key, toBytes({}), holder.revision)
    if (written.kind === 'conflict') await this.lookUp(key)
    else this.holders.set(key, { host: undefined, revision: written.revision })
  }

  /** What the watch has not told yet. */
  private async lookUp(key: string): Promise<void> {
    const present = await this.options.keyValue.get(registryBucket, key)
    this.holders.delete(key)
    this.note(key, present)
  }

  /** Another host has taken the lease; it is that one's to give back. */
  private async lose(slice: MailboxSlice): Promise<void> {
    this.owned.delete(leaseKey(slice.type, slice.partition))
    await this.options.release(slice)
  }
}

/** Who holds a lease; nobody when it was given back, or is of a build that we do not understand. */
function holderIn(bytes: Uint8Array): string | undefined {
  try {
    const { host } = fromBytes(bytes) as { host?: unknown }
    return typeof host === 'string' ? host : undefined
  } catch {
    return undefined
  }
}
