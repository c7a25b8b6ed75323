import { expect } from 'vitest'
import * as z from 'zod'
import type { ApprovalContext, ApprovalOutput } from '../../src/contracts/approval.ts'
import type { AgentEvent } from '../../src/contracts/event.ts'
import { hashJson } from '../../src/contracts/json.ts'
import type { ApprovalOptions } from '../../src/machines/approval.ts'
import { defineApproval } from '../../src/machines/approval.ts'
import type { Driver, Walk } from './driver.ts'
import { begin, walkOf } from './driver.ts'

export const subject = z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })
export type Subject = z.infer<typeof subject>

export const effect: Subject = { name: 'pay_out', arguments: { order: 'A1', cents: 50_000 } }
export const hash = hashJson(effect)
export const hour = 3_600_000

export function walk(options: Partial<ApprovalOptions<Subject>> = {}): Walk {
  const approval = { id: 'pay-approval', version: '1', subject, expiresAfterMs: 24 * hour }
  return walkOf(defineApproval({ ...approval, approvers: ['ann', 'bob', 'carl'], ...options }))
}

/** A request of a bot, with more of an input if any. */
export function open(on: Walk, input: object = {}): Driver {
  return begin(on, { effect, summary: 'pay 500.00 back', requestedBy: 'bot', ...input })
}

export const approve = (by: string, of = hash): AgentEvent => ({ type: 'APPROVE', by, hash: of })
export const reject = (by: string, of = hash): AgentEvent => ({ type: 'REJECT', by, hash: of })
export const delegate = (by: string, to: string): AgentEvent => ({ type: 'DELEGATE', by, to })

export function contextOf(driver: Driver): ApprovalContext {
  return driver.context as unknown as ApprovalContext
}

export function outputOf(driver: Driver): ApprovalOutput {
  return driver.output as ApprovalOutput
}

/** Why the last event was not taken. */
export function refusal(driver: Driver): string | undefined {
  const emitted = driver.effects.flatMap((one) => (one.kind === 'emit' ? [one.event] : []))
  const entry = contextOf(driver).audit.at(-1)!
  const reason = emitted.find(({ type }) => type === 'REFUSED')?.['reason'] as string | undefined
  if (reason !== undefined) expect(entry).toMatchObject({ what: 'refused', reason })
  else expect(entry.what).not.toBe('refused')
  return reason
}
