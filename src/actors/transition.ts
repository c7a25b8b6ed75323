import type { Address } from '../contracts/address.ts'
import { effectIdentity } from '../contracts/effect.ts'
import { AshlarError } from '../contracts/error.ts'
import type { InboxState, JournalRecord } from '../contracts/record.ts'
import { decodeRecord } from '../contracts/record.ts'
import type { StoredState } from '../contracts/state.ts'
import type { ActorInput } from './actor-input.ts'
import type { AgentDefinition } from './definition.ts'
import { applied } from './inbox.ts'
import type { StepResult } from './step.ts'

/** What a host has in memory of an agent: its last record, and where that lies in the journal. */
export interface Loaded {
  state: StoredState | undefined
  inbox: InboxState
  step: number
  seq: number
}

/** The record of the step that an input led to. */
export function transitionRecord(
  address: Address,
  input: Omit<ActorInput, 'finished'>,
  before: Loaded,
  result: StepResult,
  commit: { atMs: number; transitionId: string },
): JournalRecord {
  const { messageId, from, mailSeq, trace, event } = input
  const step = before.step + 1
  return {
    v: 1,
    address,
    step,
    ...commit,
    cause: { messageId, from: from.name, ...(trace ? { trace } : {}) },
    event,
    handled: result.handled,
    state: identifyChildren(result, address, step),
    inbox: applied(before.inbox, { mailSeq, from, messageId }),
    outbox: result.effects,
  }
}

/**
 * Reads a record for a host of the given definition.
 * @throws AshlarError `needs-migration`, UnreadableError
 */
export function readRecord(body: Uint8Array, definition: AgentDefinition): JournalRecord {
  const record = decodeRecord(body)
  if (record.state.snapshot.status === 'active') checkVersion(record.state, definition)
  return record
}

/** @throws AshlarError `needs-migration` (paused) when the host has another version */
export function checkVersion({ machine }: StoredState, definition: AgentDefinition): void {
  if (machine.version === definition.version) return
  throw new AshlarError(
    'needs-migration',
    `it runs version ${machine.version} of ${definition.id}, this host has version ` +
      `${definition.version}; start a host with version ${machine.version}`,
    { disposition: 'paused' },
  )
}

/** Writes the identity of each spawn into the child that it started. */
function identifyChildren(result: StepResult, address: Address, stepNumber: number): StoredState {
  const children = { ...result.next.children }
  for (const [index, effect] of result.effects.entries()) {
    if (effect.kind !== 'spawn') continue
    const child = children[effect.id]
    if (child?.incarnation !== effect.incarnation) continue
    children[effect.id] = { ...child, identity: effectIdentity(address, stepNumber, index) }
  }
  return { ...result.next, children }
}
