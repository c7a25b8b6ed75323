import { afterAll, afterEach, describe } from 'vitest'
import type { Client } from '../../src/actors/client.ts'
import type { Host } from '../../src/actors/host.ts'
import { actorLimits } from '../../src/actors/limits.ts'
import type { Logger } from '../../src/actors/logger.ts'
import { defineService } from '../../src/actors/service.ts'
import type { ServiceParts } from '../../src/actors/service.ts'
import type { Bus } from '../../src/bus/bus.ts'
import type { DeadLetter } from '../../src/bus/dead-letters.ts'
import { limits } from '../../src/bus/limits.ts'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import type { LocalBus } from '../../src/bus/local-broker.ts'
import { openNatsBus } from '../../src/bus/nats-bus.ts'
import type { Runtime } from '../../src/cli/runtime.ts'
import { createRuntime } from '../../src/cli/runtime.ts'
import type { Address } from '../../src/contracts/address.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import { pause, systemClock, virtualClock } from '../../src/contracts/clock.ts'
import { countingIds } from '../../src/contracts/ids.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import { temporaryBroker } from '../bus/broker-fixture.ts'
import type { BrokerFixture } from '../bus/broker-fixture.ts'
import { collect, Inbox } from '../bus/harness.ts'
import type { Faults, Life } from './faults.ts'
import { wrapBus } from './faults.ts'
import type { Mode } from './modes.ts'
import { alone, CrashBudget, faultsOf, modes } from './modes.ts'

export type Kind = 'local' | 'nats'

export interface WorldOptions {
  /** Few by default: every partition of every machine costs a reader. */
  partitions?: number
  queueMaxItems?: number
  /** Default `normal`. In another mode processes die and are replaced: hold on to none of them. */
  mode?: Mode
}

export interface LogLine {
  level: 'info' | 'warn' | 'error'
  fields: object
  message: string
}

/** One simulated process: a connection of its own, and hosts that die with it. */
export interface Process {
  readonly runtime: Runtime
  readonly client: Client
  /** The wrapped bus. */
  readonly bus: Bus
  readonly faults: Faults
  /** Undefined only when the process died before it was ready. */
  readonly host: Host
  /** At once, in the middle of anything; to be called from within a fault as well. */
  die(): void
}

/** Several processes and an outside client on one broker and one cell. */
export interface World {
  readonly kind: Kind
  readonly clock: Clock
  readonly client: Client
  /** The bus of the outside client. */
  readonly bus: Bus
  readonly logs: Inbox<LogLine>
  /** A process; its faults may kill it, even before it is ready. */
  start(parts: ServiceParts, faults?: Faults | ((die: () => void) => Faults)): Promise<Process>
  /** A client of its own, as another outsider would have. */
  outsider(): Promise<Client>
  crash(process: Process): Promise<void>
  /** Waits for a promise; where time is virtual it moves the clock until the promise settles. */
  settle<T>(promise: Promise<T>): Promise<T>
  /** Lets virtual time pass, deadline by deadline. Only where time is virtual. */
  pass(ms: number): Promise<void>
  /** Long enough for a checkpoint of every host. */
  checkpoints(): Promise<void>
  /** Waits until something that no notice tells of is so. */
  until(condition: () => Promise<boolean>): Promise<void>
  deadLetters(): Promise<DeadLetter[]>
  history(address: Address): Promise<JournalRecord[]>
  close(): Promise<void>
}

/** Runs end-to-end cases in every mode, on worlds of both kinds. */
export function describeModes(
  name: string,
  cases: (open: (options?: WorldOptions) => Promise<World>) => void,
): void {
  describe.each(modes)(`${name}, %s`, (mode) => {
    describeWorlds(mode, ['local', 'nats'], (open) => {
      cases((options = {}) => open({ ...options, mode }))
    })
  })
}

/** Suites about time that passes by itself would be slow; the relations between the limits stay. */
const fastLimits = {
  heartbeatEveryMs: 100,
  hostLostAfterMs: 400,
  checkpointEveryMs: 50,
  noHostPatienceMs: 300,
}

const lookAgainMs = 10

