import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import refunds, { refundAgent } from '../../examples/quickstart/refunds.ts'
import {
  createLocalBroker,
  createRuntime,
  countingIds,
  seededRandom,
  virtualClock,
} from 'ashlar/testing'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

test('the quickstart of the README is the file that runs', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const source = readFileSync(
    new URL('../../examples/quickstart/refunds.ts', import.meta.url),
    'utf8',
  )
  expect(readme).toContain(source.trim())
})

test('a small refund is paid, a large one is never offered to the model', async () => {
  const clock = virtualClock()
  const bus = createLocalBroker({ clock }).connect()
  const ports = { bus, clock, ids: countingIds(), random: seededRandom(1), log: silent }
  const runtime = createRuntime(ports)
  await runtime.serve(refunds)
  const small = await runtime.client.start(refundAgent, { input: { order: 'A1', cents: 500 } })
  expect(await small.output()).toEqual({ receipt: 'A1:500' })
  const large = await runtime.client.start(refundAgent, { input: { order: 'A2', cents: 50_000 } })
  const view = await large.waitFor(({ status }) => status !== 'active')
  expect(view.value).toBe('forAPerson')
  await runtime.close()
})
