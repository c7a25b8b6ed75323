import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StepNotice } from '../../src/actors/notice.ts'
import { ProcessSupervisor } from '../../src/cli/processes.ts'
import type { ProcessEvent } from '../../src/cli/processes.ts'
import type { Runtime } from '../../src/cli/runtime.ts'
import { connect } from '../../src/cli/runtime.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import { fromBytes } from '../../src/contracts/json.ts'
import { temporaryBroker } from '../bus/broker-fixture.ts'
import type { BrokerFixture } from '../bus/broker-fixture.ts'
import { collect, Inbox } from '../bus/harness.ts'
import { marker } from './fixtures/stepping.ts'

const agents = 20
const steps = 10
const ownArguments = process.execArgv

let fixture: BrokerFixture
let supervisor: ProcessSupervisor
let runtime: Runtime
const events = new Inbox<ProcessEvent>()

beforeAll(async () => {
  // The supervisor passes the flags of this process on; the command line is to run from source.
  process.execArgv = ['--conditions=@ashlar/source']
  fixture = await temporaryBroker()
  const servers = fixture.broker.url
  runtime = await connect({ servers, cell: 'kill' })
  supervisor = new ProcessSupervisor({
    clock: systemClock(),
    env: { PATH: process.env.PATH, NATS_URL: servers, ASHLAR_CELL: 'kill', ASHLAR_LOG: 'fatal' },
    onEvent: (event) => events.put(event),
  })
  const module = (name: string): string =>
    fileURLToPath(new URL(`./fixtures/${name}.ts`, import.meta.url))
  await supervisor.start([
    { name: 'agents', module: module('agents'), instances: 2, options: {} },
    { name: 'tools', module: module('tools'), instances: 2, options: {} },
  ])
})

afterAll(async () => {
  process.execArgv = ownArguments
  await supervisor.stop()
  await runtime.close()
  await fixture.remove()
})

test(
  'kill -9 of agent and tool processes in the middle: every step happens exactly once',
  { timeout: 120_000 },
  async () => {
    const notices = new Inbox<StepNotice>()
    const kills: [notices: number, names: string[]][] = [
      [30, ['agents.1']],
      [80, ['tools.1']],
      [120, ['agents.2', 'tools.2']],
    ]
    const listening = await runtime.bus.wire.listen(['step', '>'], (body) => {
      notices.put(fromBytes(body) as StepNotice)
      if (notices.items.length < (kills[0]?.[0] ?? Infinity)) return
      for (const name of kills.shift()![1]) process.kill(supervisor.pids()[name]!, 'SIGKILL')
    })
    const names = Array.from({ length: agents }, (_, index) => `agent-${index}`)
    const refs = await Promise.all(
      names.map((name) => runtime.client.start(marker, { id: name, input: { name, steps } })),
    )
    const trail = Array.from({ length: steps }, (_, index) => index + 1)
    for (const ref of refs) {
      expect(await ref.output({ timeoutMs: 100_000 })).toEqual({ trail })
    }
    await listening.stop()
    expect(events.items.filter(({ kind }) => kind === 'died')).toHaveLength(4)

    for (const { address } of refs) {
      const records = await collect(runtime.client.history(address))
      expect(records.map(({ step }) => step)).toEqual([...trail, steps + 1])
      expect(records.slice(1).every(({ event }) => event.kind === 'done')).toBe(true)
    }
    const { keyValue } = runtime.bus
    const keys = await keyValue.keys('marks')
    const marks = await Promise.all(keys.map((key) => keyValue.get('marks', key)))
    const written = marks.map((entry) => fromBytes(entry!.value) as { agent: string; step: number })
    expect(written.map(({ agent, step }) => `${agent} ${step}`).toSorted()).toEqual(
      names.flatMap((name) => trail.map((step) => `${name} ${step}`)).toSorted(),
    )
    const requests = await keyValue.keys('requests')
    expect(requests.length).toBeGreaterThanOrEqual(agents * steps)
    expect(new Set(requests.map((request) => request.split(' ')[0]))).toEqual(new Set(keys))
    expect(await collect(runtime.bus.deadLetters.list())).toEqual([])
  },
)
