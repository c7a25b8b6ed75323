/** What every adapter offers to the measurement. */
export interface Peer {
  /** Whether a step is on disk, not only with the operating system, before the next one starts. */
  syncedPerStep: boolean
  /** One whole run of the agent loop; resolves with its output. */
  run(n: number): Promise<unknown>
  /** Rejects unless the peer's own store knows exactly `count` finished runs. */
  verify(count: number): Promise<void>
  close(): Promise<void>
}

/** Opens a peer that keeps all of its data in `dir`. */
export type OpenPeer<Variant extends string> = (variant: Variant, dir: string) => Promise<Peer>

export function assertFinished(found: number, expected: number): void {
  if (found !== expected) {
    throw new Error(`its store has ${found} finished runs, ${expected} were expected`)
  }
}
