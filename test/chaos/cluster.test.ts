import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Bus } from '../../src/bus/bus.ts'
import { openNatsBus } from '../../src/bus/nats-bus.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import { systemIds } from '../../src/contracts/ids.ts'
import { bytes, Inbox, text } from '../bus/harness.ts'
import type { Brokers, Node } from './broker.ts'
import { startCluster } from './cluster.ts'

const clock = systemClock()
let folder: string
let brokers: Brokers
/** Connected to nodes that live on: nobody tells them that another one died. */
let bus: Bus
let victim: Node

const open = (servers: string): Promise<Bus> =>
  openNatsBus({ servers, cell: 'three', clock, ids: systemIds(), replicas: 3 })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ashlar-cluster-'))
  brokers = await startCluster({ folder, cell: 'three', clock, report: () => undefined })
  const first = await open(brokers.servers)
  await first.close()
  await brokers.healthy()
  victim = (await brokers.leader('ACT'))!
  const others = brokers.nodes.filter((node) => node !== victim)
  bus = await open(others.map(({ url }) => url).join(','))
})

afterAll(async () => {
  await bus?.close()
  await brokers?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('kill -9 of a leader: what it read, pulled and stored for the clients of others goes on', async () => {
  const partitions = Array.from({ length: bus.partitions }, (_, partition) => partition)
  const mail = new Inbox<string>()
  for (const partition of partitions) {
    await bus.mailbox.read({ type: 'agent', partition }, (message) => {
      mail.put(`${message.address.id} ${text(message.body)}`)
    })
  }
  const calls = new Inbox<string>()
  const names = partitions.map((partition) => `tool-${partition}`)
  for (const name of names) {
    const options = { concurrency: 4, ackWaitMs: 60_000 }
    await bus.work.consume({ kind: 'tool', name }, options, async ({ id }) => {
      calls.put(id)
      return { kind: 'done' }
    })
  }
  const changes = new Inbox<string>()
  await bus.keyValue.watch('things', '', (key) => changes.put(key))
  await brokers.healthy()

  const ids = Array.from({ length: 40 }, (_, index) => `a${index}`)
  process.kill(victim.pid()!, 'SIGKILL')
  for (const id of ids) {
    const address = { type: 'agent', id }
    // Nobody takes it until there is a new leader; a call says so only after that has taken long.
    const again = async <T>(call: () => Promise<T>): Promise<T> => call().catch(() => again(call))
    await again(() => bus.mailbox.post(address, bytes('hello'), `mail-${id}`))
    await again(async () => {
      const seq = (await bus.journal.last(address))?.seq ?? 0
      const appended = await bus.journal.append(address, bytes(id), seq)
      if (appended.kind === 'unknown') throw new Error(appended.reason)
    })
    // What was just stored is what is read, whichever replica is asked.
    expect(text((await again(() => bus.journal.last(address)))?.body)).toBe(id)
    await again(() => bus.keyValue.put('things', id, bytes(id)))
    expect(text((await again(() => bus.keyValue.get('things', id)))?.value)).toBe(id)
  }
  for (const name of names)
    await bus.work.submit({ kind: 'tool', name }, bytes('x'), `call ${name}`)
  const expected = ids.map((id) => `${id} hello`).toSorted()
  await mail.until((items) => new Set(items).size >= expected.length)
  expect(mail.items.toSorted()).toEqual(expected)
  await calls.until((items) => items.length >= names.length)
  await changes.until((items) => new Set(items).size >= ids.length)
  await brokers.healthy()
}, 30_000)
