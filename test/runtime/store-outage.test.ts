import { expect, test } from 'vitest'
import { defineService } from '../../src/actors/service.ts'
import { silentLogger } from '../../src/actors/logger.ts'
import type { KeyValue } from '../../src/bus/key-value.ts'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import { createRuntime } from '../../src/cli/runtime.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import { UnavailableError } from '../../src/contracts/error.ts'
import { countingIds } from '../../src/contracts/ids.ts'
import { fromBytes, toBytes } from '../../src/contracts/json.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import { defineTool } from '../../src/tools/define-tool.ts'
import { rest } from '../tools/finish.ts'
import { marker, markTool } from './fixtures/stepping.ts'

/** The write is stored, its answer lost, and then the store is away for longer than all attempts. */
test('a write that happened is not called failed because the store was away afterwards', async () => {
  const clock = virtualClock()
  const bus = createLocalBroker({ clock }).connect()
  let calls = 0
  const awayFor = 12
  const isAway = (): boolean => calls > 1 && calls <= awayFor
  const keyValue: KeyValue = {
    ...bus.keyValue,
    get(bucket, key) {
      if (bucket === 'marks' && isAway() && ++calls) throw new UnavailableError('no leader')
      return bus.keyValue.get(bucket, key)
    },
    async put(bucket, key, value, expected) {
      const written = await bus.keyValue.put(bucket, key, value, expected)
      if (bucket === 'marks' && calls++ === 0) {
        calls++
        throw new UnavailableError('the connection was lost')
      }
      return written
    },
  }
  const ports = { bus: { ...bus, keyValue }, clock, ids: countingIds(), log: silentLogger }
  const runtime = createRuntime({ ...ports, random: seededRandom(1) })
  const service = defineService('marks', (env) => ({
    agents: [marker],
    tools: [
      defineTool({
        ...markTool,
        async execute({ step }, { idempotencyKey }) {
          const present = await env.keyValue.get('marks', idempotencyKey)
          if (present) return fromBytes(present.value) as { step: number }
          await env.keyValue.put('marks', idempotencyKey, toBytes({ step }), 0)
          return { step }
        },
      }),
    ],
  }))
  await runtime.serve(service)
  const ref = await runtime.client.start(marker, { id: 'm', input: { name: 'm', steps: 1 } })
  const output = ref.output({ timeoutMs: 600_000 })
  const state = { done: false }
  void output.finally(() => (state.done = true)).catch(() => undefined)
  while (!state.done) {
    clock.advance(100)
    await rest()
  }
  expect(await output).toEqual({ trail: [1] })
  expect(calls).toBeGreaterThan(awayFor)
  await runtime.close()
})
