import type { Address } from '../contracts/address.ts'
import type { JournalRecord } from '../contracts/record.ts'
import type { AgentStatus, StateValue, StoredState } from '../contracts/state.ts'

/** What a reader sees of an agent: the last committed state. */
export interface AgentView<Context = Record<string, unknown>, Output = unknown> {
  address: Address
  /** Number of transitions so far. */
  step: number
  status: AgentStatus
  value: StateValue
  context: Context
  output: Output | undefined
  error: StoredState['snapshot']['error']
  /** Children that have not ended: what the agent waits for. */
  waitingFor: string[]
  atMs: number
}

/** What a record shows a reader. */
export function viewOf(record: JournalRecord): AgentView {
  const { snapshot, children } = record.state
  return {
    address: record.address,
    step: record.step,
    status: snapshot.status,
    value: snapshot.value,
    context: snapshot.context,
    output: snapshot.output,
    error: snapshot.error,
    waitingFor: Object.entries(children)
      .filter(([, child]) => !child.settled)
      .map(([id]) => id),
    atMs: record.atMs,
  }
}
