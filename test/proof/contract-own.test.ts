import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import payments from '../../examples/quickstart/approval.ts'
import refunds from '../../examples/quickstart/refunds.ts'
import trips from '../../examples/quickstart/trip.ts'
import type { AnyDecision, AnyTool, KeyValue } from 'ashlar'
import {
  countingIds,
  createLocalBroker,
  seededRandom,
  testDecision,
  testTool,
  virtualClock,
} from 'ashlar/testing'
import decisions from '../../examples/airline-desk/decisions.ts'
import { loadAirlineData } from '../../examples/airline-desk/domain/load.ts'
import { createTools } from '../../examples/airline-desk/tools.ts'
import { bank, payIdempotently, payOnce, withBank } from './bank.ts'

const clock = virtualClock()
const stored = createLocalBroker({ clock }).connect('contracts').keyValue
const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const env = {
  options: {},
  keyValue: stored,
  clock,
  ids: countingIds(),
  random: seededRandom(1),
  log,
}

/** The form of a key, which `assemblePrompt` knows. */
const secrets: Record<string, { secrets: string[] }> = {
  next_move: { secrets: ['sk-0123456789abcdefghij'] },
}

for (const service of [refunds, trips, payments, decisions]) {
  const parts = await service.setup(env)
  for (const tool of parts.tools ?? []) testTool(tool as AnyTool, { test })
  for (const decision of parts.decisions ?? [])
    testDecision(decision as AnyDecision, { test, ...secrets[decision.name] })
}

testTool(payIdempotently(), { test, ...withBank })
testTool({ ...payOnce(), name: 'pay_once' }, { test, ...withBank, dispose: bank.arrange })

/** What the desk's tools ask of their store, and what they write. */
let asked = 0
let written = 0
let isDown = false
let isHanging = false
const use = <T>(call: () => Promise<T>): Promise<T> => {
  asked++
  if (isHanging) return new Promise(() => undefined)
  return isDown ? Promise.reject(new Error('the store is down')) : call()
}
const counted: KeyValue = {
  ...stored,
  get: (bucket, key) => use(() => stored.get(bucket, key)),
  async put(bucket, key, value, revision) {
    const result = await use(() => stored.put(bucket, key, value, revision))
    if (result.kind === 'written') written++
    return result
  },
}
const folder = fileURLToPath(new URL('../../examples/airline-desk/data', import.meta.url))
const tools = createTools(await loadAirlineData(folder), counted, () => undefined)

let branches = 0
const given: Readonly<Record<string, object>> = {
  cancel_reservation: { reservation_id: 'K7PLM2' },
  update_reservation_baggages: {
    reservation_id: 'K7PLM2',
    total_baggages: 2,
    nonfree_baggages: 1,
    payment_id: 'credit_card_1101001',
  },
  send_certificate: { user_id: 'nora_vale_1101', amount: 50 },
}
for (const tool of tools) {
  const args = given[tool.name]
  const examples = args ? [{ branch: `contract-${++branches}`, arguments: args }] : []
  testTool(tool, {
    test,
    examples,
    outside: {
      effects: () => written,
      requests: () => asked,
      fail: () => void (isDown = true),
      hang: () => void (isHanging = true),
    },
    arrange() {
      isDown = false
      isHanging = false
    },
  })
}
