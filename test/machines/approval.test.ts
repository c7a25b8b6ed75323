import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { toolActor } from '../../src/actors/source.ts'
import { isApprovalOf, openApprovers } from '../../src/contracts/approval.ts'
import { hashJson } from '../../src/contracts/json.ts'
import { defineApproval } from '../../src/machines/approval.ts'
import { declareTool } from '../../src/tools/define-tool.ts'
import {
  approve,
  contextOf,
  delegate,
  effect,
  hash,
  hour,
  open,
  outputOf,
  refusal,
  reject,
  subject,
  walk,
} from './approval-desk.ts'
import { begin, missed, walkOf } from './driver.ts'

const plain = walk({ remindEveryMs: hour, remindersMax: 2 })

describe('an approval', () => {
  test('of one person is enough by default, and says who it was and what for', () => {
    const driver = open(plain).send({ ...approve('ann'), note: 'paid twice' })
    expect(driver.value).toBe('approved')
    expect(outputOf(driver)).toEqual({
      kind: 'approved',
      hash,
      effect,
      by: ['ann'],
      audit: [
        { what: 'asked', by: 'bot' },
        { what: 'approved', by: 'ann', note: 'paid twice' },
      ],
      refusals: 0,
    })
  })

  test('waits for as many different people as are required', () => {
    const driver = open(plain, { required: 2 }).send(approve('ann'))
    expect(driver.value).toEqual({ pending: 'waiting' })
    expect(openApprovers(contextOf(driver))).toEqual(['bob', 'carl'])
    expect(refusal(driver.send(approve('ann')))).toBe('ann has approved already')
    expect(refusal(driver.send(approve(' ANN ')))).toBe(' ANN  has approved already')
    expect(driver.send(approve('carl')).value).toBe('approved')
    expect(outputOf(driver)).toMatchObject({ by: ['ann', 'carl'], refusals: 2 })
  })

  test('of another effect is not taken, whatever the difference', () => {
    const driver = open(plain)
    const more = { ...effect, arguments: { ...effect.arguments, cents: 50_001 } }
    expect(refusal(driver.send(approve('ann', hashJson(more))))).toMatch(/another effect/)
    expect(refusal(driver.send(reject('ann', hash.slice(0, 12))))).toMatch(/another effect/)
    expect(driver.value).toEqual({ pending: 'waiting' })
  })

  test('of the same effect with its members in another order is one of the same', () => {
    const { name, arguments: given } = effect
    const turned = { arguments: { cents: given['cents'], order: given['order'] }, name }
    expect(open(plain, { effect: turned }).send(approve('ann')).value).toBe('approved')
  })

  test('of a stranger, or of the requester, is not taken', () => {
    const driver = open(plain, { requestedBy: 'Ann' })
    expect(refusal(driver.send(approve('dora')))).toBe('dora is not an approver')
    expect(refusal(driver.send(approve('ann')))).toMatch(/separation of duties/)
    expect(contextOf(driver).places).toEqual([
      { holder: 'bob', passedOn: 0 },
      { holder: 'carl', passedOn: 0 },
    ])
  })

  test('of the requester is taken where that is declared', () => {
    const own = walk({ requesterMayApprove: true })
    expect(open(own, { requestedBy: 'ann' }).send(approve('ann')).value).toBe('approved')
    const passedOn = open(own, { requestedBy: 'dora' }).send(delegate('ann', 'dora'))
    expect(passedOn.send(approve('dora')).value).toBe('approved')
  })

  test('of anyone but the requester is enough when nobody is named', () => {
    const driver = open(plain, { approvers: [], required: 2 })
    expect(openApprovers(contextOf(driver))).toBeUndefined()
    expect(refusal(driver.send(delegate('zoe', 'yan')))).toMatch(/no place to pass on/)
    expect(refusal(driver.send(approve('bot')))).toMatch(/separation of duties/)
    driver.send(approve('zoe'))
    expect(refusal(driver.send(approve('Zoe')))).toMatch(/already/)
    expect(driver.send(approve('yan')).value).toBe('approved')
  })

  test('of a role is one of each of its people, who count once', () => {
    const roles = { finance: ['ann', 'fay'], lead: ['fay', 'bot'] }
    const driver = open(walk({ roles }), { approvers: ['finance', 'lead', 'constructor'] })
    expect(openApprovers(contextOf(driver))).toEqual(['ann', 'fay', 'constructor'])
    expect(refusal(driver.send(approve('finance')))).toBe('finance is not an approver')
  })
})