/** Where every test crashes several times, a death must be noticed soon. */
const hasty = { heartbeatEveryMs: 50, hostLostAfterMs: 200 }

/** Crashes of one test in the modes that crash; in real time each takes as long as a take-over. */
const crashesMax: Record<Kind, number> = { local: 12, nats: 3 }

/** Virtual time after which something that was waited for is not going to happen. */
const patienceMs = 300_000

let broker: Promise<BrokerFixture> | undefined
let cells = 0

/** Runs cases on worlds of one or both kinds and cleans up after each. */
export function describeWorlds(
  name: string,
  kinds: readonly Kind[],
  cases: (open: (options?: WorldOptions) => Promise<World>) => void,
): void {
  describe.each(kinds)(`${name} (%s)`, (kind) => {
    const opened: World[] = []
    afterEach(async () => {
      for (const world of opened.splice(0)) await world.close()
    })
    if (kind === 'nats') {
      afterAll(async () => {
        const fixture = await broker
        broker = undefined
        await fixture?.remove()
      })
    }
    cases(async (options = {}) => {
      const world = await openWorld(kind, options)
      opened.push(world)
      return world
    })
  })
}

export async function openWorld(kind: Kind, options: WorldOptions = {}): Promise<World> {
  const { partitions = 2, queueMaxItems = 10_000, mode = 'normal' } = options
  if (kind === 'local') {
    const clock = virtualClock()
    const local = createLocalBroker({ clock, partitions, queueMaxItems })
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
    /** Everything that waits for a microtask settles in a turn of the event loop. */
    const move = async (): Promise<void> => {
      await turn()
      const next = clock.nextDeadline()
      if (next === undefined) throw new Error('nothing is left to happen')
      clock.advance(Math.max(0, next - clock.now()))
    }
    return createWorld(mode, {
      kind,
      clock,
      connect: () => Promise.resolve(local.connect()),
      drop: (bus) => Promise.resolve((bus as LocalBus).drop()),
      async settle(promise) {
        const progress = { isSettled: false }
        void promise
          .catch(() => undefined)
          .finally(() => {
            progress.isSettled = true
          })
        await turn()
        const giveUpMs = clock.now() + patienceMs
        while (!progress.isSettled) {
          if (clock.now() > giveUpMs) throw new Error('what was waited for did not happen')
          await move()
          await turn()
        }
        return promise
      },
      async pass(ms) {
        const untilMs = clock.now() + ms
        clock.at(untilMs, () => undefined)
        while (clock.now() < untilMs) await move()
        await turn()
      },
    })
  }
  const isHasty = mode.startsWith('crash')
  Object.assign(actorLimits, fastLimits, isHasty ? hasty : {})
  // Whoever asks a process that dies before it answers waits for so long.
  if (isHasty) Object.assign(limits, { requestTimeoutMs: 500 })
  const fixture = await (broker ??= temporaryBroker())
  const cell = `world-${++cells}`
  const clock = systemClock()
  const ids = countingIds(cell)
  return createWorld(mode, {
    kind,
    clock,
    connect: () =>
      openNatsBus({ servers: fixture.broker.url, cell, clock, ids, partitions, queueMaxItems }),
    drop: (bus) => bus.close(),
    settle: (promise) => promise,
    pass: () => Promise.reject(new Error('real time passes by itself')),
  })
}

type Ground = Pick<World, 'kind' | 'clock' | 'settle' | 'pass'> & {
  connect(): Promise<Bus>
  /** Ends a connection without handing anything over. */
  drop(bus: Bus): Promise<void>
}

