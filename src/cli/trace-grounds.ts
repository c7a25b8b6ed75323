import { setImmediate as nextRound } from 'node:timers/promises'
import type { AgentDefinition } from '../actors/definition.ts'
import { defineAgent } from '../actors/definition.ts'
import { createPerformer } from '../actors/performer.ts'
import type { Bus } from '../bus/bus.ts'
import type { LocalBus } from '../bus/local-broker.ts'
import { createLocalBroker } from '../bus/local-broker.ts'
import { openNatsBus } from '../bus/nats-bus.ts'
import type { Clock } from '../contracts/clock.ts'
import { pause, systemClock, virtualClock } from '../contracts/clock.ts'
import type { Ids } from '../contracts/ids.ts'
import { countingIds, systemIds } from '../contracts/ids.ts'
import type { Random } from '../contracts/random.ts'
import { toolCallMachine } from '../machines/tool-call.ts'
import type { Connection, TraceGround } from '../proof/trace-ground.ts'
import { DivergedError } from '../proof/trace-play.ts'
import { keyValueLedger } from '../tools/ledger.ts'
import { prepareToolCall } from '../tools/prepare.ts'
import { createPerformers } from './performers.ts'
import { temporaryBroker } from './temporary-broker.ts'

const toolCall: AgentDefinition = defineAgent({ machine: toolCallMachine })

/** Everything on the twin happens in microtasks, so after so many rounds nothing more will. */
const roundsToRest = 100
/** On a real broker, in ms; only what never comes takes so long. */
const patienceMs = 10_000
/** The clock of the agents' host runs ahead, so that none of their timers fires by itself: a year. */
const aheadMs = 365 * 24 * 3_600_000

/** The local twin: a broker in memory whose time moves only when the player says so. */
export function twinTraceGround(): TraceGround {
  const clock = virtualClock()
  const broker = createLocalBroker({ clock, partitions: 1 })
  // Heartbeats and checkpoints on a clock that stands still.
  const still = virtualClock()
  const hostClock: Clock = {
    now: () => clock.now() + aheadMs,
    at: (atMs, fire) => still.at(atMs, fire),
  }
  const ids = countingIds('trace')
  const connect = (): Connection => {
    const bus: LocalBus = broker.connect()
    return { bus, drop: async () => bus.drop() }
  }
  return {
    name: 'the local twin',
    clock,
    hostClock,
    ids,
    connect: async (role) => (role === 'host' ? alone(connect()) : connect()),
    ...performers(clock, ids),
    async settle(coming, what) {
      const progress = { isSettled: false }
      const mark = (): void => void (progress.isSettled = true)
      coming.then(mark, mark)
      for (let round = 0; round < roundsToRest && !progress.isSettled; round++) await nextRound()
      if (!progress.isSettled) {
        throw new DivergedError(`${what} does not come, and nothing is left to happen`)
      }
      return coming
    },
    pass: (ms) => clock.advance(ms),
    close: () => Promise.resolve(),
  }
}

/**
 * A NATS server: the given one, in a cell of its own, which is left there; else one that is started
 * and removed.
 * @throws UnavailableError, InputError when there is none that can be used
 */
export async function natsTraceGround(url?: string): Promise<TraceGround> {
  const clock = systemClock()
  const ids = systemIds()
  const own = url === undefined ? await temporaryBroker(clock) : undefined
  const servers = url ?? own!.url
  const cell = `trace-${ids.next().slice(0, 24)}`
  const connect = async (): Promise<Connection> => {
    const bus = await openNatsBus({ servers, cell, clock, ids, partitions: 1, shards: 1 })
    return { bus, drop: () => bus.close() }
  }
  const hostClock: Clock = {
    now: () => clock.now() + aheadMs,
    at: (atMs, fire) => clock.at(atMs - aheadMs, fire),
  }
  return {
    name: 'NATS',
    clock,
    hostClock,
    ids,
    connect: async (role) => (role === 'host' ? alone(await connect()) : connect()),
    ...performers(clock, ids),
    settle: (coming, what) => inTime(clock, coming, what),
    pass: () => undefined,
    close: async () => own?.remove(),
  }
}

/** Its process hears of no other host and holds every lease: the journal alone is the fence. */
function alone({ bus, drop }: Connection): Connection {
  const own = createLocalBroker({ clock: virtualClock() }).connect().keyValue
  const { keyValue } = bus
  const of = (bucket: string): Bus['keyValue'] => (bucket === 'cell' ? own : keyValue)
  const aloneBus: Bus = {
    ...bus,
    keyValue: {
      get: (bucket, key) => of(bucket).get(bucket, key),
      put: (bucket, key, value, expected) => of(bucket).put(bucket, key, value, expected),
      forget: (bucket, key) => of(bucket).forget(bucket, key),
      keys: (bucket, prefix) => of(bucket).keys(bucket, prefix),
      watch: (bucket, prefix, onChange) => of(bucket).watch(bucket, prefix, onChange),
    },
  }
  return { bus: aloneBus, drop }
}

type Performers = Pick<TraceGround, 'toolPerformer' | 'decisionPerformer' | 'memoryPerformers'>

/** The production code of the processes. */
function performers(clock: Clock, ids: Ids): Performers {
  // As the model has it; a wait of a call never passes by itself.
  const random: Random = { next: () => 0.5 }
  return {
    toolPerformer(tool, { keyValue }, probes) {
      const ledger = keyValueLedger(keyValue, probes.clock)
      const probed = {
        ...ledger,
        begin: (...entry: Parameters<typeof ledger.begin>) =>
          probes.around('recordIntent', () => ledger.begin(...entry)),
        settle: (...entry: Parameters<typeof ledger.settle>) =>
          probes.around('recordOutcome', () => ledger.settle(...entry)),
      }
      const breaker = { refusal: () => probes.refusal(), record: () => undefined }
      const ports = { ledger: probed, clock: probes.clock, ids, random, breaker }
      return createPerformer({
        kind: 'tool',
        name: tool.name,
        concurrency: 1,
        ackWaitMs: patienceMs,
        definition: toolCall,
        clock: probes.clock,
        prepare: (call) => prepareToolCall(tool, call, ports),
      })
    },
    decisionPerformer(decision, { keyValue }, probes) {
      const ports = { keyValue, clock: probes.clock, random, ids }
      return createPerformers({ decisions: [decision] }, ports).serves[0]!
    },
    memoryPerformers: ({ keyValue }) =>
      createPerformers({}, { keyValue, clock, random, ids }).inline,
  }
}

/** @throws DivergedError */
async function inTime<T>(clock: Clock, coming: Promise<T>, what: string): Promise<T> {
  const settled = new AbortController()
  const late = pause(clock, patienceMs, settled.signal).then(() => {
    throw new DivergedError(`${what} did not come within ${patienceMs} ms`)
  })
  late.catch(() => undefined)
  try {
    return await Promise.race([coming, late])
  } finally {
    settled.abort(new Error('settled'))
  }
}