describe('no approval', () => {
  test('one rejection ends it, also of somebody who had approved', () => {
    const driver = open(plain, { required: 2 }).send(approve('ann')).send(reject('ann'))
    expect(driver.value).toBe('rejected')
    expect(outputOf(driver)).toMatchObject({ kind: 'rejected', by: ['ann'] })
  })

  test('the requester, and nobody else, takes it back', () => {
    const driver = open(plain)
    expect(refusal(driver.send({ type: 'WITHDRAW', by: 'ann' }))).toMatch(/only bot/)
    driver.send({ type: 'WITHDRAW', by: 'Bot', note: 'not needed' })
    expect(outputOf(driver)).toMatchObject({ kind: 'withdrawn', by: ['Bot'] })
    const nameless = open(plain, { requestedBy: undefined })
    expect(refusal(nameless.send({ type: 'WITHDRAW', by: 'bot' }))).toMatch(/no requester/)
  })

  test('it expires at the deadline, which reminders do not move', () => {
    const driver = open(plain)
    expect(driver.waits).toEqual([24 * hour, hour])
    driver.fire('xstate.after.reminder.pay-approval.pending.waiting')
    expect(driver.effects).toContainEqual({
      kind: 'emit',
      event: {
        type: 'REMIND',
        summary: 'pay 500.00 back',
        effect,
        hash,
        to: ['ann', 'bob', 'carl'],
        missing: 1,
      },
    })
    expect(driver.waits).toEqual([23 * hour, hour])
    driver.fire('xstate.after.reminder.pay-approval.pending.waiting')
    // Twice was declared to be enough.
    expect(driver.value).toEqual({ pending: 'silent' })
    expect(driver.waits).toEqual([22 * hour])
    driver.fire()
    expect(outputOf(driver)).toMatchObject({ kind: 'expired', by: [] })
    const what = outputOf(driver).audit.map((entry) => entry.what)
    expect(what).toEqual(['asked', 'reminded', 'reminded', 'expired'])
  })

  test('without reminders there is only the deadline', () => {
    expect(open(walk()).waits).toEqual([24 * hour])
  })
})

describe('delegation', () => {
  test('the delegate takes the place, and whoever gave it away has none', () => {
    const driver = open(plain).send({ ...delegate('ann', 'dora'), note: 'on leave' })
    expect(openApprovers(contextOf(driver))).toEqual(['dora', 'bob', 'carl'])
    expect(driver.waits).toEqual([24 * hour, hour])
    expect(refusal(driver.send(approve('ann')))).toBe('ann has passed the place on to dora')
    expect(driver.send(approve('dora')).value).toBe('approved')
    expect(outputOf(driver).audit[1]).toEqual({
      what: 'delegated',
      by: 'ann',
      to: 'dora',
      note: 'on leave',
    })
  })

  test('goes to nobody who would decide twice, or about their own request', () => {
    const driver = open(plain, { required: 2 }).send(approve('carl'))
    expect(refusal(driver.send(delegate('ann', 'Ann ')))).toBe('nobody delegates to themselves')
    expect(refusal(driver.send(delegate('ann', 'bot')))).toMatch(/separation of duties/)
    expect(refusal(driver.send(delegate('ann', 'bob')))).toBe('bob is an approver already')
    expect(refusal(driver.send(delegate('ann', 'carl')))).toBe('carl is an approver already')
    expect(refusal(driver.send(delegate('carl', 'dora')))).toBe('carl has approved already')
    expect(refusal(driver.send(delegate('dora', 'eve')))).toBe('dora is not an approver')
  })

  test('is bounded for each place', () => {
    const driver = open(walk({ delegations: 2 }))
    driver.send(delegate('ann', 'dora')).send(delegate('dora', 'ann'))
    expect(refusal(driver.send(delegate('ann', 'eve')))).toMatch(/passed on 2 time\(s\)/)
    expect(refusal(driver.send(delegate('bob', 'eve')))).toBeUndefined()
    expect(refusal(open(walk({ delegations: 0 })).send(delegate('ann', 'eve')))).toMatch(/not be/)
  })

  test('starts the time anew only where that is declared', () => {
    const renewing = walk({ delegationRenews: true, remindEveryMs: hour })
    const driver = open(renewing)
    driver.fire('xstate.after.reminder.pay-approval.pending.waiting')
    expect(driver.send(delegate('ann', 'dora')).waits).toEqual([24 * hour, hour])
  })
})

describe('what nobody may do', () => {
  test('an event that breaks its schema is noted, whatever it holds', () => {
    const driver = open(plain)
    expect(refusal(driver.send({ type: 'APPROVE', hash }))).toMatch(/schema: by/)
    const long = 'x'.repeat(10_000)
    expect(refusal(driver.send({ type: 'REJECT', by: long, hash }))).toMatch(/schema: by/)
    expect(refusal(driver.send({ ...delegate('ann', 'eve'), note: long }))).toMatch(/note/)
    expect(refusal(driver.send({ type: 'WITHDRAW', by: { a: 1 } }))).toMatch(/schema: by/)
    expect(JSON.stringify(contextOf(driver).audit).length).toBeLessThan(2_000)
  })

  test('refusals without end are counted, and listed up to a bound', () => {
    const driver = open(plain)
    for (let nth = 0; nth < 70; nth++) driver.send(approve(`stranger ${nth}`))
    const { audit, refusals } = contextOf(driver)
    expect([audit.length, refusals]).toEqual([51, 70])
    expect(driver.effects).toMatchObject([{ kind: 'emit', event: { type: 'REFUSED' } }])
    expect(driver.send(approve('ann')).value).toBe('approved')
    expect(outputOf(driver)).toMatchObject({ by: ['ann'], refusals: 70 })
  })
})

