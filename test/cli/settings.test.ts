import { afterEach, expect, test, vi } from 'vitest'
import { silentLogger } from '../../src/actors/logger.ts'
import { openCell } from '../../src/cli/open-cell.ts'
import { readSettings } from '../../src/cli/settings.ts'
import { fromBytes } from '../../src/contracts/json.ts'
import { temporaryBroker } from '../bus/broker-fixture.ts'

afterEach(() => vi.unstubAllEnvs())

test('ASHLAR_SHARDS is 4 unless it says otherwise', async () => {
  vi.stubEnv('ASHLAR_SHARDS', undefined)
  expect((await readSettings()).shards).toBe(4)
  vi.stubEnv('ASHLAR_SHARDS', '')
  expect((await readSettings()).shards).toBe(4)
  vi.stubEnv('ASHLAR_SHARDS', '16')
  expect((await readSettings()).shards).toBe(16)
})

test.each(['0', '17', '2.5', 'four'])('ASHLAR_SHARDS=%s is refused by name', async (text) => {
  vi.stubEnv('ASHLAR_SHARDS', text)
  await expect(readSettings()).rejects.toThrow(/ASHLAR_SHARDS: expected an integer from 1 to 16/)
})

test('a cell that is opened by its settings gets their number of shards', async () => {
  const fixture = await temporaryBroker()
  vi.stubEnv('NATS_URL', fixture.broker.url)
  vi.stubEnv('ASHLAR_SHARDS', '2')
  const cell = await openCell(await readSettings(), { log: silentLogger, report: () => {} })
  const stored = await cell.runtime.bus.keyValue.get('cell', 'shards')
  expect(stored && fromBytes(stored.value)).toBe(2)
  await cell.close()
  await fixture.remove()
})
