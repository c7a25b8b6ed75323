import type { Client } from '../actors/client.ts'
import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import type { JournalRecord } from '../contracts/record.ts'
import { noSuchAgent } from './output.ts'

/** Every kept transition of an agent, oldest first. @throws NotFoundError when there is none */
export async function historyOf(
  client: Client,
  address: Address,
): Promise<[JournalRecord, ...JournalRecord[]]> {
  const records: JournalRecord[] = []
  for await (const record of client.history(address)) records.push(record)
  const [first, ...others] = records
  if (!first) throw noSuchAgent(formatAddress(address))
  return [first, ...others]
}
