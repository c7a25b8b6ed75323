import * as z from 'zod'
import { hashJson } from './json.ts'

/** Of the name of a person, a note and a summary. They bound what an approval keeps (I9). */
const nameMaxCharacters = 200
const noteMaxCharacters = 1_000
const summaryMaxCharacters = 4_000

const name = z.string().trim().min(1).max(nameMaxCharacters)
const note = z.string().max(noteMaxCharacters).optional()
/** Not its form: a wrong one is for the approval to refuse, so that its record tells of it. */
const hash = z.string().max(nameMaxCharacters)

/**
 * The events that people send to an approval, for `defineAgent({ events })`. `by` says who it is,
 * `hash` which effect they were shown.
 */
export const approvalEvents = {
  APPROVE: z.object({ type: z.literal('APPROVE'), by: name, hash, note }),
  REJECT: z.object({ type: z.literal('REJECT'), by: name, hash, note }),
  /** `to` takes the place of `by`. */
  DELEGATE: z.object({ type: z.literal('DELEGATE'), by: name, to: name, note }),
  /** The requester takes the request back. */
  WITHDRAW: z.object({ type: z.literal('WITHDRAW'), by: name, note }),
}

type EventSchemas = typeof approvalEvents

/** An event that an approval takes. */
export type ApprovalEvent = {
  [Type in keyof EventSchemas]: z.infer<EventSchemas[Type]>
}[keyof EventSchemas]

/** What an approval is asked. */
export interface ApprovalInput<Effect = unknown> {
  /** What will be done, to the last argument: JSON. The approval is of exactly this. */
  effect: Effect
  /** What people read first. */
  summary: string
  /** Who wants it. They may take it back, and do not approve it themselves. */
  requestedBy?: string
  /** Names of people, or of roles of the definition; empty: anyone. Default: the definition's. */
  approvers?: readonly string[]
  /** How many different people must approve. Default: the definition's, else 1. */
  required?: number
}

const asked = {
  summary: z.string().min(1).max(summaryMaxCharacters),
  requestedBy: name.optional(),
  approvers: z.array(name).max(50).optional(),
  required: z.int().min(1).optional(),
}

/** What an approval is asked, its effect left out. */
export const approvalInputSchema: z.ZodType<Omit<ApprovalInput, 'effect'>> = z.object(
  asked,
) as never

/** The place of one approver. */
export interface ApprovalPlace {
  holder: string
  /** How often it was passed on. */
  passedOn: number
}

/** One entry of an approval's audit record. When it was is in the journal: every record has a time. */
export interface ApprovalEntry {
  what:
    | 'asked'
    | 'approved'
    | 'rejected'
    | 'delegated'
    | 'withdrawn'
    | 'reminded'
    | 'expired'
    /** Somebody tried what they may not; nothing came of it. */
    | 'refused'
    /** People could not be told that they are asked. */
    | 'notice-failed'
  by?: string
  /** Of a delegation: who has the place now. */
  to?: string
  note?: string
  /** Of a refusal: what was tried. */
  tried?: string
  reason?: string
}

export type ApprovalOutcome = 'approved' | 'rejected' | 'expired' | 'withdrawn'

/** What an approval knows between two steps. `kind` is how readers of journals recognise one. */
export interface ApprovalContext<Effect = unknown> {
  kind: 'approval'
  effect: Effect
  /** The canonical hash of the effect. */
  hash: string
  summary: string
  requestedBy: string | null
  /** Null: anyone may approve. */
  places: ApprovalPlace[] | null
  required: number
  approvedBy: string[]
  /** Reminders so far. */
  reminders: number
  outcome: ApprovalOutcome | null
  audit: ApprovalEntry[]
  /** All of them; the audit record lists the first ones, the journal has every one. */
  refusals: number
}

/** How an approval ended. */
export interface ApprovalOutput<Effect = unknown> {
  kind: ApprovalOutcome
  /** The canonical hash of the effect. */
  hash: string
  effect: Effect
  /** Who decided: the approvers, the one who rejected, or the requester; nobody when it expired. */
  by: string[]
  audit: ApprovalEntry[]
  refusals: number
}

const contextSchema = z.looseObject({
  kind: z.literal('approval'),
  effect: z.unknown(),
  hash: z.string(),
  summary: z.string(),
  requestedBy: z.string().nullable(),
  places: z.array(z.looseObject({ holder: z.string(), passedOn: z.int() })).nullable(),
  required: z.int(),
  approvedBy: z.array(z.string()),
  reminders: z.int(),
  outcome: z.enum(['approved', 'rejected', 'expired', 'withdrawn']).nullable(),
  audit: z.array(z.looseObject({ what: z.string(), by: z.string().optional() })),
  refusals: z.int(),
})

/** The context of an agent, when it is an approval. */
export function readApproval(context: unknown): ApprovalContext | undefined {
  return contextSchema.safeParse(context).data as ApprovalContext | undefined
}

/**
 * True only when the effect was approved exactly as it is now: the guard in front of its execution.
 * It says nothing about how often: forget the approval once the effect was executed.
 */
export function isApprovalOf(output: ApprovalOutput | null | undefined, effect: unknown): boolean {
  return output?.kind === 'approved' && output.hash === hashJson(effect)
}

/** Names of one person: neither case nor spaces around them tell people apart. */
export function isSamePerson(one: string, other: string): boolean {
  return plain(one) === plain(other)
}

function plain(name: string): string {
  return name.normalize('NFC').trim().toLowerCase()
}

/** Who may still approve: those whose place is open; undefined: anyone. */
export function openApprovers({ places, approvedBy }: ApprovalContext): string[] | undefined {
  const holders = places?.map(({ holder }) => holder)
  return holders?.filter((holder) => !approvedBy.some((by) => isSamePerson(by, holder)))
}
