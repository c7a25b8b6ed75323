import type { Effect } from '../contracts/effect.ts'
import type { ErrorValue } from '../contracts/error.ts'
import { toErrorValue } from '../contracts/error.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import { describeEvent } from '../contracts/event.ts'
import type { FailureLocation } from '../contracts/location.ts'
import { isLocation } from '../contracts/location.ts'
import type { StoredState } from '../contracts/state.ts'
import type { AgentDefinition } from './definition.ts'

/** Reason of the dead letters that an agent which failed leaves; `ashlar resume` posts them again. */
export const agentFailed = 'agent-failed'

/** What the failing code threw, with where the agent was. */
export function locatedError(
  thrown: unknown,
  definition: Pick<AgentDefinition, 'id' | 'version'>,
  before: StoredState,
  event: NeutralEvent,
): ErrorValue {
  const error = toErrorValue(thrown)
  const guard = guardIn(error.message)
  const location: FailureLocation = {
    machine: definition.id,
    version: definition.version,
    state: event.kind === 'init' ? null : before.snapshot.value,
    event: describeEvent(event),
    ...(guard === undefined ? {} : { guard }),
    ...(isLocation(error.location) ? { within: error.location } : {}),
  }
  return { ...error, location }
}

/**
 * A root agent that failed: nobody above it decides, so it keeps children, timers and its last good
 * state until an operator resumes or stops it.
 */
export function keptFailure(before: StoredState, error: ErrorValue): StoredState {
  return { ...before, snapshot: { ...before.snapshot, status: 'error', error } }
}

/** True for a failed agent that can be resumed. One of an earlier build has lost its children. */
export function isKept({ snapshot, parent }: StoredState): boolean {
  return snapshot.status === 'error' && parent === undefined && isLocation(snapshot.error?.location)
}

/** False for an agent whose start failed: only another start helps it. */
export function hasBegun({ snapshot }: StoredState): boolean {
  return snapshot.error?.location?.state !== null
}

/** The state in which a failed agent was before its code threw. */
export function lastGoodState(stored: StoredState): StoredState {
  if (!hasBegun(stored)) return stored
  const { error: _error, ...snapshot } = stored.snapshot
  return { ...stored, snapshot: { ...snapshot, status: 'active' } }
}

/** What becomes of an input that a failed agent cannot take: it is kept, in its place. */
export function keptInput(): Effect {
  return { kind: 'deadLetter', reason: agentFailed }
}

/** The engine rethrows what a guard throws with the guard's name in its message. */
function guardIn(message: string): string | undefined {
  return /^Unable to evaluate guard '([^']+)' in transition/.exec(message)?.[1]
}