describe('telling people', () => {
  const mail = (effect: 'idempotent' | 'once') =>
    toolActor(declareTool({ name: 'mail', effect, input: z.any(), output: z.any() }))
  const telling = walk({ notify: mail('once'), remindEveryMs: hour, remindersMax: 1 })

  test('a tool is called when they are asked, reminded, and after a delegation', () => {
    const driver = open(telling)
    expect(driver.inputOf('notify')).toMatchObject({ type: 'ASK', to: ['ann', 'bob', 'carl'] })
    driver.send(delegate('ann', 'dora'))
    expect(driver.inputOf('notify')).toMatchObject({ type: 'ASK', to: ['dora', 'bob', 'carl'] })
    driver.done('notify')
    expect(driver.waits).toEqual([24 * hour, hour])
    driver.fire('xstate.after.reminder.pay-approval.pending.waiting')
    expect(driver.inputOf('notify')).toMatchObject({ type: 'REMIND', missing: 1, effect })
    expect(driver.send(approve('dora')).value).toBe('approved')
    expect(driver.effects).toContainEqual(expect.objectContaining({ kind: 'stop', id: 'notify' }))
  })

  test('that fails is noted, and people can decide all the same', () => {
    const driver = open(telling).error('notify', { message: 'no such mailbox' })
    expect(contextOf(driver).audit.at(-1)).toEqual({
      what: 'notice-failed',
      reason: 'no such mailbox',
    })
    driver.fire('xstate.after.reminder.pay-approval.pending.waiting')
    driver.error('notify', { kind: 'inDoubt', message: 'cut off' })
    expect(driver.value).toEqual({ pending: 'silent' })
    expect(driver.send(approve('ann')).value).toBe('approved')
  })

  test('every transition of it is taken', () => {
    open(telling).done('notify').send(approve('x')).send(reject('ann'))
    open(telling).send(reject('x')).send(delegate('x', 'y')).send({ type: 'WITHDRAW', by: 'x' })
    open(telling, { required: 2 }).send(approve('ann')).send({ type: 'WITHDRAW', by: 'bot' })
    open(telling).fire()
    expect(missed(telling)).toEqual([])
  })
})

test('every transition of a plain approval is taken', () => {
  open(plain).send(reject('x')).send(reject('ann'))
  expect(missed(plain)).toEqual([])
})

describe('a request that could never be decided', () => {
  test.each([
    ['has fewer approvers than required', { required: 4 }, /required: .* 3 approver\(s\)/],
    ['has no approver but the requester', { approvers: ['bot'] }, /required: .* 0 approver\(s\)/],
    ['is of another kind of effect', { effect: { name: 'x' } }, /effect: .*arguments/],
    ['has no effect', { effect: undefined }, /effect: .*not JSON/],
    ['has no summary', { summary: '' }, /the input: .*summary/],
    ['requires nobody', { required: 0 }, /the input: .*required/],
  ])('one that %s is an error at the start', (_name, input, message) => {
    const { error } = open(walk(), input).state.snapshot
    expect(error?.message).toMatch(message)
    expect(error?.message).toMatch(/^approval pay-approval: /)
  })

  test('one that says nowhere who may approve is an error, not open to anyone', () => {
    const approval = { id: 'a', version: '1', subject, expiresAfterMs: hour }
    const { error } = open(walkOf(defineApproval(approval))).state.snapshot
    expect(error?.message).toMatch(/approvers: .*\[\] is anyone/)
    expect(begin(walkOf(defineApproval(approval)), undefined).state.snapshot.status).toBe('error')
  })

  test.each([
    [{ expiresAfterMs: 0 }, /expiresAfterMs/],
    [{ expiresAfterMs: Infinity }, /expiresAfterMs/],
    [{ remindEveryMs: 0 }, /remindEveryMs/],
    [{ remindEveryMs: 24 * hour }, /remindEveryMs: expected less than expiresAfterMs/],
    [{ remindersMax: 101 }, /remindersMax/],
    [{ delegations: 1.5 }, /delegations/],
    [{ required: 0 }, /required/],
    [{ approvers: Array.from({ length: 51 }, (_, nth) => `p${nth}`) }, /approvers/],
  ])('a definition with %o is refused', (options, message) => {
    expect(() => walk(options)).toThrow(message)
  })
})

describe('isApprovalOf', () => {
  const approved = outputOf(open(plain).send(approve('ann')))

  test('holds for exactly the effect that was approved', () => {
    expect(isApprovalOf(approved, effect)).toBe(true)
    expect(isApprovalOf(approved, { ...effect, more: undefined })).toBe(true)
    expect(isApprovalOf(approved, { ...effect, more: null })).toBe(false)
    expect(isApprovalOf(approved, { ...effect, arguments: {} })).toBe(false)
  })

  test('does not hold without an approval, or for another outcome', () => {
    expect(isApprovalOf(null, effect)).toBe(false)
    expect(isApprovalOf(undefined, effect)).toBe(false)
    expect(isApprovalOf(outputOf(open(plain).send(reject('ann'))), effect)).toBe(false)
  })
})
