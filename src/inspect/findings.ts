import { storeOutage } from '../contracts/error.ts'
import type { ErrorValue } from '../contracts/error.ts'
import type { JournalRecord } from '../contracts/record.ts'
import type { StoredChild } from '../contracts/state.ts'
import type { Layer, Verdict } from '../contracts/verdict.ts'
import { isVerdict, readVerdict } from '../contracts/verdict.ts'

/** Something that was not as its contract, rule or expectation says. */
export interface Finding extends Verdict {
  ok: false
}

/**
 * Everything that broke in a run, in the order of the journal, then what was found afterwards. The
 * first is what to look at: what came later may be its consequence.
 */
export function findingsOf(
  records: readonly JournalRecord[],
  later: readonly Verdict[] = [],
): Finding[] {
  const found: Finding[] = []
  for (const [index, record] of records.entries()) {
    found.push(...inRecord(record, records[index - 1]))
  }
  const after = later.flatMap((one) => (one.ok ? [] : [{ ...one, ok: false as const }]))
  return [...found, ...after].toSorted((a, b) => at(a) - at(b))
}

function at({ step = Number.POSITIVE_INFINITY }: Finding): number {
  return step
}

function inRecord(record: JournalRecord, before: JournalRecord | undefined): Finding[] {
  const own = emitted(record)
  // The machine itself knows best whom a failed call is to be blamed on.
  if (own.length > 0) return own
  return [...failedCall(record, before), ...failedAgent(record), ...deadLetters(record)]
}

function emitted({ outbox, step }: JournalRecord): Finding[] {
  return outbox.flatMap((effect) => {
    if (effect.kind !== 'emit' || !isVerdict(effect.event)) return []
    const verdict = readVerdict(effect.event)
    return verdict && !verdict.ok ? [{ step, ...verdict, ok: false as const }] : []
  })
}

function failedCall(record: JournalRecord, before: JournalRecord | undefined): Finding[] {
  const { event, step } = record
  if (event.kind !== 'error') return []
  const child = before?.state.children[event.childId]
  if (!child || child.incarnation !== event.incarnation) return []
  const component = child.target ?? child.src
  return [{ ...blame(child, event.error), component, ok: false, reason: event.error.message, step }]
}

/** Whom a failed call is to be blamed on, and what it did not keep. */
function blame(child: StoredChild, error: ErrorValue): { layer: Layer; expectation: string } {
  if (isOutage(error)) return { layer: 'infrastructure', expectation: 'the store answers' }
  switch (child.child) {
    case 'tool':
      // The arguments are what the caller made.
      return error['kind'] === 'rejected'
        ? { layer: 'orchestration', expectation: 'arguments that the tool takes' }
        : { layer: 'tool', expectation: 'an answer' }
    case 'decision':
      return { layer: 'decision', expectation: 'a choice' }
    case 'memory':
      return { layer: 'memory', expectation: 'an answer' }
    case 'promise':
    case 'agent':
      return { layer: 'orchestration', expectation: 'a result' }
  }
}

function isOutage(error: ErrorValue): boolean {
  const cause = error['cause'] as ErrorValue | undefined
  return error.code === storeOutage || cause?.code === storeOutage
}

function failedAgent({ state, step, address }: JournalRecord): Finding[] {
  const { status, error } = state.snapshot
  if (status !== 'error') return []
  const reason = error?.message ?? 'it ended in error'
  const expectation = 'a machine that does not throw'
  return [{ layer: 'orchestration', component: address.type, expectation, ok: false, reason, step }]
}

function deadLetters({ outbox, step, address }: JournalRecord): Finding[] {
  return outbox.flatMap((effect) =>
    effect.kind === 'deadLetter'
      ? [
          {
            layer: 'orchestration' as const,
            component: address.type,
            expectation: 'every message is taken',
            ok: false as const,
            reason: effect.reason,
            step,
          },
        ]
      : [],
  )
}
