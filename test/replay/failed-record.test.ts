import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decodeRecord, encodeRecord } from '../../src/contracts/record.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import { isKept } from '../../src/actors/failure.ts'
import { step } from '../../src/actors/step.ts'
import { checkoutMachine } from './fixture-machine.ts'

const bytes = readFileSync(new URL('./failed-record-v1.json', import.meta.url))
const record = decodeRecord(bytes)
const definition = defineAgent({ machine: checkoutMachine })
const { address, state } = record
const at = { address, atMs: record.atMs + 500 }

/** I8: as it was written when failed agents began to keep what they had. Do not regenerate it. */
describe('a record of version 1 of a failed root agent', () => {
  test('is read whole, and written back as it was', () => {
    const written: unknown = JSON.parse(bytes.toString('utf8'))
    expect(record).toEqual(written)
    expect(JSON.parse(new TextDecoder().decode(encodeRecord(record)))).toEqual(written)
  })

  test('is resumed where it was, with its child and its timer', () => {
    expect(isKept(state)).toBe(true)
    const { next, effects } = step(definition, state, { kind: 'resume' }, at)
    expect(effects).toEqual([])
    expect(next).toMatchObject({
      snapshot: { status: 'active', value: 'paying', context: { total: 42 } },
      children: state.children,
      timers: state.timers,
    })
    expect(next.snapshot).not.toHaveProperty('error')
    const output = { receipt: 'R-1' }
    const done = { kind: 'done', childId: 'charging', incarnation: 2, output } as const
    expect(step(definition, next, done, at).next.snapshot).toMatchObject({ value: 'paid', output })
  })
})
