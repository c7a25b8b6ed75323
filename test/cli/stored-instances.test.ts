import { expect, test } from 'vitest'
import { createLocalBroker } from '../../src/bus/local-broker.ts'
import { storedInstances } from '../../src/cli/stored-instances.ts'
import { virtualClock } from '../../src/contracts/clock.ts'
import { toBytes } from '../../src/contracts/json.ts'
import { encodeRecord } from '../../src/contracts/record.ts'
import { agent, stored } from '../proof/version-pairs.ts'

const one = agent({ initial: 'a', states: { a: {} } })

test('the last state of every agent of the machines, and which of them cannot be read', async () => {
  const { journal } = createLocalBroker({ clock: virtualClock() }).connect('test')
  const append = (id: string, step: number, seq: number) => {
    const address = { type: 'm', id }
    const base = { v: 1 as const, address, step, transitionId: `${id}.${step}`, atMs: 0 }
    const event = { kind: 'stop' as const }
    const state = { ...stored(one), incarnations: step }
    const inbox = { mailSeq: 0, seen: {} }
    const cause = { messageId: 'm', from: 'x' }
    return journal.append(
      address,
      encodeRecord({ ...base, cause, event, handled: true, state, inbox, outbox: [] }),
      seq,
    )
  }
  for (let count = 0; count < 150; count++) {
    const appended = await append(`x${count}`, 1, 0)
    if (appended.kind === 'appended' && count === 0) await append('x0', 2, appended.seq)
  }
  await journal.append({ type: 'm', id: 'future' }, toBytes({ v: 9 }), 0)
  await journal.append({ type: 'other', id: 'x' }, toBytes({}), 0)
  const unreadable: string[] = []
  const found = []
  for await (const { where, state } of storedInstances(journal, ['m', 'nobody'], (agentName) =>
    unreadable.push(agentName),
  )) {
    found.push([where, state.incarnations])
  }
  expect(found).toHaveLength(150)
  expect(found.slice(0, 2)).toEqual([
    ['m/x0', 2],
    ['m/x1', 1],
  ])
  expect(unreadable).toEqual(['m/future'])
})
