import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker } from '../bus/embedded-broker.ts'
import type { Clock } from '../contracts/clock.ts'
import { readSettings } from './settings.ts'

/** A NATS server of one's own, whose store is removed with it. */
export interface TemporaryBroker {
  readonly url: string
  remove(): Promise<void>
}

/** @throws UnavailableError, InputError when no server can be started */
export async function temporaryBroker(clock: Clock): Promise<TemporaryBroker> {
  const storeDir = await mkdtemp(join(tmpdir(), 'ashlar-proof-'))
  const { env, brokerBinary } = await readSettings()
  const binary = brokerBinary === undefined ? {} : { binary: brokerBinary }
  const parts = { storeDir, port: 0, env, clock, ...binary }
  const broker = await startBroker({ ...parts, report: () => {}, onEvent: () => {} })
  return {
    url: broker.url,
    async remove() {
      await broker.stop()
      await rm(storeDir, { recursive: true, force: true })
    },
  }
}
