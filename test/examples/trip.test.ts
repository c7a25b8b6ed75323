import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import trips, { tripAgent } from '../../examples/quickstart/trip.ts'
import {
  countingIds,
  createLocalBroker,
  createRuntime,
  seededRandom,
  virtualClock,
} from 'ashlar/testing'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

test('the saga of the README is part of the file that runs', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const source = readFileSync(new URL('../../examples/quickstart/trip.ts', import.meta.url), 'utf8')
  const [, sagas = ''] = readme.split('### Sagas')
  const [, shown = ''] = /```ts\n([\s\S]*?)```/.exec(sagas) ?? []
  expect(shown.length).toBeGreaterThan(200)
  for (const part of shown.trim().split('\n\n')) expect(source).toContain(part)
})

test('a trip is booked whole, or the flight is given back', async () => {
  const clock = virtualClock()
  const bus = createLocalBroker({ clock }).connect()
  const ports = { bus, clock, ids: countingIds(), random: seededRandom(1), log: silent }
  const runtime = createRuntime(ports)
  await runtime.serve(trips)
  const good = await runtime.client.start(tripAgent, { input: { city: 'Rome' } })
  expect(await good.output()).toMatchObject({
    outcome: 'committed',
    results: { hotel: { ref: 'room in Rome' } },
  })
  const bad = await runtime.client.start(tripAgent, { input: { city: 'Atlantis' } })
  expect(await bad.output()).toMatchObject({
    outcome: 'compensated',
    done: ['flight'],
    compensated: ['flight'],
    failed: { step: 'hotel', error: { kind: 'failed' } },
  })
  await runtime.close()
})
