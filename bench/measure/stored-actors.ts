import type { Address } from 'ashlar'
import type { JournalRecord } from 'ashlar/proof'
import type { Bus } from '../../src/bus/bus.ts'
import { encodeRecord } from '../../src/contracts/record.ts'
import { counterAgent } from '../agents/counter.ts'
import { newCounter, tickCounter } from '../agents/folding.ts'
import { runEach } from './closed-loop.ts'

const appendsAtOnce = 256

/** The address of the n-th parked agent. */
export function parkedAddress(index: number): Address {
  return { type: counterAgent.id, id: `parked-${index}` }
}

/**
 * Fills the journal with agents that have begun and wait for an event: from the `from`-th to the
 * one before `to`.
 */
export async function parkActors(bus: Bus, from: number, to: number): Promise<void> {
  const template = newCounter('template')
  await runEach(to - from, appendsAtOnce, async (index) => {
    await appendSurely(bus, { ...template, address: parkedAddress(from + index) }, 0)
  })
}

/** Writes agents whose journal holds about the given number of bytes, one record per transition. */
export async function writeHistories(
  bus: Bus,
  addresses: readonly Address[],
  historyBytes: number,
): Promise<void> {
  await runEach(addresses.length, appendsAtOnce, async (index) => {
    let record = { ...newCounter('template'), address: addresses[index]! }
    let written = encodeRecord(record).length
    let seq = await appendSurely(bus, record, 0)
    while (written < historyBytes) {
      record = tickCounter(record)
      written += encodeRecord(record).length
      seq = await appendSurely(bus, record, seq)
    }
  })
}

async function appendSurely(bus: Bus, record: JournalRecord, expectedSeq: number): Promise<number> {
  const outcome = await bus.journal.append(record.address, encodeRecord(record), expectedSeq)
  if (outcome.kind === 'appended') return outcome.seq
  throw new Error(`${record.address.id} could not be stored: ${outcome.kind}`)
}
