/**
 * Guard for the `onError` branch that every invoke of a `once` tool must have: true when it is not
 * known whether the call took effect. Register it under the name `inDoubt`.
 */
export function inDoubt({ event }: { event: { type: string } }): boolean {
  const { error } = event as { error?: { kind?: unknown } }
  return error?.kind === 'inDoubt'
}
