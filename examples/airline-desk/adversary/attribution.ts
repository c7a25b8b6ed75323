import { isDeepStrictEqual } from 'node:util'
import type { Verdict } from 'ashlar'
import type { AirlineData, Changes } from '../domain/database.ts'
import type { Audited, AuditedPlay } from './audit.ts'
import { isForbidden, isWronglyRefused } from './audit.ts'
import type { Changed } from './gold.ts'

export const layers = [
  'decision',
  'orchestration',
  'tool',
  'memory',
  'infrastructure',
  'legal-but-wrong',
] as const
export type Layer = (typeof layers)[number]

/** Which component broke a rule, a contract or an expectation first, and where that can be seen. */
export interface Attribution {
  layer: Layer
  component: string
  /** What was broken. */
  expectation: string
  reason: string
  /** The transition of the journal that shows it. */
  step?: number
  /** The desk has noticed it itself, and the journal says so. */
  isInJournal?: true
}

/**
 * Why a run failed. The layers are asked in the order in which they answer for a run: first whether
 * the desk itself did wrong, then whether the decision wanted what it must not, and last whether all
 * of it was legal and yet not what the customer needed.
 */
export function attribute(played: AuditedPlay, base: AirlineData, expected: Changed): Attribution {
  return (
    deskFault(played) ??
    decisionFault(played) ??
    legalButWrong(played, changedIn(base, played.changes), expected)
  )
}

/** The same for the story of the run. A legal move that was wrong is the decision's. */
export function verdictOn(attribution: Attribution): Verdict {
  const { layer, component, expectation, reason, step, isInJournal } = attribution
  if (isInJournal) return solved(false)
  const isLegal = layer === 'legal-but-wrong'
  return {
    layer: isLegal ? 'decision' : layer,
    component,
    expectation: isLegal ? `legal, but wrong: ${expectation}` : expectation,
    ok: false,
    reason,
    noticedBy: 'benchmark',
    ...(step === undefined ? {} : { step }),
  }
}

/** What the benchmark's judge said of the recorded conversation. */
export function solved(ok: boolean): Verdict {
  const reason = `The benchmark judged the recorded conversation ${ok ? 'solved' : 'failed'}.`
  const by = { component: 'next_move', noticedBy: 'benchmark' }
  return { layer: 'decision', expectation: 'solved', ok, reason, ...by }
}

function deskFault({ audited, outcome, failure }: AuditedPlay): Attribution | undefined {
  if (failure !== undefined) {
    return { layer: 'tool', component: 'airline-tools', expectation: 'an answer', reason: failure }
  }
  if (outcome === 'stuck') {
    const reason = 'The conversation came to no end.'
    return { layer: 'infrastructure', component: 'runtime', expectation: 'every run ends', reason }
  }
  const wrong = audited.find((one) => isForbidden(one) || isWronglyRefused(one))
  if (!wrong) return undefined
  const what = isForbidden(wrong) ? 'was executed although' : 'was refused although'
  const why = isForbidden(wrong) ? 'the policy forbids it' : 'the policy allows it'
  return {
    layer: 'orchestration',
    component: 'airline-desk',
    expectation: wrong.refusal?.rule ?? 'policy',
    reason: `${describe(wrong)} ${what} ${why}.`,
    step: wrong.step,
  }
}

function decisionFault({ audited }: AuditedPlay): Attribution | undefined {
  const first = audited.find(({ result }) => result === 'refused' || result === 'error')
  if (!first) return undefined
  const { refusal, step, answer = 'the tool turned it down' } = first
  return {
    layer: 'decision',
    component: 'next_move',
    expectation: refusal?.rule ?? 'arguments that the tool accepts',
    reason: `${describe(first)}: ${refusal?.reason ?? answer}`,
    step,
    ...(refusal ? { isInJournal: true as const } : {}),
  }
}

function legalButWrong({ audited }: AuditedPlay, got: Changed, expected: Changed): Attribution {
  const differing = firstDifference(got, expected)
  const last = audited.findLast(({ result }) => result === 'committed')
  const reason = differing
    ? `Every write was legal, but ${differing}.`
    : 'The database is as expected; what the customer was told is not what the task asked for.'
  return {
    layer: 'legal-but-wrong',
    component: 'next_move',
    expectation: differing ? 'the database of the reference' : 'what is to be said',
    reason,
    ...(last ? { step: last.step } : {}),
  }
}

function describe({ act }: Audited): string {
  return `${act.name} ${JSON.stringify(act.arguments)}`
}

/** The records that differ from the database, in the benchmark's form. */
export function changedIn(base: AirlineData, changes: Changes): Changed {
  const changed: Record<string, Record<string, unknown>> = {}
  for (const table of ['users', 'reservations'] as const) {
    for (const [id, record] of Object.entries(changes[table])) {
      if (isDeepStrictEqual(record, base[table][id])) continue
      changed[table] = { ...changed[table], [id]: record }
    }
  }
  return changed
}

function firstDifference(got: Changed, expected: Changed): string | undefined {
  for (const table of ['reservations', 'users']) {
    const [ours, theirs] = [got[table] ?? {}, expected[table] ?? {}]
    for (const id of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
      if (!(id in ours)) return `${table} ${id} should have been changed and was not`
      if (!(id in theirs)) return `${table} ${id} was changed and should not have been`
      if (!isDeepStrictEqual(ours[id], theirs[id])) return `${table} ${id} was changed otherwise`
    }
  }
  return undefined
}
