import type { Address } from '../../src/contracts/address.ts'
import { formatAddress } from '../../src/contracts/address.ts'
import { effectIdentity } from '../../src/contracts/effect.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import { decodeRecord } from '../../src/contracts/record.ts'
import type { Result } from './simulation.ts'

/** Reads every journal and says which invariant of DESIGN §4 was broken, where. Empty: none. */
export async function violations(result: Result, rounds: number): Promise<string[]> {
  if (!result.finished) return [`stuck after ${result.turns} turns: ${result.trace.at(-1) ?? ''}`]
  const journals = await readJournals(result)
  return [
    ...oneWriter(journals),
    ...exactlyOnce(journals),
    ...timersInTime(journals),
    ...sameState(journals, rounds),
    ...outsideOnce(result, journals),
  ]
}

type Journals = ReadonlyMap<string, readonly JournalRecord[]>

async function readJournals({ bus }: Result): Promise<Journals> {
  const journals = new Map<string, JournalRecord[]>()
  for await (const address of bus.journal.addresses()) {
    const records: JournalRecord[] = []
    for await (const { body } of bus.journal.history(address)) records.push(decodeRecord(body))
    journals.set(formatAddress(address), records)
  }
  return journals
}

/** I2: the steps of an agent are 1, 2, 3, …, each exactly once. */
function oneWriter(journals: Journals): string[] {
  const found: string[] = []
  for (const [name, records] of journals) {
    records.forEach(({ step }, index) => {
      if (step !== index + 1) found.push(`I2: ${name} has step ${step} at place ${index + 1}`)
    })
  }
  return found
}

/** I3 and I5: every message that a record sends is applied by its receiver once, and not twice. */
function exactlyOnce(journals: Journals): string[] {
  const found: string[] = []
  for (const [name, records] of journals) {
    const causes = new Map<string, number>()
    for (const { cause } of records) {
      causes.set(cause.messageId, (causes.get(cause.messageId) ?? 0) + 1)
    }
    for (const [id, count] of causes) {
      if (count > 1) found.push(`I3: ${name} applied ${id} ${count} times`)
    }
  }
  for (const records of journals.values()) {
    for (const { address, step, outbox } of records) {
      for (const [index, effect] of outbox.entries()) {
        if (effect.kind !== 'send') continue
        const id = effectIdentity(address, step, index)
        const receiver = journals.get(formatAddress(effect.to)) ?? []
        const applied = receiver.some(({ cause }) => cause.messageId === id)
        const ended = receiver.at(-1)?.state.snapshot.status !== 'active'
        if (!applied && !ended) found.push(`I5: ${id} never reached ${formatAddress(effect.to)}`)
      }
    }
  }
  return found
}

/** I6: no timer fires before the deadline it was given, or after it was cancelled. */
function timersInTime(journals: Journals): string[] {
  const found: string[] = []
  for (const [name, records] of journals) {
    const deadlines = new Map<number, number>()
    for (const { event, atMs, outbox } of records) {
      if (event.kind === 'timer') {
        const dueMs = deadlines.get(event.incarnation)
        if (dueMs === undefined)
          found.push(`I6: ${name} took timer ${event.timerId} it had not set`)
        else if (atMs < dueMs) found.push(`I6: ${name} took timer ${event.timerId} too early`)
      }
      for (const effect of outbox) {
        if (effect.kind === 'schedule') deadlines.set(effect.incarnation, effect.atMs)
        if (effect.kind === 'cancel') deadlines.delete(effect.incarnation)
      }
    }
  }
  return found
}

/** What the scenario itself must have come to, whatever happened on the way. */
function sameState(journals: Journals, rounds: number): string[] {
  const found: string[] = []
  const counts = journals.get('ledger/main')?.at(-1)?.state.snapshot.context.counts as
    | Record<string, number>
    | undefined
  for (const [name, records] of journals) {
    if (!name.startsWith('courier/')) continue
    const { status, context } = records.at(-1)!.state.snapshot
    const { id, added, round } = context as { id: string; added: number; round: number }
    if (status !== 'done') found.push(`${name} ended as ${status}`)
    if (added !== rounds || round !== rounds)
      found.push(`${name} made ${added} of ${rounds} rounds`)
    if (counts?.[id] !== rounds) found.push(`the ledger counted ${counts?.[id]} rounds of ${id}`)
  }
  return found
}

/** Outside, an idempotent call took effect once; a `once` call was executed at most once. */
function outsideOnce({ outside }: Result, journals: Journals): string[] {
  const found: string[] = []
  for (const [key, count] of outside.executedOnce) {
    if (count > 1) found.push(`once: ${key} was executed ${count} times`)
  }
  const calls = [...journals.values()].flat().flatMap(spawnedApply)
  for (const id of calls) {
    if (outside.applied.get(id) !== 1) found.push(`idempotent: ${id} was never applied`)
  }
  for (const id of outside.applied.keys()) {
    if (!calls.includes(id)) found.push(`I1: ${id} was applied, but no record asked for it`)
  }
  return found
}

function spawnedApply({ address, step, outbox }: JournalRecord): string[] {
  return outbox.flatMap((effect, index) => identified(address, step, index, effect))
}

function identified(
  address: Address,
  step: number,
  index: number,
  effect: JournalRecord['outbox'][number],
): string[] {
  const isApply = effect.kind === 'spawn' && effect.src === 'apply'
  return isApply ? [effectIdentity(address, step, index)] : []
}
