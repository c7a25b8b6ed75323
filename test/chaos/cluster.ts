import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/transport-node'
import { resolveBrokerBinary } from '../../src/bus/broker-binary.ts'
import { freePort } from '../../src/bus/broker-probe.ts'
import { superviseServer } from '../../src/bus/broker-supervisor.ts'
import type { Broker } from '../../src/bus/embedded-broker.ts'
import { limits } from '../../src/bus/limits.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import { pause } from '../../src/contracts/clock.ts'
import type { Brokers, BrokersOptions, Node } from './broker.ts'
import type { Led } from './schedule.ts'

const size = 3
const names = Array.from({ length: size }, (_, index) => `node-${index + 1}`)
const lookEveryMs = 100
const healthyWithinMs = 60_000
const startAttempts = 3

interface Ports {
  client: number
  route: number
  monitor: number
}

/** What `$JS.API.STREAM.LIST` says of a stream, as far as it matters here. */
interface StreamInfo {
  config: { name: string; num_replicas: number }
  cluster?: { leader?: string; replicas?: { name: string; current: boolean; offline?: boolean }[] }
}

/** Three nats-servers on this machine that form one JetStream cluster; each has its own store. */
export async function startCluster(options: BrokersOptions): Promise<Brokers> {
  const binary = await resolveBrokerBinary({ env: process.env, report: options.report })
  const { servers, ports } = await startNodes(binary, options)
  const cluster = new Cluster(servers, ports, options)
  try {
    await cluster.healthy()
    return cluster
  } catch (thrown) {
    await cluster.stop()
    throw thrown
  }
}

/** A free port may be taken by somebody else before its server is up: then others are tried. */
async function startNodes(
  binary: string,
  { folder, clock }: BrokersOptions,
): Promise<{ servers: Broker[]; ports: Ports[] }> {
  for (let attempt = 1; ; attempt++) {
    const ports = await choosePorts()
    const started = await Promise.allSettled(
      names.map((name, index) => {
        return startNode(name, index, ports, binary, join(folder, `${name}-${attempt}`), clock)
      }),
    )
    const servers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    if (servers.length === size) return { servers, ports }
    await Promise.all(servers.map((server) => server.stop()))
    const failed = started.find((one) => one.status === 'rejected')
    if (attempt === startAttempts) throw failed?.reason
  }
}

/** One after another and all different: two that are asked for at once may be the same. */
async function choosePorts(): Promise<Ports[]> {
  const chosen = new Set<number>()
  while (chosen.size < 3 * size) chosen.add(await freePort())
  const all = [...chosen]
  return names.map((_, index) => {
    const [client, route, monitor] = all.slice(3 * index)
    return { client: client!, route: route!, monitor: monitor! }
  })
}

class Cluster implements Brokers {
  readonly servers: string
  readonly replicas = size
  readonly nodes: readonly Node[]
  private readonly brokers: readonly Broker[]
  private readonly ports: readonly Ports[]
  private readonly options: BrokersOptions
  private connection: NatsConnection | undefined

  constructor(brokers: readonly Broker[], ports: readonly Ports[], options: BrokersOptions) {
    this.brokers = brokers
    this.ports = ports
    this.options = options
    this.servers = brokers.map(({ url }) => url).join(',')
    this.nodes = brokers.map((broker, index) => {
      return { name: names[index]!, url: broker.url, pid: () => broker.pid }
    })
  }

  async healthy(): Promise<void> {
    const { clock } = this.options
    const giveUpMs = clock.now() + healthyWithinMs
    for (;;) {
      const problem = await this.problem().catch((thrown: unknown) => String(thrown))
      if (problem === undefined) return
      if (clock.now() > giveUpMs) throw new Error(`the cluster does not recover: ${problem}`)
      await pause(clock, lookEveryMs)
    }
  }

  async leader(stream: Led): Promise<Node | undefined> {
    const streams = await this.streams()
    // One shard stands for all.
    const led = streams.find(({ config }) => new RegExp(`_${stream}(_0)?$`).test(config.name))
    return this.nodes.find(({ name }) => name === led?.cluster?.leader)
  }

  async stop(): Promise<void> {
    await this.connection?.close()
    await Promise.all(this.brokers.map((broker) => broker.stop()))
  }

  /** Why the cluster is not whole; undefined: every server and every replica of it is current. */
  private async problem(): Promise<string | undefined> {
    for (const { monitor } of this.ports) {
      const answer = await fetch(`http://127.0.0.1:${monitor}/healthz`)
      if (!answer.ok) return await answer.text()
    }
    for (const { config, cluster } of await this.streams()) {
      const current = cluster?.replicas?.filter(({ current, offline }) => current && !offline)
      if (config.num_replicas !== size)
        return `${config.name} has ${config.num_replicas} replica(s)`
      if (!cluster?.leader) return `${config.name} has no leader`
      if (current?.length !== size - 1) return `${config.name} has a replica that lags behind`
    }
    return undefined
  }

  private async streams(): Promise<StreamInfo[]> {
    this.connection ??= await connect({
      servers: this.servers.split(','),
      maxReconnectAttempts: -1,
      reconnectTimeWait: lookEveryMs,
    })
    const answer = await this.connection.request('$JS.API.STREAM.LIST', '{}', { timeout: 2_000 })
    const { streams, error } = answer.json<{
      streams?: StreamInfo[]
      error?: { description: string }
    }>()
    if (error) throw new Error(error.description)
    return streams ?? []
  }
}

async function startNode(
  name: string,
  index: number,
  ports: readonly Ports[],
  binary: string,
  storeDir: string,
  clock: Clock,
): Promise<Broker> {
  const own = ports[index]!
  const configFile = join(storeDir, 'nats-server.conf')
  const logFile = join(storeDir, 'nats-server.log')
  await mkdir(storeDir, { recursive: true })
  const routes = ports.map(({ route }) => `"nats://127.0.0.1:${route}"`)
  const config = [
    `server_name: ${JSON.stringify(name)}`,
    `listen: "127.0.0.1:${own.client}"`,
    `http: "127.0.0.1:${own.monitor}"`,
    `max_payload: ${limits.brokerPayloadMaxBytes}`,
    `jetstream { store_dir: ${JSON.stringify(storeDir)}, sync_interval: "100ms" }`,
    `cluster { name: chaos, listen: "127.0.0.1:${own.route}", routes: [${routes.join(', ')}] }`,
    `log_file: ${JSON.stringify(logFile)}`,
  ]
  await writeFile(configFile, `${config.join('\n')}\n`)
  return superviseServer({
    binary,
    configFile,
    logFile,
    serverName: name,
    port: own.client,
    onEvent: () => undefined,
    onStarted: () => Promise.resolve(),
    clock,
  })
}
