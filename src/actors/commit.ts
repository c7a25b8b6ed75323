import type { JournalRecord } from '../contracts/record.ts'
import { decodeRecord, encodeRecord } from '../contracts/record.ts'
import type { Journal } from '../bus/journal.ts'

/** `lost`: another host has written; the state in memory is stale and must be read again (I2). */
export type CommitOutcome = { kind: 'committed'; seq: number } | { kind: 'lost' }

/**
 * Appends one transition. An append whose outcome is unknown is settled by reading the journal and
 * comparing the transition id before anything else (DESIGN §4).
 * @throws UnavailableError when the journal cannot be read; call again with the same record.
 * @throws LimitError when the record is too large.
 */
export async function commit(
  journal: Journal,
  record: JournalRecord,
  expectedSeq: number,
): Promise<CommitOutcome> {
  const body = encodeRecord(record)
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
