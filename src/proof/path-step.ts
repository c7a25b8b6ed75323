import type { AgentDefinition } from '../actors/definition.ts'
import type { StepResult } from '../actors/step.ts'
import { step } from '../actors/step.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import type { StoredState } from '../contracts/state.ts'
import { differenceOf, PathError, placeOf } from './path-difference.ts'
import { neutralOf } from './path-move.ts'
import type { MachinePath, PathStep } from './paths.ts'

/**
 * Runs a path on the pure step, state and events through JSON and frozen: the step must give what it
 * gave when the path was found, the same when it is asked again, and a state that JSON keeps.
 * @throws PathError at the first move for which that is not so
 */
export function runOnStep(definition: AgentDefinition, { steps }: MachinePath): void {
  let stored: StoredState | undefined
  for (const [index, expected] of steps.entries()) {
    const where = `${placeOf(index, expected.label)}, on the pure step`
    const event = neutralOf(stored, expected.move)
    if (!event) throw new PathError(where, 'the state does not wait for it')
    const result = foldFrozen(definition, stored, event)
    const again = foldFrozen(definition, stored, event)
    const impure = differenceBetween(result, again)
    if (impure !== undefined) {
      throw new PathError(where, `the step is not pure, asked twice it answers twice: ${impure}`)
    }
    const difference = differenceBetween(expected, result)
    if (difference !== undefined) throw new PathError(where, difference)
    if (result.stale) throw new PathError(where, 'it is taken for a late completion')
    const lost = differenceOf(result.next, throughJson(result.next), 'state')
    if (lost !== undefined) throw new PathError(where, `JSON does not keep it: ${lost}`)
    stored = result.next
  }
}

function foldFrozen(
  definition: AgentDefinition,
  stored: StoredState | undefined,
  event: NeutralEvent,
): StepResult {
  const at = { address: { type: definition.id, id: 'path' }, atMs: 0 }
  return step(
    definition,
    stored === undefined ? undefined : deepFreeze(throughJson(stored)),
    deepFreeze(throughJson(event)),
    at,
  )
}

function differenceBetween(
  expected: Pick<PathStep, 'next' | 'effects' | 'handled'>,
  got: StepResult,
): string | undefined {
  return (
    differenceOf(expected.next.snapshot, got.next.snapshot, 'snapshot') ??
    differenceOf(expected.effects, got.effects, 'effects') ??
    differenceOf(expected.next, got.next, 'state') ??
    differenceOf(expected.handled, got.handled, 'handled')
  )
}

/** What a process reads that did not write it. */
export function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

/** So that code which changes what it was given throws. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
