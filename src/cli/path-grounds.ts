import type { Host } from '../actors/host.ts'
import { startHost } from '../actors/host.ts'
import { silentLogger } from '../actors/logger.ts'
import type { Bus } from '../bus/bus.ts'
import { createLocalBroker } from '../bus/local-broker.ts'
import { openNatsBus } from '../bus/nats-bus.ts'
import type { Clock } from '../contracts/clock.ts'
import { pause, systemClock, virtualClock } from '../contracts/clock.ts'
import type { Ids } from '../contracts/ids.ts'
import { countingIds, systemIds } from '../contracts/ids.ts'
import { PathError } from '../proof/path-difference.ts'
import type { PathGround } from '../proof/path-ground.ts'
import { temporaryBroker } from './temporary-broker.ts'

/** For tests of the tests: a bus that does what it should not. */
export type Sabotage = (bus: Bus) => Bus

/** Everything on the twin happens in microtasks, so after so many nothing more will. */
const turnsToRest = 5_000
/** On a real broker, in ms; only what never comes takes so long. */
const patienceMs = 10_000
/** The host's clock runs ahead, so that no timer of a path fires by itself: a year, in ms. */
const aheadMs = 365 * 24 * 3_600_000

/** The local twin: a broker in memory whose time moves only when a path fires a timer. */
export function twinGround(sabotage: Sabotage = (bus) => bus): PathGround {
  const clock = virtualClock()
  const broker = createLocalBroker({ clock, partitions: 1 })
  const bus = broker.connect()
  // Heartbeats and checkpoints on a clock of their own: an hour of a path would be thousands of them.
  const still = virtualClock(clock.now())
  // Ahead of the broker, so that not even a timer without a delay fires by itself.
  const hostClock: Clock = { now: () => clock.now() + 1, at: (atMs, fire) => still.at(atMs, fire) }
  const host = hostOn(sabotage(broker.connect()), hostClock, countingIds('paths'))
  return {
    name: 'the local twin',
    bus,
    reach: (atMs) => clock.advance(atMs - clock.now()),
    serve: host.serve,
    async settle(coming, what) {
      const progress = { isSettled: false }
      const mark = (): void => void (progress.isSettled = true)
      coming.then(mark, mark)
      for (let turn = 0; turn < turnsToRest && !progress.isSettled; turn++) await Promise.resolve()
      if (!progress.isSettled) {
        throw new PathError(what, 'it does not come, and nothing is left to happen')
      }
      return coming
    },
    async close() {
      await host.stop()
      await bus.close()
    },
  }
}

/**
 * A NATS server: the given one, else one that is started for the paths and removed after them.
 * @throws UnavailableError, InputError when there is none that can be used
 */
export async function natsGround(url?: string): Promise<PathGround> {
  const clock = systemClock()
  const ids = systemIds()
  const own = url === undefined ? await temporaryBroker(clock) : undefined
  const servers = url ?? own!.url
  // A cell of its own: nothing on a shared server is touched.
  const cell = `paths-${ids.next().slice(0, 24)}`
  const opened: Bus[] = []
  const connect = async (): Promise<Bus> => {
    const bus = await openNatsBus({ servers, cell, clock, ids, partitions: 1, shards: 1 })
    opened.push(bus)
    return bus
  }
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((bus) => bus.close()))
    await own?.remove()
  }
  try {
    const bus = await connect()
    const ahead: Clock = {
      now: () => clock.now() + aheadMs,
      at: (atMs, fire) => clock.at(atMs - aheadMs, fire),
    }
    const host = hostOn(await connect(), ahead, ids)
    return {
      name: 'NATS',
      bus,
      serve: host.serve,
      settle: (coming, what) => inTime(clock, coming, what),
      async close() {
        await host.stop()
        await close()
      },
    }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

/** @throws PathError */
async function inTime<T>(clock: Clock, coming: Promise<T>, what: string): Promise<T> {
  const settled = new AbortController()
  const late = pause(clock, patienceMs, settled.signal).then(() => {
    throw new PathError(what, `it did not come within ${patienceMs} ms`)
  })
  late.catch(() => undefined)
  try {
    return await Promise.race([coming, late])
  } finally {
    settled.abort(new Error('settled'))
  }
}

/** The production host on a connection of its own. */
function hostOn(bus: Bus, clock: Clock, ids: Ids) {
  let host: Host | undefined
  const serve: PathGround['serve'] = async (agent, inline) => {
    const name = `paths-${ids.next()}`
    const ports = { bus, clock, ids, log: silentLogger, pid: process.pid }
    host = await startHost({ name, ...ports, agents: [agent], serves: [], inline })
  }
  const stop = async (): Promise<void> => {
    await host?.stop()
    await bus.close()
  }
  return { serve, stop }
}
