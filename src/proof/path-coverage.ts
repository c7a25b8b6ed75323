import type { StoredState } from '../contracts/state.ts'
import type { Declared, Taken } from './instrument.ts'
import type { Move } from './path-move.ts'

/** How much of something was seen. */
export interface Covered {
  readonly total: number
  readonly seen: number
  readonly missed: readonly string[]
}

/** What the paths of a machine go through. */
export interface Coverage {
  readonly states: Covered
  readonly transitions: Covered
  /** Each guard counts twice: it held, and it did not. */
  readonly guards: Covered
  /** Options of decisions, each chosen. */
  readonly options: Covered
}

export type CoverageKind = keyof Coverage

/** What one move of a path went through. */
interface Passed {
  readonly move: Move
  readonly before: StoredState | undefined
  readonly taken: Taken
}

export function coverageFrom(declared: Declared, passed: Iterable<Passed>): Coverage {
  const states = new Set<string>()
  const transitions = new Set<string>()
  const guards = new Set<string>()
  const options = new Set<string>()
  for (const { move, before, taken } of passed) {
    for (const name of taken.states) states.add(name)
    for (const name of taken.transitions) transitions.add(name)
    for (const name of guardsOf(taken)) guards.add(name)
    const option = optionOf(move, before)
    if (option !== undefined) options.add(option)
  }
  return {
    states: compare(declared.states, states),
    transitions: compare(declared.transitions, transitions),
    guards: compare(declared.guards.flatMap(bothWays), guards),
    options: compare(declared.options, options),
  }
}

/** How guards decided, by the names that are counted. */
export function guardsOf({ held, refused }: Taken): string[] {
  return [...held.map((name) => bothWays(name)[0]!), ...refused.map((name) => bothWays(name)[1]!)]
}

/** The option that a move chooses, as it is declared. */
export function optionOf(move: Move, before: StoredState | undefined): string | undefined {
  if (move.kind !== 'done') return undefined
  const child = before?.children[move.child]
  if (child?.child !== 'decision') return undefined
  return `${child.src}: ${(move.output as { type: string }).type}`
}

/** Whole percents, rounded down, so that 100 means all. */
export function percentOf({ total, seen }: Covered): number {
  return total === 0 ? 100 : Math.floor((seen * 100) / total)
}

/** One line per kind, as a table. */
export function coverageTable(coverage: Coverage): string[] {
  return coverageKinds.map((kind) => {
    const covered = coverage[kind]
    const count = `${covered.seen} of ${covered.total}`
    return `${kind.padEnd(12)}${count.padStart(14)}${`${percentOf(covered)} %`.padStart(8)}`
  })
}

export const coverageKinds: readonly CoverageKind[] = ['states', 'transitions', 'guards', 'options']

function bothWays(guard: string): string[] {
  return [`${guard} (the guard holds)`, `${guard} (the guard does not hold)`]
}

function compare(declared: readonly string[], seen: ReadonlySet<string>): Covered {
  const missed = declared.filter((name) => !seen.has(name))
  return { total: declared.length, seen: declared.length - missed.length, missed }
}
