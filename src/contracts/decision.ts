import type * as z from 'zod'
import type { Cost } from './budget.ts'
import type { AgentEvent } from './event.ts'

/** The public face of a decision: a closed set of moves, each an event with a schema. */
export interface DecisionContract<Input = unknown, Option extends AgentEvent = AgentEvent> {
  readonly kind: 'decision'
  readonly name: string
  readonly version: string
  readonly input: z.ZodType<Input>
  /** A discriminated union on `type`: every option is an event of the deciding machine. */
  readonly options: z.ZodType<Option>
  /** The `type` of every option. */
  readonly optionTypes: readonly string[]
  readonly timeoutMs: number
  /** How often a decider may be asked again after an answer that breaks the contract. */
  readonly repairs: number
  /** How often a decider may be asked again that could not answer for the moment. */
  readonly retries: number
  /** Longest wait before it is asked again, in ms; a decider that wants more is passed over. */
  readonly retryMaxMs: number
  /** The member of the options whose text is told while it is produced. */
  readonly streams?: string
}

/** One question to a decider. */
export interface Question<Input = unknown> {
  readonly decision: string
  readonly input: Input
  /** Every option's schema, of those that are not offered too. */
  readonly options: z.ZodType<AgentEvent>
  /** The option types that the state accepts now. Nothing else counts as an answer. */
  readonly offered: readonly string[]
  readonly prompt: string
  /** What was wrong with the earlier answers of this decider, oldest first. */
  readonly complaints: readonly string[]
  readonly signal: AbortSignal
  /** Present when a text is to be told while it is produced: a member of the option, as pieces. */
  readonly stream?: { readonly member: string; readonly tell: (piece: string) => void }
}

/** A piece of a text that a decider is producing; what counts is the option that is chosen in the end. */
export interface TextPiece {
  readonly decision: string
  /** Identity of the question. */
  readonly call: string
  /** Of the question: a repeated one begins anew. */
  readonly attempt: number
  /** Position of the piece in the attempt, from 0. */
  readonly index: number
  readonly text: string
}

export interface Usage {
  inputTokens: number
  outputTokens: number
}

/**
 * Who answered, and what it took. A decider with an estimate says the `cost` when it knows it; else
 * the whole estimate counts as spent.
 */
interface Served {
  model?: string
  usage?: Usage
  cost?: Cost
}

/**
 * An answer, and so what happens next:
 * - `chosen`: a candidate option, not yet checked; `confidence` from 0 to 1;
 * - `malformed`: no candidate can be read from it (no JSON, cut off, empty); the same decider is told
 *   what was wrong and asked again, as with a candidate that breaks the contract;
 * - `unavailable`: nobody answered, but somebody may later; asked again after a wait;
 * - `refused`, `abstained`: the next decider is asked.
 */
export type Answer =
  | ({ kind: 'chosen'; option: unknown; confidence?: number } & Served)
  | ({ kind: 'malformed'; complaint: string } & Served)
  | ({ kind: 'refused'; reason: string } & Served)
  | { kind: 'unavailable'; reason: string; retryAfterMs?: number; cost?: Cost }
  | ({ kind: 'abstained'; reason: string } & Served)

/** Whether the budget lets a question be asked. */
export type Reservation =
  | { readonly granted: true }
  | { readonly granted: false; readonly reason: string }

/** What the contract says of a choice. */
export type Check = { valid: true; option: AgentEvent } | { valid: false; complaint: string }

/** What came of a question. */
export interface Asked {
  answer: Answer
  /** Of a choice. */
  check?: Check
  /** Of a decider that is not available: how long to wait. */
  waitMs?: number
  latencyMs: number
}

/** Adapters of one port: model, rules, recorded. After a throw the next decider is asked. */
export interface Decider<Input = unknown> {
  readonly name: string
  /** The most that a question may cost, for the budget. Without it the decider costs nothing. */
  estimate?(question: Omit<Question<Input>, 'signal'>): Cost
  decide(question: Question<Input>): Promise<Answer> | Answer
}

export interface Decision<
  Input = unknown,
  Option extends AgentEvent = AgentEvent,
> extends DecisionContract<Input, Option> {
  /** A pure function of the state that is asked about. */
  prompt(input: Input, offered: readonly string[]): string
  /** Asked in this order until one decides. */
  readonly deciders: readonly Decider<Input>[]
}

/** A decision of whatever input and options; see `AnyTool`. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyDecision = Decision<any, any>

/** What the journal keeps of a choice (DESIGN §7). */
export interface Provenance {
  decider: string
  model?: string
  /** Over all attempts, those of deciders that did not decide included. */
  usage?: Usage
  cost?: Cost
  confidence?: number
  promptHash: string
  attempts: number
  latencyMs: number
}

/** A decision as it was asked, and what came of it. */
export interface Decided {
  readonly decision: string
  /** The agent that asked, written `type/id`. */
  readonly agent: string
  readonly input: unknown
  readonly offered: readonly string[]
  readonly outcome: DecisionOutcome
}

export type DecisionOutcome =
  | { kind: 'decided'; option: AgentEvent; provenance: Provenance }
  /** `isExhausted`: a budget kept a decider from being asked. */
  | { kind: 'abstained'; reasons: string[]; isExhausted?: true }
