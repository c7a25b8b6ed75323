import type { Performer } from '../actors/performer.ts'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../contracts/clock.ts'
import type { AnyDecision } from '../contracts/decision.ts'
import type { Ids } from '../contracts/ids.ts'
import type { AnyTool } from '../contracts/tool.ts'

/** The connection of one process. */
export interface Connection {
  readonly bus: Bus
  /** Ends it as a crash of the process would: what the process holds goes to others. */
  drop(): Promise<void>
}

/** Where the statechart of a call asks before it goes on. */
export interface CallProbes {
  /** Of the statechart; it moves only when the trace says that a timer fires. */
  readonly clock: Clock
  /** Why the breaker lets nothing through; undefined: it does. */
  refusal(): string | undefined
  /** Around an access to the ledger of effects. */
  around<T>(step: 'recordIntent' | 'recordOutcome', run: () => Promise<T>): Promise<T>
}

/** Where traces are played: a broker, and processes on it that begin and die. */
export interface TraceGround {
  /** As messages call it. */
  readonly name: string
  /** Of everybody but the agents' host. */
  readonly clock: Clock
  /** Of the agents' host: so far ahead that none of their timers fires by itself. */
  readonly hostClock: Clock
  readonly ids: Ids
  /** `host`: hears of no other host and so takes over at once what a dead one has left. */
  connect(role: 'player' | 'host' | 'worker'): Promise<Connection>
  /** The production code of a tool process. */
  toolPerformer(tool: AnyTool, bus: Bus, probes: CallProbes): Performer
  /** The production code of a decision process. */
  decisionPerformer(decision: AnyDecision, bus: Bus, probes: CallProbes): Performer
  /** The cell's memory. */
  memoryPerformers(bus: Bus): readonly Performer[]
  /** Waits for what must come. @throws DivergedError when it does not */
  settle<T>(coming: Promise<T>, what: string): Promise<T>
  /** Lets the broker see so much time go by, where time does not go by itself. */
  pass(ms: number): void
  /** Removes the broker if it was started for this. */
  close(): Promise<void>
}
