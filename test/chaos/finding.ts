/**
 * Something that must not be. `lost`: a run or a message that nothing will ever continue;
 * `duplicated`: something that took effect twice; `violation`: any other broken promise.
 */
export interface Finding {
  kind: 'lost' | 'duplicated' | 'violation'
  /** The agent, or what else it is about. */
  where: string
  what: string
}

export function lost(where: string, what: string): Finding {
  return { kind: 'lost', where, what }
}

export function duplicated(where: string, what: string): Finding {
  return { kind: 'duplicated', where, what }
}

export function violation(where: string, what: string): Finding {
  return { kind: 'violation', where, what }
}
