import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker } from '../../src/bus/embedded-broker.ts'
import type { Broker, BrokerEvent, BrokerOptions } from '../../src/bus/embedded-broker.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import { Inbox } from './harness.ts'

export interface BrokerFixture {
  readonly broker: Broker
  readonly storeDir: string
  readonly events: Inbox<BrokerEvent>
  /** Stops the server and removes its folder. */
  remove(): Promise<void>
}

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'ashlar-bus-'))
}

export function brokerOptions(
  storeDir: string,
  events: Inbox<BrokerEvent>,
  port = 0,
): BrokerOptions {
  return {
    storeDir,
    port,
    env: process.env,
    report: () => {},
    onEvent: (event) => events.put(event),
    clock: systemClock(),
  }
}

/** A nats-server on a free port with a temporary store. */
export async function temporaryBroker(): Promise<BrokerFixture> {
  const storeDir = await temporaryFolder()
  const events = new Inbox<BrokerEvent>()
  const broker = await startBroker(brokerOptions(storeDir, events))
  return {
    broker,
    storeDir,
    events,
    async remove() {
      await broker.stop()
      await rm(storeDir, { recursive: true, force: true })
    },
  }
}
