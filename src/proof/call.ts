import type { ChildKind } from '../contracts/effect.ts'
import type { EffectClass } from '../contracts/tool.ts'
import { Table } from './table.ts'

/** One delivery of a call under way, at a state of the tool-call statechart. */
export interface Run {
  readonly form: number
  /** The intent in the ledger is its own. */
  readonly owns: boolean
  /** The intent is still the one that it found when it looked. */
  readonly sees: boolean
}

/** What is known durably of a `once` call. */
export type LedgerEntry = 'none' | 'open' | number

/** `local`: a promise or memory operation, which runs in the agent's process, at least once. */
export type EffectOf = EffectClass | 'local'

/** A tool call, decision, memory operation or promise under way. Numbers are those of tables. */
export interface Call {
  readonly owner: number
  readonly childId: string
  /** Nobody waits for its answer any more. */
  readonly orphan: boolean
  readonly kind: Exclude<ChildKind, 'agent'>
  readonly src: string
  readonly target: string
  readonly effect: EffectOf
  readonly input: number
  readonly offered: readonly string[]
  /** The queue took it; a refused call is delivered to nobody. */
  readonly queued: boolean
  /** Of tools whose calls must not simply be repeated. */
  readonly runs: readonly Run[]
  /** What the outside system keeps under the idempotency key. */
  readonly answer: number
  readonly ledger: LedgerEntry
  /** How often it took effect; 2 stands for more. */
  readonly effects: number
  /** Executions that were given up and may still take effect. */
  readonly zombies: number
  /** The completion that is under way to the agent; 0: none yet. */
  readonly reply: number
}

/** Its statechart counts: to repeat it is not always harmless. */
export function hasRuns({ kind, effect }: Pick<Call, 'kind' | 'effect'>): boolean {
  return kind === 'tool' && effect !== 'read'
}

/**
 * The same call without what nobody can see. Of an `idempotent` call that has taken effect, further
 * runs find its answer under the key. Of one that nobody waits for, all that counts is whether it may
 * still take effect: it is kept as one execution that was given up.
 */
export function withoutUnseen(call: Call, ignoresKey: boolean): Call {
  const { effect, answer, orphan, reply, runs } = call
  if (effect !== 'idempotent' || ignoresKey) return call
  if (answer > 0 && (orphan || reply > 0)) return { ...call, runs: [], zombies: 0 }
  return orphan && runs.length > 0 ? { ...call, runs: [], zombies: 1 } : call
}

/** Of a call with runs: nothing more can come of it. */
export function isOver(call: Call): boolean {
  const { runs, zombies, reply } = call
  return hasRuns(call) && runs.length === 0 && zombies === 0 && reply === 0
}

export class Calls extends Table<Call> {
  of(call: Call): number {
    const runs = call.runs
      .map(({ form, owns, sees }) => form * 4 + (owns ? 2 : 0) + (sees ? 1 : 0))
      .toSorted((a, b) => a - b)
      .join(',')
    const { owner, childId, orphan, src, input, offered, answer, ledger, effects, zombies } = call
    const flags = `${orphan ? 1 : 0}${call.queued ? 1 : 0}${effects}${zombies}`
    const key = `${owner}|${childId}|${src}|${flags}|${input}|${offered.join()}|${runs}|${answer}|${ledger}|${call.reply}`
    return this.idOf(key, () => call)
  }
}
