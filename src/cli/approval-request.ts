import type { AgentStatus } from '../contracts/state.ts'
import type { Address } from '../contracts/address.ts'
import type { ApprovalContext, ApprovalEntry } from '../contracts/approval.ts'
import { openApprovers, readApproval } from '../contracts/approval.ts'
import { formatAddress } from '../contracts/address.ts'
import type { JournalRecord } from '../contracts/record.ts'
import { decodeRecord } from '../contracts/record.ts'
import { InputError } from '../contracts/error.ts'
import { expiryTimerPrefix } from '../machines/approval.ts'
import { noSuchAgent } from './output.ts'
import type { Runtime } from './runtime.ts'

/** An approval as its last record has it. */
export interface ApprovalRequest {
  readonly address: Address
  readonly status: AgentStatus
  readonly context: ApprovalContext
  /** The agent that waits for it. */
  readonly parent: Address | undefined
  /** Undefined when it is over. */
  readonly expiresAtMs: number | undefined
  /** Number and time of the last record. */
  readonly step: number
  readonly atMs: number
}

/** An entry of the audit record with the time that its record in the journal has. */
export interface DatedEntry extends ApprovalEntry {
  readonly atMs: number
}

/** The approval that a record is of; undefined when it is of another agent. */
export function requestOf({
  address,
  step,
  atMs,
  state,
}: JournalRecord): ApprovalRequest | undefined {
  const context = readApproval(state.snapshot.context)
  if (!context) return undefined
  const expiry = Object.entries(state.timers).find(([id]) => id.startsWith(expiryTimerPrefix))
  const { status } = state.snapshot
  const [expiresAtMs, parent] = [expiry?.[1].atMs, state.parent?.address]
  return { address, status, context, parent, expiresAtMs, step, atMs }
}

/** Every approval of the cell, of one machine or of all: whatever agents keep an approval's context. */
export async function listApprovals({ bus }: Runtime, type?: string): Promise<ApprovalRequest[]> {
  const found: ApprovalRequest[] = []
  for await (const address of bus.journal.addresses(type)) {
    const last = await bus.journal.last(address)
    const request = last && requestOf(decodeRecord(last.body))
    if (request) found.push(request)
  }
  return found
}

/**
 * One approval with its dated audit record.
 * @throws NotFoundError, InputError when the agent is no approval
 */
export async function findApproval(
  { client }: Runtime,
  address: Address,
): Promise<{ request: ApprovalRequest; audit: DatedEntry[] }> {
  const audit: DatedEntry[] = []
  let last: JournalRecord | undefined
  for await (const record of client.history(address)) {
    const entries = readApproval(record.state.snapshot.context)?.audit ?? []
    for (const entry of entries.slice(audit.length)) audit.push({ ...entry, atMs: record.atMs })
    last = record
  }
  const name = formatAddress(address)
  if (!last) throw noSuchAgent(name)
  const request = requestOf(last)
  if (request) return { request, audit }
  throw new InputError({
    field: 'agent',
    expected: 'an approval',
    got: name,
    todo: '`ashlar approvals` lists those that are pending',
  })
}

/** `pending`, or how it ended. */
export function stateOf({ status, context }: ApprovalRequest): string {
  if (status === 'active') return 'pending'
  return status === 'done' ? (context.outcome ?? status) : status
}

/** What programs read of an approval. */
export function summarize(request: ApprovalRequest): Record<string, unknown> {
  const { address, context, parent, expiresAtMs, atMs } = request
  const { summary, effect, hash, requestedBy, required, approvedBy, reminders, refusals } = context
  return {
    address: formatAddress(address),
    state: stateOf(request),
    summary,
    effect,
    hash,
    requestedBy,
    parent: parent ? formatAddress(parent) : null,
    /** Null: anyone. */
    mayApprove: openApprovers(context) ?? null,
    approvedBy,
    required,
    missing: Math.max(0, required - approvedBy.length),
    reminders,
    refusals,
    expiresAtMs: expiresAtMs ?? null,
    atMs,
  }
}
