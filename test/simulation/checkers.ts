import { collect } from '../bus/harness.ts'
import {
  appliedOnce,
  nothingLost,
  oneWriter,
  readJournals,
  refold,
  timersInTime,
} from './journals.ts'
import type { Result, Scenario } from './simulation.ts'

/** Says which invariant of DESIGN §4 a run broke, and where. Empty: none. */
export async function violations(result: Result, scenario: Scenario): Promise<string[]> {
  const { witness, bus } = result
  if (!result.finished) {
    return [...witness.alarms, `stuck after ${result.turns} turns: ${result.trace.at(-1) ?? ''}`]
  }
  const { journals, unreadable } = await readJournals(bus)
  return [
    ...witness.alarms,
    ...unreadable,
    ...oneWriter(journals),
    ...refold(journals, scenario.agents),
    ...appliedOnce(journals),
    ...nothingLost(journals),
    ...timersInTime(journals, witness.appendedAtMs),
    ...(await unexplained(result)),
    ...(await scenario.check(result)),
  ]
}

/** I5: a message that nobody took is a finding, unless its receiver ended or failed first. */
async function unexplained({ bus }: Result): Promise<string[]> {
  const letters = await collect(bus.deadLetters.list())
  return letters
    .filter(({ reason }) => reason !== 'agent-ended' && reason !== 'agent-failed')
    .map(({ target, messageId, reason }) => `I5: dead letter ${messageId} for ${target}: ${reason}`)
}

/** The name of a violation's invariant, such as `I3`, or its first word. */
export function classOf(violation: string): string {
  return /^\w+/.exec(violation)?.[0] ?? violation
}
