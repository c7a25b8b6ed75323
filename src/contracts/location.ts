import type { StateValue } from './state-value.ts'
import { describeValue } from './state-value.ts'

/** Where an agent was when its own code threw, or when an error of a child met no handler. */
export interface FailureLocation {
  machine: string
  version: string
  /** The state that it was in; null: it had none yet, its start failed. */
  state: StateValue | null
  /** What it was taking, as {@link describeEvent} calls it: `CONFIRM`, `done: lookUp`, `init`. */
  event: string
  /** The guard that threw, where the engine names it. */
  guard?: string
  /** Where the child was whose error nobody handled. */
  within?: FailureLocation
}

/** `in state serving.confirm of desk@1, taking CONFIRM`, and where a child of it was. */
export function describeLocation(location: FailureLocation): string {
  const { machine, version, state, event, guard, within } = location
  const where = state === null ? 'before its first state' : `in state ${describeValue(state)}`
  const by = guard === undefined ? '' : `, in guard ${guard}`
  const below = within ? `; its child ${describeLocation(within)}` : ''
  return `${where} of ${machine}@${version}, taking ${event}${by}${below}`
}

/** The message of an error, and where it was thrown when it says so. */
export function describeError(error: { message: string; location?: FailureLocation }): string {
  return error.location ? `${error.message} (${describeLocation(error.location)})` : error.message
}

/** True for a location that a failure of ours carries. */
export function isLocation(value: unknown): value is FailureLocation {
  if (typeof value !== 'object' || value === null) return false
  const { machine, version, event, state } = value as Partial<FailureLocation>
  return [machine, version, event].every((part) => typeof part === 'string') && state !== undefined
}
