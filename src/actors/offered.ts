import type { AnyMachineSnapshot, EventObject } from 'xstate'
import { enabledTransitions } from './scope.ts'

/**
 * The option types that the present state accepts. A guard that looks only at the context decides
 * here. A guard that reads the option's payload cannot be decided before the option is chosen, so
 * the option is offered and the guard decides when it arrives.
 */
export function offeredOptions(snapshot: AnyMachineSnapshot, types: readonly string[]): string[] {
  return types.filter((type) => mayAccept(snapshot, type))
}

function mayAccept(snapshot: AnyMachineSnapshot, type: string): boolean {
  let readsPayload = false
  const probe = new Proxy({ type } as EventObject, {
    get(target, member) {
      if (member !== 'type') readsPayload = true
      return Reflect.get(target, member) as unknown
    },
    has: () => ((readsPayload = true), false),
    ownKeys: () => ((readsPayload = true), ['type']),
  })
  try {
    return enabledTransitions(snapshot, probe).length > 0 || readsPayload
  } catch {
    // The guard stumbled over the missing payload; its verdict needs the real option.
    return true
  }
}