async function createWorld(mode: Mode, ground: Ground): Promise<World> {
  const { clock, settle } = ground
  const budget = new CrashBudget(crashesMax[ground.kind])
  const logs = new Inbox<LogLine>()
  const drops: Promise<void>[] = []
  const running = new Map<Life, Runtime>()
  const outside: Bus[] = []
  const successors: Promise<Process>[] = []
  let count = 0
  const enter = (bus: Bus): Runtime => {
    const name = `p${++count}`
    const ids = countingIds(name)
    return createRuntime({ bus, clock, ids, random: seededRandom(count), log: logTo(logs) })
  }
  const begin = async (
    parts: ServiceParts,
    given: Faults | ((die: () => void) => Faults),
    isStale: boolean,
  ): Promise<Process> => {
    const life: Life = { dead: false }
    const death = Promise.withResolvers<undefined>()
    const connection = await ground.connect()
    let host: Host | undefined
    const die = (): void => {
      if (life.dead) return
      life.dead = true
      running.delete(life)
      void host?.abandon()
      drops.push(ground.drop(connection))
      death.resolve(undefined)
    }
    const dieInMode = (): void => {
      die()
      // Another one in its place, as a supervisor would see to it.
      successors.push(begin(parts, given, isStale))
    }
    const faults = typeof given === 'function' ? given(die) : given
    const inMode = faultsOf(mode, connection, budget, dieInMode)
    const wrapped = wrapBus(wrapBus(connection, inMode, life), faults, life)
    const runtime = enter(isStale ? alone(wrapped, clock) : wrapped)
    running.set(life, runtime)
    const serving = runtime.serve(defineService('host', () => parts))
    host = await Promise.race([serving, death.promise])
    return { runtime, client: runtime.client, bus: wrapped, faults, host: host!, die }
  }
  const bus = await ground.connect()
  outside.push(bus)
  const { client } = enter(bus)
  return {
    ...ground,
    client,
    bus,
    logs,
    async start(parts, given = {}) {
      const process = await settle(begin(parts, given, false))
      if (mode === 'stale second owner') await settle(begin(parts, given, true))
      return process
    },
    async outsider() {
      const another = await ground.connect()
      outside.push(another)
      return enter(another).client
    },
    async crash(process) {
      process.die()
      await settle(Promise.all(drops))
    },
    async checkpoints() {
      if (ground.kind === 'local') return ground.pass(5 * actorLimits.checkpointEveryMs)
      // A heartbeat takes twice as long as a checkpoint.
      const beats = new Inbox<string>()
      const watching = await bus.keyValue.watch('cell', 'host.', (key) => beats.put(key))
      await beats.until((keys) => keys.length > 5 * running.size)
      await watching.stop()
    },
    async until(condition) {
      while (!(await settle(condition()))) await settle(pause(clock, lookAgainMs))
    },
    async deadLetters() {
      return settle(collect(bus.deadLetters.list()))
    },
    async history(address) {
      return settle(collect(client.history(address)))
    },
    async close() {
      // A successor may still be starting, or have a successor of its own.
      for (const one of successors) await settle(one.catch(() => undefined))
      await settle(Promise.all([...running.values()].map((runtime) => runtime.close())))
      await settle(Promise.all([...drops, ...outside.map((one) => one.close())]))
    },
  }
}

function logTo(logs: Inbox<LogLine>): Logger {
  const at =
    (level: LogLine['level']) =>
    (fields: object, message: string): void =>
      logs.put({ level, fields, message })
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

/** Waits until the agent has ended, in whatever way, and gives its last state. */
export async function ended(
  world: World,
  ref: { address: Address },
): Promise<Awaited<ReturnType<Client['waitFor']>>> {
  return world.settle(world.client.waitFor(ref.address, ({ status }) => status !== 'active'))
}

/** What a tool was asked to do, and what the outside system made of it, by idempotency key. */
export class Executions<Input = unknown> {
  readonly calls: Inbox<{ key: string; attempt: number; input: Input; signal: AbortSignal }> =
    new Inbox()
  /** How often the effect took place: an outside system that honours keys counts each once. */
  readonly applied: Map<string, Input> = new Map()

  note(
    input: Input,
    scope: { idempotencyKey: string; attempt: number; signal: AbortSignal },
  ): void {
    const { idempotencyKey: key, attempt, signal } = scope
    this.calls.put({ key, attempt, input, signal })
    if (!this.applied.has(key)) this.applied.set(key, input)
  }

  /** Number of executions per key. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { key } of this.calls.items) counts[key] = (counts[key] ?? 0) + 1
    return counts
  }
}
