import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isApprovalOf } from '../../src/contracts/approval.ts'
import { hashJson } from '../../src/contracts/json.ts'
import { contextOf, effect, hash, open, outputOf, refusal, walk } from './approval-desk.ts'

describe('any events in any order', () => {
  const people = fc.constantFrom('ann', 'bob', 'carl', 'Ann', 'dora', 'eve', 'bot')
  const hashes = fc.constantFrom(hash, hash, hash, hashJson({}), '')
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('APPROVE'), by: people, hash: hashes }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('REJECT'), by: people, hash: hashes }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('DELEGATE'), by: people, to: people }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('WITHDRAW'), by: people }) },
  )
  const lower = (name: unknown): string => String(name).toLowerCase()

  test('approve only with enough different, entitled people and the very hash', () => {
    const on = walk({ delegations: 2 })
    const input = fc.record({
      required: fc.integer({ min: 1, max: 3 }),
      requestedBy: fc.constantFrom('bot', 'eve'),
      approvers: fc.constantFrom<string[]>(['ann', 'bob', 'carl'], []),
    })
    const property = fc.property(
      input,
      fc.array(event, { maxLength: 30 }),
      fc.boolean(),
      (given, events, isDoubled) => {
        const driver = open(on, given)
        /** Kept beside the machine, in the plainest way: who may approve now, and who has. */
        const entitled = given.approvers.length > 0 ? new Set(given.approvers) : undefined
        const passes = new Map<string, number>()
        const approvedBy = new Set<string>()
        let isOver = false
        for (const one of isDoubled ? events.flatMap((each) => [each, each]) : events) {
          const { audit } = contextOf(driver)
          driver.send(one)
          const by = lower(one.by)
          const may = by !== given.requestedBy && (entitled?.has(by) ?? true)
          if (isOver) {
            expect(driver.handled).toBe(false)
            continue
          }
          const isTaken = refusal(driver) === undefined
          // Whatever comes leaves exactly one entry.
          expect(contextOf(driver).audit.length).toBe(audit.length + 1)
          if (one.type === 'APPROVE') {
            const isOwn = 'hash' in one && one.hash === hash
            expect(isTaken).toBe(may && isOwn && !approvedBy.has(by))
            if (isTaken) approvedBy.add(by)
          }
          if (one.type === 'REJECT') {
            expect(isTaken).toBe(may && 'hash' in one && one.hash === hash)
            isOver = isTaken
          }
          if (one.type === 'WITHDRAW') isOver = isTaken
          if (one.type === 'DELEGATE' && isTaken) {
            const to = lower('to' in one && one.to)
            expect(may && !approvedBy.has(by) && to !== by && to !== given.requestedBy).toBe(true)
            expect(entitled!.has(to)).toBe(false)
            entitled!.delete(by)
            entitled!.add(to)
            const times = (passes.get(by) ?? 0) + 1
            passes.delete(by)
            passes.set(to, times)
            expect(times).toBeLessThanOrEqual(2)
          }
          const isEnough = approvedBy.size >= given.required
          expect(driver.value === 'approved').toBe(isEnough)
          isOver ||= isEnough
        }
        if (driver.value !== 'approved') return
        expect(isApprovalOf(outputOf(driver), effect)).toBe(true)
        expect(new Set(outputOf(driver).by.map(lower))).toEqual(approvedBy)
      },
    )
    fc.assert(property, { numRuns: 1_500 })
  })
})
