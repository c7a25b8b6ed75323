import type { AgentDefinition } from '../actors/definition.ts'
import type { Performer } from '../actors/performer.ts'
import type { Bus } from '../bus/bus.ts'

/** Where paths are played: a broker, and the production host of one agent on it. */
export interface PathGround {
  /** As messages call it. */
  readonly name: string
  /** The connection of the player, who is everybody but the host. */
  readonly bus: Bus
  /** Where time is virtual: lets the broker fire every timer up to then. */
  reach?(atMs: number): void
  /** Begins to host the agent. What `performers` are for runs in place. */
  serve(agent: AgentDefinition, performers: readonly Performer[]): Promise<void>
  /** Waits for what must come. @throws PathError when it does not */
  settle<T>(coming: Promise<T>, what: string): Promise<T>
  /** Stops the host and everything that was started for it. */
  close(): Promise<void>
}
