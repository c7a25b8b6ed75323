import { describe, expect, test } from 'vitest'
import type { InboxState } from '../../src/contracts/record.ts'
import type { Arrival } from '../../src/actors/inbox.ts'
import { applied, emptyInbox, isDuplicate } from '../../src/actors/inbox.ts'
import { actorLimits } from '../../src/actors/limits.ts'

const from = (name: string, step: number, index: number, mailSeq = 0): Arrival => ({
  mailSeq,
  from: { name, order: { step, index } },
  messageId: `${name}:${step}`,
})
/** An outsider's message with an id of its own. */
const chosen = (messageId: string, session: string, step: number): Arrival => ({
  mailSeq: 0,
  from: { name: `client:${session}`, order: { step, index: 0 } },
  messageId: `client:${messageId}`,
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
    expect(isDuplicate(inbox, { mailSeq: 7, from: { name: 'b' }, messageId: 'm' })).toBe(true)
    expect(isDuplicate(inbox, { mailSeq: 8, from: { name: 'b' }, messageId: 'm' })).toBe(false)
  })

  test('what comes without order and not by mail is left to its incarnation', () => {
    const inbox = after(from('a', 1, 0, 7))
    expect(isDuplicate(inbox, { mailSeq: 0, from: { name: 'a' }, messageId: 'm' })).toBe(false)
    expect(applied(inbox, { mailSeq: 0, from: { name: 'a' }, messageId: 'm' })).toEqual(inbox)
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

  test('a letter that is sent again from another copy is known again', () => {
    const letter = (step: number): Arrival => ({
      mailSeq: 0,
      from: { name: 'letters', order: { step, index: 0 } },
      messageId: 'letter-1:order-7',
    })
    expect(isDuplicate(after(letter(3)), letter(8))).toBe(true)
  })

  test('an id that an outsider chose is known again, whoever repeats it', () => {
    const inbox = after(chosen('order-7', 'x', 1))
    expect(isDuplicate(inbox, chosen('order-7', 'y', 12))).toBe(true)
    expect(isDuplicate(inbox, chosen('order-8', 'x', 2))).toBe(false)
    expect(after(from('client:x', 1, 0)).recent).toBeUndefined()
    const ids = Array.from({ length: actorLimits.rememberedIdsMax }, (_, n) => `later-${n}`)
    const full = after(chosen('first', 'x', 1), ...ids.map((id, n) => chosen(id, 'x', n + 2)))
    expect(full.recent).toHaveLength(actorLimits.rememberedIdsMax)
    expect(isDuplicate(full, chosen('first', 'y', 1))).toBe(false)
  })
})
