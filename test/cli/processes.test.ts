import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ProcessEvent } from '../../src/cli/processes.ts'
import { ProcessSupervisor } from '../../src/cli/processes.ts'
import type { ProcessSpec } from '../../src/cli/settings.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import type { BrokerFixture } from '../bus/broker-fixture.ts'
import { temporaryBroker } from '../bus/broker-fixture.ts'
import { Inbox } from '../bus/harness.ts'

/** Serves nothing. */
const idle = `
  export default { kind: 'service', name: 'idle', setup: () => ({}) }`
/** Fails with its process id in the message, and leaves something that keeps the process alive. */
const failing = `
  setInterval(() => undefined, 1000)
  const setup = () => { throw new Error('failed as process ' + process.pid) }
  export default { kind: 'service', name: 'failing', setup }`

describe('the supervisor of processes', () => {
  let broker: BrokerFixture
  let folder: string
  const opened: ProcessSupervisor[] = []
  beforeAll(async () => {
    broker = await temporaryBroker()
    folder = await mkdtemp(join(tmpdir(), 'ashlar-processes-'))
    await writeFile(join(folder, 'idle.mjs'), idle)
    await writeFile(join(folder, 'failing.mjs'), failing)
  })
  afterEach(async () => {
    for (const supervisor of opened.splice(0)) await supervisor.stop()
  })
  afterAll(async () => {
    await broker.remove()
    await rm(folder, { recursive: true, force: true })
  })

  const clock = virtualClock()
  const open = (): { supervisor: ProcessSupervisor; events: Inbox<ProcessEvent> } => {
    const events = new Inbox<ProcessEvent>()
    const NODE_OPTIONS = '--conditions=@ashlar/source'
    const env = { ...process.env, NODE_OPTIONS, NATS_URL: broker.broker.url }
    const onEvent = (event: ProcessEvent): void => events.put(event)
    const supervisor = new ProcessSupervisor({ clock, env, onEvent })
    opened.push(supervisor)
    return { supervisor, events }
  }
  const spec = (name: string): ProcessSpec => {
    return { name, module: join(folder, `${name}.mjs`), instances: 1, options: {} }
  }

  test('a process that fails at its start is ended, the others stay until they are stopped', async () => {
    const { supervisor } = open()
    const starting = supervisor.start([spec('failing'), spec('idle')])
    const thrown = await starting.then(
      () => new Error('it started'),
      (error: Error) => error,
    )
    expect(thrown.message).toMatch(/^process failing: failed as process \d+$/)
    const pid = Number(/\d+$/.exec(thrown.message)?.[0])
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(Object.keys(supervisor.pids())).toEqual(['idle'])
    const { idle: other } = supervisor.pids()
    await supervisor.stop()
    expect(() => process.kill(other!, 0)).toThrow('ESRCH')
  })

  test('the waits grow while a process keeps dying, and begin anew after it served', async () => {
    const { supervisor, events } = open()
    await supervisor.start([spec('idle')])
    /** Kills the process; gives the wait that follows, and lets it pass. */
    const dies = async (): Promise<number> => {
      const pid = supervisor.pids().idle!
      const before = events.items.length
      process.kill(pid, 'SIGKILL')
      await events.until((items) => items.length > before)
      const died = events.items[before]!
      if (died.kind !== 'died') throw new Error(died.kind)
      clock.advance(died.restartInMs)
      await events.until((items) => items.length > before + 1)
      expect(events.items[before + 1]).toMatchObject({ kind: 'ready', name: 'idle' })
      return died.restartInMs
    }
    expect([await dies(), await dies(), await dies()]).toEqual([200, 400, 800])
    clock.advance(59_999)
    expect(await dies()).toBe(1_600)
    clock.advance(60_000)
    expect([await dies(), await dies()]).toEqual([200, 400])
  })

  test('a process that dies too often is given up, the others go on', async () => {
    const { supervisor, events } = open()
    const restarts = { most: 2, withinMs: 10_000 }
    const other = { ...spec('idle'), name: 'other' }
    await supervisor.start([{ ...spec('idle'), restarts }, other])
    const dies = async (): Promise<ProcessEvent> => {
      const before = events.items.length
      process.kill(supervisor.pids().idle!, 'SIGKILL')
      await events.until((items) => items.length > before)
      return events.items[before]!
    }
    const restarted = async (): Promise<void> => {
      const died = await dies()
      if (died.kind !== 'died') throw new Error(died.kind)
      const before = events.items.length
      clock.advance(died.restartInMs)
      await events.until((items) => items.length > before)
    }
    await restarted()
    clock.advance(10_000)
    // The first one is forgotten: it is out of the window.
    await restarted()
    await restarted()
    const gaveUp = await dies()
    expect(gaveUp).toMatchObject({ kind: 'gave-up', name: 'idle', restarts: 2, how: 'SIGKILL' })
    expect((gaveUp as { message: string }).message).toMatch(
      /^process idle was restarted 2 times within 10 s and died again \(SIGKILL\); it stays down/,
    )
    expect(Object.keys(supervisor.pids())).toEqual(['other'])
    expect(process.kill(supervisor.pids().other!, 0)).toBe(true)
  })

  test('a process that can no longer start is given up with its last complaint', async () => {
    const { supervisor, events } = open()
    const file = join(folder, 'spoilt.mjs')
    await writeFile(file, idle)
    const spoilt = { ...spec('spoilt'), restarts: { most: 2, withinMs: 60_000 } }
    await supervisor.start([spoilt])
    await writeFile(file, failing)
    process.kill(supervisor.pids().spoilt!, 'SIGKILL')
    for (const count of [2, 3]) {
      await events.until((items) => items.length === count)
      const died = events.items.at(-1)!
      if (died.kind !== 'died') throw new Error(died.kind)
      clock.advance(died.restartInMs)
    }
    await events.until((items) => items.length === 4)
    expect(events.items.at(-1)).toMatchObject({
      kind: 'gave-up',
      name: 'spoilt',
      how: expect.stringMatching(/failed as process/) as string,
    })
    expect(supervisor.pids()).toEqual({})
  })
})
