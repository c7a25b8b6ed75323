import { expect, test } from 'vitest'
import { Placement } from '../../src/actors/placement.ts'
import { leaseKey, leasePrefix, registryBucket } from '../../src/actors/registry.ts'
import { silentLogger } from '../../src/actors/logger.ts'
import type { KeyEntry, KeyValue } from '../../src/bus/key-value.ts'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import type { MailboxSlice } from '../../src/bus/mailbox.ts'
import type { VirtualClock } from '../../src/contracts/clock.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import { UnavailableError } from '../../src/contracts/error.ts'
import { rest } from '../tools/finish.ts'

const partitions = 8

/** A key-value store that can be cut off: calls fail, and news arrives only afterwards. */
class Cable {
  private cut = false
  private silent = false
  private readonly missed: (() => void)[] = []
  readonly keyValue: KeyValue

  constructor(whole: KeyValue) {
    const call = <T>(run: () => Promise<T>): Promise<T> =>
      this.cut ? Promise.reject(new UnavailableError('cut off')) : run()
    this.keyValue = {
      get: (bucket, key) => call(() => whole.get(bucket, key)),
      put: (bucket, key, value, expected) => call(() => whole.put(bucket, key, value, expected)),
      forget: (bucket, key) => call(() => whole.forget(bucket, key)),
      keys: (bucket, prefix) => call(() => whole.keys(bucket, prefix)),
      watch: (bucket, prefix, onChange: (key: string, entry: KeyEntry | undefined) => void) =>
        whole.watch(bucket, prefix, (key, entry) => {
          if (this.silent) this.missed.push(() => onChange(key, entry))
          else onChange(key, entry)
        }),
    }
  }

  pull(): void {
    this.cut = true
    this.silent = true
  }

  /** Calls work again at once; news arrives only from `catchUp` on. */
  plug(): void {
    this.cut = false
  }

  catchUp(): void {
    this.silent = false
    for (const deliver of this.missed.splice(0)) deliver()
  }
}

interface Host {
  cable: Cable
  owned: Set<string>
  /** Slices that it began to read although it had them not long before. */
  taken: string[]
}

async function openHosts(names: string[], clock: VirtualClock, whole: KeyValue): Promise<Host[]> {
  const hosts: Host[] = []
  for (const name of names) {
    const host: Host = { cable: new Cable(whole), owned: new Set(), taken: [] }
    const key = ({ type, partition }: MailboxSlice): string => leaseKey(type, partition)
    const record = { name, pid: 1, agents: [{ id: 'desk', version: '1' }], tools: [] }
    const placement = new Placement({
      host: { ...record, decisions: [], startedAtMs: clock.now() },
      partitions,
      keyValue: host.cable.keyValue,
      clock,
      log: silentLogger,
      acquire: async (slice) => {
        host.owned.add(key(slice))
        host.taken.push(key(slice))
      },
      release: async (slice) => void host.owned.delete(key(slice)),
    })
    hosts.push(host)
    await placement.start()
  }
  return hosts
}

async function pass(clock: VirtualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    clock.advance(250)
    await rest()
  }
}

test('an outage that hits all hosts alike moves no slice when it is over', async () => {
  const clock = virtualClock()
  const { keyValue: whole } = createLocalBroker({ clock }).connect()
  const hosts = await openHosts(['a', 'b', 'c'], clock, whole)
  await pass(clock, 3_000)
  const before = hosts.map(({ owned }) => [...owned].toSorted())
  expect(before.flat().toSorted()).toHaveLength(partitions)
  for (const host of hosts) {
    host.cable.pull()
    host.taken = []
  }
  await pass(clock, 7_000)
  for (const { cable } of hosts) cable.plug()
  // The first beats go through before any news of the others has arrived.
  await pass(clock, 1_250)
  for (const { cable } of hosts) cable.catchUp()
  await pass(clock, 3_000)
  expect(hosts.map(({ owned }) => [...owned].toSorted())).toEqual(before)
  expect(hosts.flatMap(({ taken }) => taken)).toEqual([])
  expect(await whole.keys(registryBucket, leasePrefix)).toHaveLength(partitions)
})

test('a host that was cut off alone loses its slices, notices it, and gets its share again', async () => {
  const clock = virtualClock()
  const { keyValue: whole } = createLocalBroker({ clock }).connect()
  const hosts = await openHosts(['a', 'b'], clock, whole)
  await pass(clock, 3_000)
  const [a, b] = hosts as [Host, Host]
  expect([a.owned.size, b.owned.size]).toEqual([4, 4])
  a.cable.pull()
  await pass(clock, 8_000)
  expect(b.owned.size).toBe(partitions)
  a.cable.plug()
  a.cable.catchUp()
  await pass(clock, 6_000)
  expect([a.owned.size, b.owned.size]).toEqual([4, 4])
  expect(new Set([...a.owned, ...b.owned]).size).toBe(partitions)
  expect(await whole.keys(registryBucket, leasePrefix)).toHaveLength(partitions)
})

test('a host that joins while another has just died makes nobody hand slices to the dead one', async () => {
  const clock = virtualClock()
  const { keyValue: whole } = createLocalBroker({ clock }).connect()
  const [a, b] = (await openHosts(['a', 'b'], clock, whole)) as [Host, Host]
  await pass(clock, 3_000)
  const before = [...b.owned]
  expect(before).toHaveLength(4)
  a.cable.pull()
  // Too late to be fresh, too early to be lost.
  await pass(clock, 1_500)
  const [c] = (await openHosts(['c'], clock, whole)) as [Host]
  await pass(clock, 250)
  expect(c.owned.size).toBeGreaterThan(0)
  const served = new Set([...b.owned, ...c.owned])
  expect(before.filter((slice) => !served.has(slice))).toEqual([])
})

test('a lease that is given back while the broker dies is taken, however much of it was done', async () => {
  for (const isStored of [true, false]) {
    const clock = virtualClock()
    const { keyValue: whole } = createLocalBroker({ clock }).connect()
    const [a] = (await openHosts(['a'], clock, whole)) as [Host]
    await pass(clock, 1_000)
    const { put } = a.cable.keyValue
    let unanswered = partitions / 2
    a.cable.keyValue.put = async (bucket, key, value, expected) => {
      const gives = key.startsWith(leasePrefix) && new TextDecoder().decode(value) === '{}'
      if (!gives || unanswered-- <= 0) return put(bucket, key, value, expected)
      if (isStored) await put(bucket, key, value, expected)
      throw new UnavailableError('the connection was lost')
    }
    const [b] = (await openHosts(['b'], clock, whole)) as [Host]
    await pass(clock, 3_000)
    expect(unanswered).toBeLessThanOrEqual(0)
    expect([a.owned.size, b.owned.size]).toEqual([4, 4])
  }
})
