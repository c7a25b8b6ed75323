import type { JournalRecord } from '../contracts/record.ts'
import { decodeRecord, encodeRecord } from '../contracts/record.ts'
import type { Journal } from '../bus/journal.ts'
import { limits } from '../bus/limits.ts'
import { formatAddress } from '../contracts/address.ts'
import { LimitError } from '../contracts/error.ts'
import { toBytes } from '../contracts/json.ts'
import { actorLimits } from './limits.ts'

/** What an envelope or a work item adds to the effect that it carries. */
const wrappingMaxBytes = 4 * 1024
const longestMessageBytes = limits.messageMaxBytes - wrappingMaxBytes

/** `lost`: another host has written; the state in memory is stale and must be read again (I2). */
export type CommitOutcome = { kind: 'committed'; seq: number } | { kind: 'lost' }

/**
 * Appends one transition. An append whose outcome is unknown is settled by reading the journal and
 * comparing the transition id before anything else (DESIGN §4).
 * @throws UnavailableError when the journal cannot be read; call again with the same record.
 * @throws LimitError when the record, or a message that it asks for, is too large.
 */
export async function commit(
  journal: Journal,
  record: JournalRecord,
  expectedSeq: number,
): Promise<CommitOutcome> {
  const body = encodeRecord(record)
  if (body.length > actorLimits.contextMaxBytes) checkContext(record)
  if (body.length > longestMessageBytes) checkOutbox(record)
  for (;;) {
    const appended = await journal.append(record.address, body, expectedSeq)
    if (appended.kind === 'appended') return { kind: 'committed', seq: appended.seq }
    const last = await journal.last(record.address)
    // A conflict may be our own append, answered late and sent again.
    if (last && decodeRecord(last.body).transitionId === record.transitionId) {
      return { kind: 'committed', seq: last.seq }
    }
    const untouched = (last?.seq ?? 0) === expectedSeq
    if (appended.kind === 'conflict' || !untouched) return { kind: 'lost' }
  }
}

/** By a bound of its own, so that the error names what grew. */
function checkContext({ address, state }: JournalRecord): void {
  const bytes = toBytes(state.snapshot.context).length
  if (bytes <= actorLimits.contextMaxBytes) return
  const where = `context of ${formatAddress(address)}`
  throw new LimitError('contextMaxBytes', actorLimits.contextMaxBytes, bytes, where)
}

/** What no mailbox or queue would take must not be committed: it could never be delivered. */
function checkOutbox(record: JournalRecord): void {
  for (const effect of record.outbox) {
    if (effect.kind === 'deadLetter' || effect.kind === 'log' || effect.kind === 'action') continue
    const bytes = toBytes(effect).length
    if (bytes <= longestMessageBytes) continue
    const where = `${effect.kind} of ${formatAddress(record.address)}`
    throw new LimitError('message bytes', longestMessageBytes, bytes, where)
  }
}
