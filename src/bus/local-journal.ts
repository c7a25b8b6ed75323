import { formatAddress } from '../contracts/address.ts'
import { checkRecordSize } from './body-limit.ts'
import type { Journal, JournalEntry } from './journal.ts'
import { ensure } from './local-cell.ts'
import type { LocalCell } from './local-cell.ts'
import type { LocalConnection } from './local-connection.ts'

export function localJournal(cell: LocalCell, connection: LocalConnection): Journal {
  return {
    async append(address, body, expectedSeq) {
      const key = formatAddress(address)
      checkRecordSize(body, `journal ${key}`)
      try {
        await connection.turn()
      } catch (error) {
        return { kind: 'unknown', reason: (error as Error).message }
      }
      const entries = cell.journals.get(key)?.entries ?? []
      if ((entries.at(-1)?.seq ?? 0) !== expectedSeq) return { kind: 'conflict' }
      const seq = cell.nextSeq()
      const owned = { type: address.type, id: address.id }
      ensure(cell.journals, key, () => ({ address: owned, entries })).entries.push({
        seq,
        body: body.slice(),
      })
      return { kind: 'appended', seq }
    },
    async last(address) {
      await connection.turn()
      const last = cell.journals.get(formatAddress(address))?.entries.at(-1)
      return last && copyOf(last)
    },
    async *history(address) {
      await connection.turn()
      for (const entry of (cell.journals.get(formatAddress(address))?.entries ?? []).slice()) {
        yield copyOf(entry)
      }
    },
    async *addresses(type) {
      await connection.turn()
      for (const { address } of Array.from(cell.journals.values())) {
        if (type === undefined || address.type === type) yield { ...address }
      }
    },
  }
}

function copyOf(entry: JournalEntry): JournalEntry {
  return { seq: entry.seq, body: entry.body.slice() }
}
