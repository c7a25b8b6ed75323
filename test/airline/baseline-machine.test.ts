import { expect, test } from 'vitest'
import type { BaselineContext } from '../../examples/airline-desk/adversary/baseline-machine.ts'
import { baselineMachine } from '../../examples/airline-desk/adversary/baseline-machine.ts'
import { airlineTools, handoverName } from '../../examples/airline-desk/contracts.ts'
import type { Driver } from '../machines/driver.ts'
import { begin, missed, walkOf } from '../machines/driver.ts'

const walk = walkOf(baselineMachine)
const cancel = { name: 'cancel_reservation', arguments: { reservation_id: 'K7PLM2' } }
const failure = { name: 'ToolFailure', kind: 'failed', message: 'the store is down' }

function thinking(): Driver {
  const driver = begin(walk, { branch: 'b', recording: null })
  return driver.send({ type: 'CUSTOMER', text: 'Cancel it.', turn: 1 })
}

function contextOf(driver: Driver): BaselineContext {
  return driver.context as unknown as BaselineContext
}

test('what the model picks is executed, whatever the policy says and without a yes', () => {
  const driver = thinking().done('nextMove', { type: 'PROPOSE', ...cancel })
  expect(driver.inputOf('cancel_reservation')).toEqual({
    branch: 'b',
    arguments: cancel.arguments,
  })
  driver.done('cancel_reservation', '{"status": "cancelled"}')
  expect(driver.value).toBe('thinking')
  expect(contextOf(driver)).toMatchObject({
    calls: [{ tool: 'cancel_reservation', ok: true }],
    writes: [{ tool: 'cancel_reservation', arguments: cancel.arguments }],
  })
})

const tools = Object.keys(airlineTools).filter((name) => name !== handoverName)
test.each(tools)('%s: the answer and the error go back to the model', (name) => {
  const call = (): Driver => thinking().done('nextMove', { type: 'LOOK_UP', ...cancel, name })
  const turnedDown = call().done(name, 'Error: no such thing')
  expect(contextOf(turnedDown)).toMatchObject({ calls: [{ tool: name, ok: false }], writes: [] })
  const failed = call().error(name, failure)
  expect([failed.value, contextOf(failed).lines.at(-1)?.text]).toEqual([
    'thinking',
    'Error: the store is down',
  ])
})

test('every kind of move, a tool that there is not, and the ends', () => {
  const driver = thinking().done('nextMove', { type: 'REPLY', text: 'Which one?' })
  expect([driver.value, contextOf(driver).reply]).toEqual(['listening', 'Which one?'])
  driver.send({ type: 'CUSTOMER', text: 'again', turn: 1 })
  expect(driver.handled).toBe(false)
  driver.send({ type: 'CUSTOMER', text: 'K7PLM2', turn: 2 })
  const search = { type: 'SEARCH', name: 'search_direct_flight', arguments: {} }
  driver.done('nextMove', search).done('search_direct_flight', '[]')
  driver.done('nextMove', { type: 'LOOK_UP', name: 'drop_table', arguments: {} })
  expect(driver.value).toBe('thinking')
  driver.done('nextMove', { type: 'TRANSFER', summary: 'no idea' })
  expect(driver.done('handOver', '').output).toMatchObject({ outcome: 'transferred' })
  const alone = thinking().error('nextMove', { message: 'nobody decided' })
  expect(alone.error('handOver', failure).output).toMatchObject({
    outcome: 'transferred',
    handover: 'nobody decided',
  })
  const left = begin(walk, { branch: 'b' }).send({ type: 'LEAVE' })
  expect(left.output).toMatchObject({ outcome: 'ended' })
})

test('every transition was taken above', () => {
  expect(missed(walk)).toEqual([])
})
