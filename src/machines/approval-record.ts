import type {
  ApprovalContext,
  ApprovalEntry,
  ApprovalEvent,
  ApprovalOutput,
  ApprovalPlace,
} from '../contracts/approval.ts'
import { isSamePerson } from '../contracts/approval.ts'
import type { ErrorValue } from '../contracts/error.ts'

/** Refusals that the audit record lists; all of them are counted. */
const listedRefusalsMax = 50
/** Of what somebody sent who broke the schema. */
const quotedMaxCharacters = 200
const reasonMaxCharacters = 600

type Delegation = Extract<ApprovalEvent, { type: 'DELEGATE' }>
type Change = Partial<Omit<ApprovalContext, 'effect'>>

/** What was refused, to whom, and why. */
export interface Refusal {
  tried: string
  by?: string
  reason: string
}

/** What an approval knows after an event that it takes. */
export function taken(context: ApprovalContext, event: ApprovalEvent): Change {
  const { audit, approvedBy, places, required } = context
  const { by, note } = event
  const said = { by, ...(note === undefined ? {} : { note }) }
  switch (event.type) {
    case 'APPROVE': {
      const all = [...approvedBy, by]
      const end: Change = all.length >= required ? { outcome: 'approved' } : {}
      return { ...end, approvedBy: all, audit: [...audit, { what: 'approved', ...said }] }
    }
    case 'REJECT':
      return { outcome: 'rejected', audit: [...audit, { what: 'rejected', ...said }] }
    case 'WITHDRAW':
      return { outcome: 'withdrawn', audit: [...audit, { what: 'withdrawn', ...said }] }
    case 'DELEGATE': {
      const entry: ApprovalEntry = { what: 'delegated', ...said, to: event.to }
      return { places: passOn(places ?? [], event), audit: [...audit, entry] }
    }
  }
}

function passOn(places: readonly ApprovalPlace[], { by, to }: Delegation): ApprovalPlace[] {
  return places.map((place) =>
    isSamePerson(place.holder, by) ? { holder: to, passedOn: place.passedOn + 1 } : place,
  )
}

/** What a refusal says. Notes are left out: who may not decide fills no records. */
export function refusal(event: ApprovalEvent, reason: string): Refusal {
  const by: unknown = event.by
  const named = typeof by === 'string' ? { by: by.slice(0, quotedMaxCharacters) } : {}
  return { tried: event.type, ...named, reason: reason.slice(0, reasonMaxCharacters) }
}

/** After an event that was refused. */
export function refused({ audit, refusals }: ApprovalContext, what: Refusal): Change {
  const isListed = refusals < listedRefusalsMax
  const listed: ApprovalEntry[] = isListed ? [...audit, { what: 'refused', ...what }] : audit
  return { audit: listed, refusals: refusals + 1 }
}

/** After the time for a reminder has come. */
export function reminded({ audit, reminders }: ApprovalContext): Change {
  return { reminders: reminders + 1, audit: [...audit, { what: 'reminded' }] }
}

/** After the time is up. */
export function expired({ audit }: ApprovalContext): Change {
  return { outcome: 'expired', audit: [...audit, { what: 'expired' }] }
}

/** After people could not be told. */
export function untold({ audit }: ApprovalContext, event: unknown): Change {
  const { error } = event as { error?: Partial<ErrorValue> }
  const reason = String(error?.message ?? 'unknown').slice(0, reasonMaxCharacters)
  return { audit: [...audit, { what: 'notice-failed', reason }] }
}

/** The output that a context amounts to, once it has an outcome. */
export function outputOf<Effect>(context: ApprovalContext<Effect>): ApprovalOutput<Effect> {
  const { outcome, hash, effect, approvedBy, audit, refusals } = context
  const last = audit.at(-1)?.by
  const decided = outcome === 'expired' || last === undefined ? [] : [last]
  const by = outcome === 'approved' ? approvedBy : decided
  return { kind: outcome!, hash, effect, by, audit, refusals }
}
