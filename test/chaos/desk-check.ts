import { isDeepStrictEqual } from 'node:util'
import { deskMachine } from '../../examples/airline-desk/desk-machine.ts'
import type { DeskOutput } from '../../examples/airline-desk/desk-machine.ts'
import type { AirlineData, Changes } from '../../examples/airline-desk/domain/database.ts'
import { mergeChanges, noChanges, overlay } from '../../examples/airline-desk/domain/database.ts'
import { operationNamed } from '../../examples/airline-desk/domain/operations/index.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import { describeValue } from '../../src/contracts/state.ts'
import type { Finding } from './finding.ts'
import { duplicated, lost, violation } from './finding.ts'
import type { Call } from './journal-check.ts'
import { callsOf } from './journal-check.ts'
import type { Played } from './load.ts'

/** A branch of the airline's database as its store holds it. */
export interface StoredBranch {
  changes: Changes
  answers: Record<string, string>
}

/** What one run came to: the same conversation without faults must come to the same. */
export interface Outcome {
  path: string[]
  output: DeskOutput | undefined
  changes: Changes
}

/** All that is known of one run, from three sources that know nothing of each other. */
export interface Evidence {
  played: Played
  /** From the broker. */
  records: readonly JournalRecord[]
  /** From the airline's store; undefined when nothing was written. */
  branch: StoredBranch | undefined
  /** From the tool processes: idempotency key of every execution on the branch, tool by key. */
  executions: readonly { tool: string; key: string }[]
}

/** States in which a desk waits for its customer. */
const waitingStates = new Set(['listening', 'confirming'])

export function outcomeOf({ records, branch }: Pick<Evidence, 'records' | 'branch'>): Outcome {
  const path: string[] = []
  for (const { state } of records) {
    const value = describeValue(state.snapshot.value)
    if (path.at(-1) !== value) path.push(value)
  }
  const output = records.at(-1)?.state.snapshot.output as DeskOutput | undefined
  return { path, output, changes: branch?.changes ?? noChanges() }
}

/** Judges one run. `reference` is what the same conversation came to without faults. */
export function checkRun(
  evidence: Evidence,
  base: AirlineData,
  reference: Outcome | undefined,
): Finding[] {
  const { records } = evidence
  const where = `${deskMachine.id}/${evidence.played.id}`
  const calls = callsOf(records)
  return [
    ...ended(where, evidence),
    ...messagesTaken(where, evidence),
    ...executedAsAsked(where, evidence, calls),
    ...writtenAsJournaled(where, evidence, calls, base),
    ...(reference ? sameOutcome(where, outcomeOf(evidence), reference) : []),
  ]
}

/** Where an active desk waits for its customer; undefined when it waits for anything else. */
export function waitingState(records: readonly JournalRecord[]): string | undefined {
  const last = records.at(-1)
  if (!last || last.state.snapshot.status !== 'active') return undefined
  const value = describeValue(last.state.snapshot.value)
  return waitingStates.has(value) ? value : undefined
}

function ended(where: string, { records, played }: Evidence): Finding[] {
  const last = records.at(-1)
  if (!last) return [lost(where, 'it was started and has no journal')]
  const { status, error } = last.state.snapshot
  if (status === 'done') return []
  if (status !== 'active') return [violation(where, `it ended as ${status}: ${error?.message}`)]
  if (waitingState(records)) return []
  const state = describeValue(last.state.snapshot.value)
  const trouble = played.troubles.at(-1)
  return [lost(where, `it stopped in ${state}${trouble ? ` (customer: ${trouble})` : ''}`)]
}

/** I5 for what customers said: accepted means applied, unless the desk had ended. */
function messagesTaken(where: string, { records, played }: Evidence): Finding[] {
  const last = records.at(-1)
  if (last && last.state.snapshot.status !== 'active') return []
  const taken = new Set(
    records.map(({ event }) => (event.kind === 'event' ? JSON.stringify(event.event) : '')),
  )
  return played.sent
    .filter(({ outcome, event }) => outcome === 'accepted' && !taken.has(JSON.stringify(event)))
    .map(({ event }) => lost(where, `I5: the accepted ${event.type} was never taken`))
}

/** I1: nothing was executed that no record asked for; what has a result was executed. */
function executedAsAsked(where: string, { executions }: Evidence, calls: Call[]): Finding[] {
  const found: Finding[] = []
  const asked = new Map(calls.map((call) => [call.identity, call]))
  const executed = new Set<string>()
  for (const { tool, key } of executions) {
    executed.add(key)
    if (asked.get(key)?.spawn.target === tool) continue
    found.push(violation(where, `I1: ${tool} was executed for ${key}, which no record asked for`))
  }
  for (const { identity, spawn, completion } of calls) {
    if (spawn.child !== 'tool' || completion?.kind !== 'done' || executed.has(identity)) continue
    found.push(violation(where, `${identity} has a result, but ${spawn.target} was never executed`))
  }
  return found
}

/** Every write happened exactly as the journal says: the same answers, the same records. */
function writtenAsJournaled(
  where: string,
  { branch }: Evidence,
  calls: Call[],
  base: AirlineData,
): Finding[] {
  const found: Finding[] = []
  const answers = new Map(Object.entries(branch?.answers ?? {}))
  let changes = noChanges()
  for (const { identity, spawn, completion } of calls) {
    const operation = operationNamed(spawn.target ?? '')
    if (operation?.kind !== 'write') continue
    const answer = answers.get(identity)
    answers.delete(identity)
    if (completion?.kind !== 'done') {
      if (answer === undefined) continue
      const journal = completion ? `says ${completion.error.message}` : 'has no end of it'
      found.push(violation(where, `${operation.name} ${identity} happened; its journal ${journal}`))
      continue
    }
    const { arguments: given } = spawn.input as { arguments: unknown }
    const outcome = operation.run(overlay(base, changes), operation.input.parse(given))
    changes = mergeChanges(changes, outcome.changes)
    if (answer === undefined) {
      found.push(lost(where, `${operation.name} ${identity} is done, but the store has no answer`))
    } else if (answer !== completion.output) {
      found.push(duplicated(where, `${operation.name} ${identity} has two different answers`))
    } else if (answer !== outcome.text) {
      found.push(violation(where, `${operation.name} ${identity} answered not as it must`))
    }
  }
  for (const key of answers.keys()) {
    found.push(violation(where, `I1: the store has a write ${key} that no record asked for`))
  }
  if (!isDeepStrictEqual(plain(branch?.changes ?? noChanges()), plain(changes))) {
    found.push(duplicated(where, 'the stored records are not what its writes come to, each once'))
  }
  return found
}

function sameOutcome(where: string, outcome: Outcome, reference: Outcome): Finding[] {
  const found: Finding[] = []
  for (const part of ['output', 'path', 'changes'] as const) {
    const [got, expected] = [plain(outcome[part]), plain(reference[part])]
    if (isDeepStrictEqual(got, expected)) continue
    const what = `its ${part} differs from the same conversation without faults`
    found.push(violation(where, `${what}: ${firstDifference(expected, got)}`))
  }
  return found
}

function firstDifference(expected: unknown, got: unknown): string {
  const [wanted, given] = [JSON.stringify(expected) ?? '', JSON.stringify(got) ?? '']
  let at = 0
  while (at < wanted.length && wanted[at] === given[at]) at++
  const near = (text: string): string => text.slice(Math.max(0, at - 40), at + 120)
  return `expected …${near(wanted)}…, got …${near(given)}…`
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
