import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { approvalAgent } from '../../examples/quickstart/approval.ts'
import payments, { paymentAgent } from '../../examples/quickstart/approval.ts'
import {
  countingIds,
  createLocalBroker,
  createRuntime,
  seededRandom,
  virtualClock,
} from 'ashlar/testing'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

test('the approval of the README is part of the file that runs', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const file = new URL('../../examples/quickstart/approval.ts', import.meta.url)
  const source = readFileSync(file, 'utf8').replaceAll(/^ +/gm, '')
  const [, approvals = ''] = readme.split('### Approvals')
  const blocks = [...approvals.split('\n### ')[0]!.matchAll(/```ts\n([\s\S]*?)```/g)]
  const parts = blocks.flatMap(([, block]) => block!.trim().split('\n\n'))
  expect(parts).toHaveLength(4)
  for (const part of parts) expect(source).toContain(part.replaceAll(/^ +/gm, ''))
})

test('a payment that changes while people look at it is asked again, and paid as approved', async () => {
  const clock = virtualClock()
  const bus = createLocalBroker({ clock }).connect()
  const ports = { bus, clock, ids: countingIds(), random: seededRandom(1), log: silent }
  const { client, serve, close } = createRuntime(ports)
  await serve(payments)
  const small = await client.start(paymentAgent, { input: { order: 'A0', cents: 500 } })
  expect(await small.output()).toEqual({ cents: 500, approvedBy: [] })

  const ref = await client.start(paymentAgent, { id: 'p', input: { order: 'A1', cents: 50_000 } })
  const approval = async (incarnation: number) => {
    const id = `p~approval~${incarnation}`
    const agent = client.agent<typeof approvalAgent.original>({ type: 'payment-approval', id })
    const { context } = await agent.waitFor(({ value }) => value !== undefined)
    return { agent, context }
  }
  const first = await approval(1)
  expect(first.context.summary).toBe('Pay 500.00 EUR back for order A1')
  await ref.send({ type: 'AMEND', cents: 60_000 })
  const hash = first.context.hash
  await first.agent.send({ type: 'APPROVE', by: 'ann', hash })
  const second = await approval(2)
  await second.agent.send({ type: 'APPROVE', by: 'ann', hash })
  await second.agent.send({ type: 'APPROVE', by: 'bob', hash: second.context.hash })
  expect(await ref.output()).toEqual({ cents: 60_000, approvedBy: ['bob'] })
  await close()
})
