import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decodeRecord, encodeRecord } from '../../src/contracts/record.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { step } from '../../src/actors/step.ts'
import { checkoutMachine } from './fixture-machine.ts'

const bytes = readFileSync(new URL('./record-v1.json', import.meta.url))
const record = decodeRecord(bytes)
const definition = defineAgent({ machine: checkoutMachine })
const { address, state } = record
const at = { address, atMs: record.atMs + 500 }

/** I8: old records stay readable. Do not regenerate the fixture; add a new one beside it. */
describe('a journal record of version 1', () => {
  test('is read whole, and written back as it was', () => {
    const written: unknown = JSON.parse(bytes.toString('utf8'))
    expect(record).toEqual(written)
    expect(JSON.parse(new TextDecoder().decode(encodeRecord(record)))).toEqual(written)
  })

  test('belongs to the definition whose hash it names', () => {
    const { id, version, hash } = definition
    expect(state.machine).toEqual({ id, version, hash })
  })

  test('takes the completion of the child that it started', () => {
    const { incarnation } = state.children['charging']!
    const output = { receipt: 'R-1' }
    const result = step(
      definition,
      state,
      { kind: 'done', childId: 'charging', incarnation, output },
      at,
    )
    expect(result.next.snapshot).toMatchObject({
      status: 'done',
      value: 'paid',
      context: { total: 42, receipt: 'R-1' },
      output: { receipt: 'R-1' },
    })
    const { parent } = state
    expect(result.effects).toEqual([
      { kind: 'cancel', id: 'xstate.after.60000.checkout.paying', incarnation: 1 },
      { kind: 'terminate', status: 'done', output: { receipt: 'R-1' }, parent },
    ])
  })

  test('takes the timer that it set, and finds its history', () => {
    const [timerId] = Object.keys(state.timers)
    const event = { kind: 'timer', timerId: timerId!, incarnation: 1 } as const
    const { next, effects } = step(definition, state, event, at)
    expect(next.snapshot.value).toEqual({ shopping: 'reviewing' })
    expect(effects).toEqual([
      { kind: 'stop', id: 'charging', incarnation: 2, src: 'charge', child: 'tool' },
    ])
  })

  test('drops the completion of an earlier incarnation', () => {
    const event = { kind: 'done', childId: 'charging', incarnation: 1 } as const
    expect(step(definition, state, event, at)).toMatchObject({ stale: true, next: state })
  })
})
