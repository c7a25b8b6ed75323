import { expect, test } from 'vitest'
import * as z from 'zod'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import type { EffectClass, ToolOutcome } from '../../src/contracts/tool.ts'
import { declareTool } from '../../src/tools/define-tool.ts'
import { giveUpCall } from '../../src/tools/give-up.ts'
import { keyValueLedger } from '../../src/tools/ledger.ts'

const clock = virtualClock()
const call = { id: 'a/1:1:0', run: 'last', deliveries: 10 }
const failed = {
  kind: 'failed',
  attempts: 10,
  error: { code: 'poison', message: 'its workers died 10 times; the call is given up' },
}

function parts(effect: EffectClass) {
  const tool = declareTool({ name: 't', input: z.unknown(), output: z.unknown(), effect })
  const ledger = keyValueLedger(createLocalBroker({ clock }).connect().keyValue, clock)
  return { tool: { ...tool, execute: () => null }, ledger }
}

test.each(['read', 'idempotent'] as const)(
  'a %s call that is given up has failed',
  async (kind) => {
    const { tool, ledger } = parts(kind)
    expect(await giveUpCall(tool, call, ledger)).toMatchObject(failed)
  },
)

test('a once call that nobody began has failed, and stays so', async () => {
  const { tool, ledger } = parts('once')
  expect(await giveUpCall(tool, call, ledger)).toMatchObject(failed)
  expect(await ledger.begin(call.id, 't', 'later')).toMatchObject({ outcome: failed })
})

test('a once call that somebody began is in doubt', async () => {
  const { tool, ledger } = parts('once')
  await ledger.begin(call.id, 't', 'first')
  expect(await giveUpCall(tool, call, ledger)).toMatchObject({ kind: 'inDoubt' })
})

test('a once call that somebody ended well, and could not tell, ended well', async () => {
  const { tool, ledger } = parts('once')
  const done: ToolOutcome = { kind: 'done', output: 7 }
  await ledger.begin(call.id, 't', 'first')
  await ledger.settle(call.id, 't', done)
  expect(await giveUpCall(tool, call, ledger)).toEqual(done)
})
