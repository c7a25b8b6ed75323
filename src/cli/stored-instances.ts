import type { Journal } from '../bus/journal.ts'
import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import { toErrorValue } from '../contracts/error.ts'
import { decodeRecord } from '../contracts/record.ts'
import type { Instance } from '../proof/strand-report.ts'

/** Requests under way at a time; a read alone waits mostly for its way to the broker and back. */
const readAhead = 64

/** Last states of the agents of some machines, in the journal's order, without keeping them. */
export async function* storedInstances(
  journal: Journal,
  machines: readonly string[],
  onUnreadable: (agent: string, reason: string) => void,
): AsyncIterable<Instance> {
  for (const machine of machines) {
    let batch: Address[] = []
    for await (const address of journal.addresses(machine)) {
      batch.push(address)
      if (batch.length < readAhead) continue
      yield* readAll(journal, batch, onUnreadable)
      batch = []
    }
    yield* readAll(journal, batch, onUnreadable)
  }
}

async function* readAll(
  journal: Journal,
  batch: readonly Address[],
  onUnreadable: (agent: string, reason: string) => void,
): AsyncIterable<Instance> {
  const entries = await Promise.all(batch.map((address) => journal.last(address)))
  for (const [index, entry] of entries.entries()) {
    if (!entry) continue
    const where = formatAddress(batch[index]!)
    try {
      yield { where, state: decodeRecord(entry.body).state }
    } catch (thrown) {
      onUnreadable(where, toErrorValue(thrown).message)
    }
  }
}
