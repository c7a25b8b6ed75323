import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Bus } from '../../src/bus/bus.ts'
import { startBroker } from '../../src/bus/embedded-broker.ts'
import { openNatsBus } from '../../src/bus/nats-bus.ts'
import { systemClock } from '../../src/contracts/clock.ts'
import { systemIds } from '../../src/contracts/ids.ts'
import { brokerOptions, temporaryBroker } from './broker-fixture.ts'
import { bytes, Inbox } from './harness.ts'

const secret = 'passport C01X00T47'

test('forgotten bytes are gone from the disk', async () => {
  const { broker, storeDir, remove } = await temporaryBroker()
  const first = await open(broker.url)
  await first.keyValue.put('memory', 'guest', bytes(secret))
  await first.keyValue.put('memory', 'other', bytes('kept'))
  await first.close()
  // A stopped server has written everything.
  await broker.stop()
  expect(await filesWith(storeDir, secret)).toHaveLength(1)
  const again = await startBroker(brokerOptions(storeDir, new Inbox()))
  const second = await open(again.url)
  await second.keyValue.forget('memory', 'guest')
  await second.close()
  await again.stop()
  expect(await filesWith(storeDir, secret)).toEqual([])
  expect(await filesWith(storeDir, 'kept')).toHaveLength(1)
  await remove()
})

function open(servers: string): Promise<Bus> {
  return openNatsBus({ servers, cell: 'c', clock: systemClock(), ids: systemIds() })
}

async function filesWith(folder: string, text: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    if ((await readFile(file)).includes(text)) found.push(entry.name)
  }
  return found
}
