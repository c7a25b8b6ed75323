/**
 * Guard for the `onError` branch of an invoked decision: true when a budget kept a decider from being
 * asked. Register it under a name of your own.
 */
export function budgetExhausted({ event }: { event: { type: string } }): boolean {
  const { error } = event as { error?: { kind?: unknown; isExhausted?: unknown } }
  return error?.kind === 'abstained' && error.isExhausted === true
}
