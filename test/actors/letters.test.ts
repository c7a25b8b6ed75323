import { expect, test } from 'vitest'
import { letterMessageId } from '../../src/actors/letters.ts'
import type { DeadLetter } from '../../src/bus/dead-letters.ts'

const letter = (messageId: string): DeadLetter => ({
  target: 'mailbox a/1',
  messageId,
  reason: 'agent-failed',
  atMs: 0,
  body: '{}',
  encoding: 'utf-8',
})

test('every copy of a letter is sent again under one id, a letter of a letter under another', () => {
  expect(letterMessageId(letter('client:m'))).toBe('letter-1:client:m')
  expect(letterMessageId(letter('letter-1:client:m'))).toBe('letter-2:client:m')
  expect(letterMessageId(letter('letter-9:client:m'))).toBe('letter-10:client:m')
})

test('a very long id stays within what a message may have', () => {
  const first = letterMessageId(letter('x'.repeat(600)))
  const second = letterMessageId(letter(first))
  expect(first.length).toBeLessThan(100)
  expect(second).toBe(first.replace('letter-1:', 'letter-2:'))
})
