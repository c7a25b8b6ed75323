import { expect, test } from 'vitest'
import { pendingAnswers } from '../../src/bus/pending-answers.ts'
import { virtualClock } from '../../src/contracts/clock.ts'

test('each settles once: by its answer, its own deadline, or a failure of all', async () => {
  const clock = virtualClock()
  const settled: string[] = []
  const pending = pendingAnswers(clock, 100, 'late')
  const add = (token: string): void => pending.add(token, (answer) => settled.push(token + answer))
  add('a')
  clock.advance(60)
  add('b')
  add('c')
  pending.answer('b', 'ok')
  pending.answer('b', 'twice')
  pending.answer('unknown', 'ok')
  clock.advance(40)
  expect(settled).toEqual(['bok', 'alate'])
  clock.advance(59)
  expect(settled).toHaveLength(2)
  clock.advance(1)
  add('d')
  add('e')
  const empty = pending.untilEmpty()
  pending.failAll('lost')
  await empty
  expect(settled).toEqual(['bok', 'alate', 'clate', 'dlost', 'elost'])
  expect(clock.nextDeadline()).toBeUndefined()
})
