import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import type { JournalRecord } from '../contracts/record.ts'
import type { AgentStatus } from '../contracts/state.ts'
import type { Verdict } from '../contracts/verdict.ts'
import type { Finding } from './findings.ts'
import { findingsOf } from './findings.ts'
import type { Scene } from './story.ts'
import { storyOf } from './story.ts'

/** What happened in one run, whether it was as it should be, and what broke first. */
export interface Explanation {
  agent: string
  machine: { id: string; version: string; hash: string }
  status: AgentStatus
  story: Scene[]
  /** Expectations that were met, as far as somebody has said so. */
  met: Verdict[]
  findings: Finding[]
  /** The first component that broke its contract, a rule or an expectation. */
  first: Finding | undefined
  /** Commands that show it again. */
  again: string[]
}

/** Explains a run from its journal. `records` are all of them, oldest first, and at least one. */
export function explain(
  address: Address,
  records: readonly JournalRecord[],
  verdicts: readonly Verdict[],
): Explanation {
  const last = records.at(-1)!
  const findings = findingsOf(records, verdicts)
  const first = findings[0]
  return {
    agent: formatAddress(address),
    machine: last.state.machine,
    status: last.state.snapshot.status,
    story: storyOf(records),
    met: verdicts.filter(({ ok }) => ok),
    findings,
    first,
    again: againOf(formatAddress(address), records, first),
  }
}

function againOf(
  agent: string,
  records: readonly JournalRecord[],
  first: Finding | undefined,
): string[] {
  const show = `ashlar show ${agent} --context`
  if (first?.layer !== 'decision') return [show]
  const asked = askedBefore(records, first.step ?? Number.POSITIVE_INFINITY)
  if (asked === undefined) return [show]
  return [`ashlar decide ${agent} --step ${asked} --module <module of the decision>`, show]
}

/** The transition that asked for the decision of which the outcome is blamed. */
function askedBefore(records: readonly JournalRecord[], step: number): number | undefined {
  const asks = records.filter(
    (record) =>
      record.step < step &&
      record.outbox.some((effect) => effect.kind === 'spawn' && effect.child === 'decision'),
  )
  return asks.at(-1)?.step
}
