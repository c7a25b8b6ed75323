import { Client } from '../actors/client.ts'
import type { Host } from '../actors/host.ts'
import { startHost } from '../actors/host.ts'
import { Operator } from '../actors/operator.ts'
import type { Logger } from '../actors/logger.ts'
import { silentLogger } from '../actors/logger.ts'
import type { Service } from '../actors/service.ts'
import { topics } from '../actors/notice.ts'
import type { Bus } from '../bus/bus.ts'
import { openNatsBus } from '../bus/nats-bus.ts'
import { namingOutages } from '../bus/store-outage.ts'
import type { Clock } from '../contracts/clock.ts'
import { systemClock } from '../contracts/clock.ts'
import type { Decided } from '../contracts/decision.ts'
import type { Ids } from '../contracts/ids.ts'
import { systemIds } from '../contracts/ids.ts'
import { toBytes } from '../contracts/json.ts'
import type { Random } from '../contracts/random.ts'
import { systemRandom } from '../contracts/random.ts'
import { Verdicts } from '../inspect/verdicts.ts'
import { createPerformers } from './performers.ts'

/** Everything that the runtime takes from outside; each has a deterministic twin. */
export interface RuntimePorts {
  bus: Bus
  clock: Clock
  ids: Ids
  random: Random
  log: Logger
}

/** One process's way into a cell: a client, and hosts for what this process serves. */
export interface Runtime {
  readonly bus: Bus
  readonly client: Client
  /** What operators may do and clients may not. */
  readonly operator: Operator
  /** What was found out about runs afterwards; `ashlar explain` reads it. */
  readonly verdicts: Verdicts
  /** Serves agents, tools and decisions until the host is stopped. */
  serve(
    service: Service,
    options?: Readonly<Record<string, string>>,
    listeners?: { onDecided?: (decided: Decided) => void },
  ): Promise<Host>
  /** Stops every host and closes the connection. Closing twice is harmless. */
  close(): Promise<void>
}

export interface ConnectOptions {
  /** Address of a NATS server, `nats://host:4222`, or several separated by commas. */
  servers: string
  /** Namespace of a deployment. Default `main`. */
  cell?: string
  /** Copies of every stream; more than 1 needs a cluster. Default 1. */
  replicas?: number
  /**
   * Streams over which the state of the agents is spread, 1 to 16. Used when the cell is new; an
   * existing cell keeps its number. Default 4.
   */
  shards?: number
  log?: Logger
}

/**
 * Connects this process to a cell on a NATS server.
 * @throws UnavailableError when no server answers there; InputError when an option or the server
 * cannot be used
 */
export async function connect(options: ConnectOptions): Promise<Runtime> {
  const { servers, cell = 'main', replicas = 1, shards, log = silentLogger } = options
  const clock = systemClock()
  const ids = systemIds()
  const layout = shards === undefined ? {} : { shards }
  const bus = await openNatsBus({ servers, cell, clock, ids, replicas, ...layout })
  return createRuntime({ bus, clock, ids, random: systemRandom(), log })
}

/** A runtime on ports that the caller chose, such as the in-process twin of the bus. */
export function createRuntime(ports: RuntimePorts): Runtime {
  const { bus, clock, ids, random, log } = ports
  const hosts: Host[] = []
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    try {
      await Promise.all(hosts.map((host) => host.stop()))
    } finally {
      // An open connection would look for its broker, and keep the process, for ever.
      await bus.close()
    }
  }
  return {
    bus,
    client: new Client({ bus, clock, ids }),
    operator: new Operator({ bus, clock, ids }),
    verdicts: new Verdicts(namingOutages(bus.keyValue)),
    async serve(service, options = {}, { onDecided } = {}) {
      const { keyValue } = bus
      const own = { keyValue: namingOutages(keyValue), clock, random, ids, log }
      const parts = await service.setup({ options, ...own })
      const { serves, inline } = createPerformers(parts, {
        keyValue,
        clock,
        random,
        ids,
        onText: ({ type, id }, piece) => bus.wire.announce(topics.text(type, id), toBytes(piece)),
        ...(onDecided ? { onDecided } : {}),
      })
      const host = await startHost({
        name: `${service.name}-${ids.next()}`,
        pid: process.pid,
        bus,
        clock,
        ids,
        log,
        agents: parts.agents ?? [],
        serves,
        inline,
      })
      hosts.push(host)
      return host
    },
    close: () => (closing ??= close()),
  }
}
