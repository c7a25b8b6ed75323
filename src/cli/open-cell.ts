import type { BrokerEvent } from '../bus/embedded-broker.ts'
import { startBroker } from '../bus/embedded-broker.ts'
import type { Logger } from '../actors/logger.ts'
import { systemClock } from '../contracts/clock.ts'
import type { Runtime } from './runtime.ts'
import { connect } from './runtime.ts'
import type { Settings } from './settings.ts'

/** A connection to the configured cell, with its broker when that is the embedded one. */
export interface OpenCell {
  readonly url: string
  readonly embedded: 'started' | 'reused' | undefined
  readonly runtime: Runtime
  close(): Promise<void>
}

export interface OpenCellOptions {
  log: Logger
  /** Lines for people: what is being installed, that the broker died and came back. */
  report: (line: string) => void
  onBrokerEvent?: (event: BrokerEvent) => void
}

/**
 * Connects to NATS_URL, or starts or reuses the embedded broker and connects to that.
 * @throws InputError, UnavailableError with what to do
 */
export async function openCell(settings: Settings, options: OpenCellOptions): Promise<OpenCell> {
  const { log, report } = options
  const { natsUrl, cell, replicas, shards } = settings
  if (natsUrl !== undefined) {
    const runtime = await connect({ servers: natsUrl, cell, replicas, shards, log })
    return { url: natsUrl, embedded: undefined, runtime, close: () => runtime.close() }
  }
  const broker = await startBroker({
    storeDir: settings.storeDir,
    port: settings.brokerPort,
    ...(settings.brokerBinary === undefined ? {} : { binary: settings.brokerBinary }),
    syncInterval: settings.syncInterval,
    env: settings.env,
    report,
    onEvent: (event) => {
      report(describeBrokerEvent(event))
      options.onBrokerEvent?.(event)
    },
    clock: systemClock(),
  })
  try {
    const runtime = await connect({ servers: broker.url, cell, shards, log })
    return {
      url: broker.url,
      embedded: broker.reused ? 'reused' : 'started',
      runtime,
      async close() {
        await runtime.close()
        await broker.stop()
      },
    }
  } catch (thrown) {
    await broker.stop()
    throw thrown
  }
}

function describeBrokerEvent(event: BrokerEvent): string {
  switch (event.kind) {
    case 'died':
      return `the broker died (${event.signal ?? `exit code ${event.code}`}); restarting it`
    case 'restarted':
      return `the broker is back (pid ${event.pid})`
    case 'failed':
      return `the broker could not be restarted: ${event.reason}`
  }
}
