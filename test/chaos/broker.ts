import { join } from 'node:path'
import { startBroker } from '../../src/bus/embedded-broker.ts'
import type { Broker } from '../../src/bus/embedded-broker.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import type { Led } from './schedule.ts'

/** One nats-server that the campaign may strike. */
export interface Node {
  readonly name: string
  readonly url: string
  /** Undefined while it is down. */
  pid(): number | undefined
}

/** The broker under a campaign: one server, or a cluster. */
export interface Brokers {
  /** Addresses of all nodes, separated by commas. */
  readonly servers: string
  readonly replicas: number
  readonly nodes: readonly Node[]
  /** Resolves when every node serves and, in a cluster, every replica is current. */
  healthy(): Promise<void>
  /** The node that leads one of the cell's streams now; undefined when it has no leader. */
  leader(stream: Led): Promise<Node | undefined>
  stop(): Promise<void>
}

export interface BrokersOptions {
  folder: string
  cell: string
  clock: Clock
  report: (line: string) => void
}

/** The embedded broker, on a free port, in a folder of its own. */
export async function startSingle(options: BrokersOptions): Promise<Brokers> {
  const { folder, clock, report } = options
  const storeDir = join(folder, 'broker')
  let back = Promise.withResolvers<void>()
  const broker: Broker = await startBroker({
    storeDir,
    port: 0,
    env: process.env,
    report,
    onEvent(event) {
      if (event.kind === 'failed') report(`the broker could not be restarted: ${event.reason}`)
      if (event.kind === 'died') back = Promise.withResolvers()
      if (event.kind === 'restarted') back.resolve()
    },
    clock,
  })
  back.resolve()
  const node: Node = { name: 'broker', url: broker.url, pid: () => broker.pid }
  return {
    servers: broker.url,
    replicas: 1,
    nodes: [node],
    healthy: () => back.promise,
    leader: () => Promise.resolve(node),
    stop: () => broker.stop(),
  }
}
