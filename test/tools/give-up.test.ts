import { expect, test } from 'vitest'
import * as z from 'zod'
import { createPerformers } from '../../src/cli/performers.ts'
import { rules } from '../../src/decision/deciders.ts'
import { defineDecision } from '../../src/decision/define-decision.ts'
import { countingIds } from '../../src/contracts/ids.ts'
import { seededRandom } from '../../src/contracts/random.ts'
import { declareTool, defineTool } from '../../src/tools/define-tool.ts'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import type { EffectClass, ToolOutcome } from '../../src/contracts/tool.ts'
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

test('a call that is given up runs no code of the user: it may be what the workers died of', async () => {
  const run: string[] = []
  const input = z.unknown().transform((value) => (run.push('schema'), value))
  const tool = defineTool({
    name: 't',
    input,
    output: z.unknown(),
    effect: 'read',
    execute: () => run.push('tool'),
  })
  const decision = defineDecision({
    name: 'd',
    input,
    options: z.discriminatedUnion('type', [z.object({ type: z.literal('GO') })]),
    prompt: () => String(run.push('prompt')),
    deciders: [rules(() => (run.push('decider'), { type: 'GO' }))],
  })
  const { keyValue } = createLocalBroker({ clock }).connect()
  const ports = { keyValue, clock, random: seededRandom(1), ids: countingIds() }
  const { serves } = createPerformers({ tools: [tool], decisions: [decision] }, ports)
  for (const performer of serves) {
    const poison = {
      id: 'a/1:1:0',
      agent: { type: 'a', id: '1' },
      input: {},
      budgets: [],
      offered: ['GO'],
    }
    expect(await performer.giveUp(poison, 10)).toMatchObject({ error: { kind: 'failed' } })
  }
  expect(serves).toHaveLength(2)
  expect(run).toEqual([])
})
