import { changedIn } from '../../examples/airline-desk/adversary/attribution.ts'
import type { Changed } from '../../examples/airline-desk/adversary/gold.ts'
import type {
  AirlineData,
  AirlineView,
  Changes,
} from '../../examples/airline-desk/domain/database.ts'
import { mergeChanges, noChanges, overlay } from '../../examples/airline-desk/domain/database.ts'
import type { Run } from '../../examples/airline-desk/domain/load.ts'
import type { Outcome } from '../../examples/airline-desk/domain/operations/index.ts'
import { operationNamed } from '../../examples/airline-desk/domain/operations/index.ts'
import type { Proposal, Verdict } from '../../examples/airline-desk/domain/policy/index.ts'
import { gatherFacts, judge } from '../../examples/airline-desk/domain/policy/index.ts'

/** Validates a call's arguments, hands on what the schema returns, and runs it. */
export function perform(view: AirlineView, call: Proposal): Outcome {
  const operation = operationNamed(call.name)
  if (!operation) throw new Error(`no operation ${call.name}`)
  return operation.run(view, operation.input.parse(call.arguments))
}

/** One replayed call: what the policy says and what the tool answers if it may run. */
export interface Step {
  call: Proposal & { id?: string }
  kind: 'read' | 'write'
  verdict: Verdict
  text: string
}

/** A conversation in progress: the changes so far and what the customer has said. */
export class Replay {
  readonly #data: AirlineData
  readonly #guarded: boolean
  readonly said: string[] = []
  readonly steps: Step[] = []
  changes: Changes = noChanges()

  constructor(data: AirlineData, guarded: boolean) {
    this.#data = data
    this.#guarded = guarded
  }

  /** Judges a call, and runs it unless this replay is guarded and the call is refused. */
  call(call: Step['call']): Step {
    const verdict = judge(call, gatherFacts(this.#data, this.changes, call, [...this.said]))
    const kind = operationNamed(call.name)?.kind ?? 'read'
    const outcome = perform(overlay(this.#data, this.changes), call)
    const step = { call, kind, verdict, text: outcome.text }
    this.steps.push(step)
    if (verdict.allowed || !this.#guarded) {
      this.changes = mergeChanges(this.changes, outcome.changes)
    }
    return step
  }

  /** Replays every message of a run in order. */
  run(run: Run): this {
    for (const message of run.messages) {
      if (message.role === 'user') this.said.push(message.content ?? '')
      for (const call of message.tool_calls ?? []) this.call(call)
    }
    return this
  }

  /** The records that differ from the database, in the benchmark's form. */
  changed(): Changed {
    return changedIn(this.#data, this.changes)
  }
}

/** How often each rule refused, over several replays. */
export function refusals(steps: Step[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { verdict } of steps) {
    if (!verdict.allowed) counts[verdict.rule] = (counts[verdict.rule] ?? 0) + 1
  }
  return counts
}
