import type { AgentView, JournalRecord } from 'ashlar'
import { describeValue } from 'ashlar'
import type { DeskContext } from './desk-context.ts'
import type { DeskOutput } from './desk-machine.ts'
import type { Run } from './domain/load.ts'

/** How one conversation went. */
export interface ConversationReport {
  name: string
  title: string
  outcome: 'ended' | 'transferred' | 'stuck'
  /** The states that the desk went through. */
  path: string[]
  calls: DeskOutput['calls']
  writes: string[]
  refusals: DeskOutput['refusals']
  handover: string | null
  /** Why the outcome differs from what a scripted conversation expects. */
  surprises: string[]
}

export interface Summary {
  conversations: number
  ended: number
  transferred: number
  stuck: number
  refusals: Record<string, number>
  durationMs: number
}

export function reportOn(
  name: string,
  run: Run,
  view: AgentView<DeskContext, DeskOutput> | undefined,
  path: string[],
): ConversationReport {
  const context = view?.context
  const report: ConversationReport = {
    name,
    title: run.title ?? `task ${run.task_id}, trial ${run.trial}`,
    outcome: view?.status === 'done' ? view.output!.outcome : 'stuck',
    path,
    calls: context?.calls ?? [],
    writes: context?.writes.map(({ tool }) => tool) ?? [],
    refusals: context?.refusals ?? [],
    handover: context?.handover ?? null,
    surprises: [],
  }
  return { ...report, surprises: compare(report, run) }
}

/** The states of an agent in order; the steps inside one state count once. */
export async function pathOf(history: AsyncIterable<JournalRecord>): Promise<string[]> {
  const path: string[] = []
  for await (const { state } of history) {
    const value = describeValue(state.snapshot.value)
    if (path.at(-1) !== value) path.push(value)
  }
  return path
}

export function summarize(reports: readonly ConversationReport[], durationMs: number): Summary {
  const count = (outcome: ConversationReport['outcome']): number =>
    reports.filter((report) => report.outcome === outcome).length
  const refusals: Record<string, number> = {}
  for (const { rule } of reports.flatMap((report) => report.refusals)) {
    refusals[rule] = (refusals[rule] ?? 0) + 1
  }
  return {
    conversations: reports.length,
    ended: count('ended'),
    transferred: count('transferred'),
    stuck: count('stuck'),
    refusals: Object.fromEntries(Object.entries(refusals).toSorted(([, a], [, b]) => b - a)),
    durationMs,
  }
}

export function describeReport(report: ConversationReport): string[] {
  const lines = [
    `${report.title}: ${report.outcome}${report.handover ? ` (${report.handover})` : ''}`,
    `  path      ${report.path.join(' > ')}`,
  ]
  if (report.calls.length > 0) {
    const calls = report.calls.map(({ tool, ok }) => (ok ? tool : `${tool} (error)`))
    lines.push(`  calls     ${calls.join(', ')}`)
  }
  if (report.writes.length > 0) lines.push(`  committed ${report.writes.join(', ')}`)
  for (const { rule, layer, tool, reason } of report.refusals) {
    lines.push(`  refused   ${tool} by ${rule} (${layer}): ${reason}`)
  }
  for (const surprise of report.surprises) lines.push(`  UNEXPECTED ${surprise}`)
  return lines
}

export function describeSummary(summary: Summary): string[] {
  const { conversations, ended, transferred, stuck, refusals, durationMs } = summary
  const lines = [
    `${conversations} conversation(s): ${ended} ended, ${transferred} handed to a person, ` +
      `${stuck} stuck; ${(durationMs / 1000).toFixed(1)} s`,
  ]
  const rules = Object.entries(refusals)
  if (rules.length > 0) {
    lines.push('refusals by rule:')
    for (const [rule, count] of rules) lines.push(`  ${String(count).padStart(4)}  ${rule}`)
  }
  return lines
}

function compare(report: ConversationReport, run: Run): string[] {
  const { expect } = run
  if (!expect) return []
  const surprises: string[] = []
  const check = (what: string, expected: unknown, got: unknown): void => {
    if (JSON.stringify(expected) === JSON.stringify(got)) return
    surprises.push(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`)
  }
  check('outcome', expect.outcome, report.outcome)
  check(
    'refusals',
    expect.refusals,
    report.refusals.map(({ rule }) => rule),
  )
  check('writes', expect.writes, report.writes)
  return surprises
}
