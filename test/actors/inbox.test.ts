import { describe, expect, test } from 'vitest'
import type { InboxState } from '../../src/contracts/record.ts'
import type { Arrival } from '../../src/actors/inbox.ts'
import { applied, emptyInbox, isDuplicate } from '../../src/actors/inbox.ts'
import { actorLimits } from '../../src/actors/limits.ts'

const from = (name: string, step: number, index: number, mailSeq = 0): Arrival => ({
  mailSeq,
  from: { name, order: { step, index } },
})
const after = (...arrivals: Arrival[]): InboxState => arrivals.reduce(applied, emptyInbox)

describe('what an agent has seen (I3)', () => {
  test('the same message of a sender, and everything before it, is a duplicate', () => {
    const inbox = after(from('a', 4, 2))
    expect(isDuplicate(inbox, from('a', 4, 2))).toBe(true)
    expect(isDuplicate(inbox, from('a', 4, 1))).toBe(true)
    expect(isDuplicate(inbox, from('a', 3, 9))).toBe(true)
  })

  test('what comes later, or from another sender, is new', () => {
    const inbox = after(from('a', 4, 2))
    expect(isDuplicate(inbox, from('a', 4, 3))).toBe(false)
    expect(isDuplicate(inbox, from('a', 5, 0))).toBe(false)
    expect(isDuplicate(inbox, from('b', 1, 0))).toBe(false)
  })

  test('mail at or below the newest position is a duplicate, whoever sent it', () => {
    const inbox = after(from('a', 1, 0, 7))
    expect(isDuplicate(inbox, { mailSeq: 7, from: { name: 'b' } })).toBe(true)
    expect(isDuplicate(inbox, { mailSeq: 8, from: { name: 'b' } })).toBe(false)
  })

  test('what comes without order and not by mail is left to its incarnation', () => {
    const inbox = after(from('a', 1, 0, 7))
    expect(isDuplicate(inbox, { mailSeq: 0, from: { name: 'a' } })).toBe(false)
    expect(applied(inbox, { mailSeq: 0, from: { name: 'a' } })).toEqual(inbox)
  })

  test('the position never goes back', () => {
    expect(after(from('a', 1, 0, 7), from('b', 1, 0)).mailSeq).toBe(7)
  })

  test('the sender that was silent for longest is forgotten first', () => {
    const full = after(
      ...Array.from({ length: actorLimits.rememberedSendersMax }, (_, n) => from(`s${n}`, 1, 0)),
    )
    const inbox = applied(applied(full, from('s0', 2, 0)), from('new', 1, 0))
    expect(Object.keys(inbox.seen)).toHaveLength(actorLimits.rememberedSendersMax)
    expect(inbox.seen['s0']).toEqual({ step: 2, index: 0 })
    expect([inbox.seen['s1'], inbox.seen['new']]).toEqual([undefined, { step: 1, index: 0 }])
  })
})
