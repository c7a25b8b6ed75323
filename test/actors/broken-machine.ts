import type { AnyStateMachine } from 'xstate'
import { setup } from 'xstate'
import { RegistrationError } from '../../src/actors/checks.ts'
import { defineAgent } from '../../src/actors/definition.ts'

/** Builds a machine from what a JavaScript user could write, whether it has the right types or not. */
export function build(config: object, implementations: object = {}): AnyStateMachine {
  const { createMachine } = setup(implementations as never)
  return createMachine({ id: 'm', ...config } as never) as unknown as AnyStateMachine
}

/** Why the machine is refused, or undefined when it is registered. */
export function refusal(
  machine: AnyStateMachine,
  sideEffects: string[] = [],
): RegistrationError | undefined {
  try {
    defineAgent({ machine, sideEffects })
    return undefined
  } catch (thrown) {
    if (thrown instanceof RegistrationError) return thrown
    throw thrown
  }
}
