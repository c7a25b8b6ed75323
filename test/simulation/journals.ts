import { isDeepStrictEqual } from 'node:util'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { step } from '../../src/actors/step.ts'
import type { Bus } from '../../src/bus/bus.ts'
import { formatAddress } from '../../src/contracts/address.ts'
import { effectIdentity } from '../../src/contracts/effect.ts'
import { fromBytes } from '../../src/contracts/json.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import { decodeRecord, encodeRecord } from '../../src/contracts/record.ts'
import type { StoredState } from '../../src/contracts/state.ts'

/** Every journal of a cell, by agent. */
export type Journals = ReadonlyMap<string, readonly JournalRecord[]>

export interface ReadJournals {
  journals: Journals
  /** What this build cannot read, or does not write the same way again (I8). */
  unreadable: string[]
}

export async function readJournals(bus: Bus): Promise<ReadJournals> {
  const journals = new Map<string, JournalRecord[]>()
  const unreadable: string[] = []
  for await (const address of bus.journal.addresses()) {
    const name = formatAddress(address)
    const records: JournalRecord[] = []
    journals.set(name, records)
    for await (const { body } of bus.journal.history(address)) {
      try {
        const record = decodeRecord(body)
        if (!isDeepStrictEqual(fromBytes(encodeRecord(record)), fromBytes(body))) {
          unreadable.push(
            `I8: record ${record.step} of ${name} changes when it is read and written`,
          )
        }
        records.push(record)
      } catch (thrown) {
        unreadable.push(`I8: ${name}: ${(thrown as Error).message}`)
      }
    }
  }
  return { journals, unreadable }
}

/** I2: the steps of an agent are 1, 2, 3, …, each exactly once. */
export function oneWriter(journals: Journals): string[] {
  const found: string[] = []
  for (const [name, records] of journals) {
    records.forEach(({ step: number }, index) => {
      if (number !== index + 1) found.push(`I2: ${name} has step ${number} at place ${index + 1}`)
    })
  }
  return found
}

/** I2: each state follows from the one before it by the pure step, and so do the effects. */
export function refold(journals: Journals, agents: readonly AgentDefinition[]): string[] {
  const found: string[] = []
  for (const [name, records] of journals) {
    const definition = agents.find(({ id }) => id === records[0]?.address.type)
    if (!definition) continue
    let before: StoredState | undefined
    for (const { address, atMs, event, state, outbox, step: number } of records) {
      // A bound of I9 ended it: what the machine wanted was not committed.
      if (state.snapshot.error?.name === 'LimitError') break
      const again = step(definition, before, event, { address, atMs })
      const isSame =
        JSON.stringify(again.next.snapshot) === JSON.stringify(state.snapshot) &&
        JSON.stringify(again.next.timers) === JSON.stringify(state.timers) &&
        JSON.stringify(again.effects) === JSON.stringify(outbox)
      if (!isSame) found.push(`I2: step ${number} of ${name} does not follow from the one before`)
      before = state
    }
  }
  return found
}

/** True for an input that a failed agent keeps as a letter, to take it when it is resumed. */
function isKept({ outbox }: JournalRecord): boolean {
  return outbox.some(({ kind }) => kind === 'deadLetter')
}

/** I3: no message is applied twice. To be kept twice is harmless: its letter is sent once. */
export function appliedOnce(journals: Journals): string[] {
  const found: string[] = []
  for (const [name, records] of journals) {
    const seen = new Set<string>()
    for (const { cause } of records.filter((record) => !isKept(record))) {
      if (seen.has(cause.messageId)) found.push(`I3: ${name} applied ${cause.messageId} twice`)
      seen.add(cause.messageId)
    }
  }
  return found
}

/** I5: every message that a record sends is applied by its receiver, or it came after the end. */
export function nothingLost(journals: Journals): string[] {
  const found: string[] = []
  for (const records of journals.values()) {
    for (const { address, step: number, outbox } of records) {
      for (const [index, effect] of outbox.entries()) {
        const to = effect.kind === 'send' ? effect.to : undefined
        const started = effect.kind === 'spawn' ? effect.address : undefined
        const receiver = to ?? started
        if (!receiver) continue
        const id = effectIdentity(address, number, index)
        const theirs = journals.get(formatAddress(receiver)) ?? []
        const applied = theirs.some(({ cause }) => cause.messageId === id)
        const ended = theirs.at(-1)?.state.snapshot.status !== 'active'
        const isOver = theirs.length > 0 && ended
        if (!applied && !isOver) found.push(`I5: ${id} never reached ${formatAddress(receiver)}`)
      }
    }
  }
  return found
}

/** I6: no timer fires before its deadline in true time, after it was cancelled, or not at all. */
export function timersInTime(
  journals: Journals,
  appendedAtMs: ReadonlyMap<string, number>,
): string[] {
  const found: string[] = []
  for (const [name, records] of journals) {
    const deadlines = new Map<number, number>()
    for (const record of records) {
      const { event, transitionId, outbox } = record
      if (event.kind === 'timer' && !isKept(record)) {
        const dueMs = deadlines.get(event.incarnation)
        deadlines.delete(event.incarnation)
        const atMs = appendedAtMs.get(transitionId) ?? Number.NaN
        if (dueMs === undefined) {
          found.push(`I6: ${name} took timer ${event.timerId}, which it had not set`)
        } else if (!(atMs >= dueMs)) {
          found.push(`I6: ${name} took timer ${event.timerId} ${dueMs - atMs} ms too early`)
        }
      }
      for (const effect of outbox) {
        if (effect.kind === 'schedule') deadlines.set(effect.incarnation, effect.atMs)
        if (effect.kind === 'cancel') deadlines.delete(effect.incarnation)
      }
    }
    const last = records.at(-1)
    const pending = Object.values(last?.state.timers ?? {}).length
    const isActive = last?.state.snapshot.status === 'active'
    if (isActive && pending !== deadlines.size) {
      found.push(`I6: ${name} waits for ${pending} timers, but ${deadlines.size} were set`)
    }
  }
  return found
}
