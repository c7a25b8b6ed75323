import type { LimitError } from '../contracts/error.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import type { StoredState } from '../contracts/state.ts'
import type { StepContext } from './decode.ts'
import type { AgentDefinition } from './definition.ts'
import { keptFailure, keptInput, locatedError } from './failure.ts'
import type { StepResult } from './step.ts'
import { step } from './step.ts'

/** How an agent fails that passed a bound (I9): as if its machine had thrown. */
export function failedBy(
  thrown: LimitError,
  definition: AgentDefinition,
  before: StoredState,
  event: NeutralEvent,
  at: StepContext,
): StepResult {
  const error = locatedError(thrown, definition, before, event)
  if (!before.parent) {
    const next = keptFailure(before, error)
    return { next, effects: [keptInput()], handled: true, stale: false }
  }
  const stop = step(definition, before, { kind: 'stop' }, at)
  const snapshot = { ...stop.next.snapshot, status: 'error' as const, error }
  const effects = stop.effects.map((effect) =>
    effect.kind === 'terminate' ? { ...effect, status: 'error' as const, error } : effect,
  )
  return { ...stop, next: { ...stop.next, snapshot }, effects }
}

/** What broke a bound is not kept, or the record of the failure would break it as well. */
export function withoutPayload(event: NeutralEvent): NeutralEvent {
  switch (event.kind) {
    case 'event':
      return { kind: 'event', event: { type: event.event.type } }
    case 'init': {
      const { input: _input, ...kept } = event
      return kept
    }
    case 'done': {
      const { output: _output, ...kept } = event
      return kept
    }
    case 'error':
      return { ...event, error: { name: event.error.name, message: 'left out: too large' } }
    case 'timer':
    case 'stop':
    case 'resume':
      return event
  }
}

/** An agent that failed before its first state was stored: nothing that it asked for began. */
export function neverBegun(state: StoredState): StoredState {
  return { ...state, snapshot: { ...state.snapshot, context: {} }, children: {}, timers: {} }
}
