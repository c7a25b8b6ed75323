import { hashJson } from 'ashlar'
import type { Act, Line } from './contracts.ts'
import type { Facts } from './domain/policy/index.ts'

export interface DeskInput {
  /** Branch of the airline's database to work on. */
  branch: string
  /** A recorded conversation to replay, if any. */
  recording?: string | null
}

/** A refusal, and what it is attributed to. */
export interface Refusal {
  rule: string
  /** The layer that refused. */
  layer: 'orchestration' | 'tool'
  tool: string
  reason: string
}

export interface DeskContext {
  branch: string
  recording: string | null
  /** Messages of the customer so far. */
  turn: number
  customerSaid: string[]
  /** The identified customer. */
  customer: string | null
  /** What is remembered of the customer from earlier conversations. */
  remembered: string[]
  /** Moves chosen so far, in all and since the customer last spoke. */
  moves: number
  movesThisTurn: number
  lines: Line[]
  act: Act | null
  facts: Facts | null
  /** What the customer is asked to confirm: the exact write, by its canonical hash. */
  confirmation: { hash: string; number: number; text: string } | null
  /** Hash of the write that the customer agreed to. */
  agreed: string | null
  reply: string | null
  refusals: Refusal[]
  calls: { tool: string; ok: boolean }[]
  writes: { tool: string; arguments: Record<string, unknown> }[]
  /** Why the conversation was handed to a person. */
  handover: string | null
}

/** A conversation that runs this long without the customer speaking goes to a person. */
export const movesPerTurnMax = 40

const keptLines = 12
const keptCharacters = 800

export function initialContext(input: DeskInput): DeskContext {
  return {
    branch: input.branch,
    recording: input.recording ?? null,
    turn: 0,
    customerSaid: [],
    customer: null,
    remembered: [],
    moves: 0,
    movesThisTurn: 0,
    lines: [],
    act: null,
    facts: null,
    confirmation: null,
    agreed: null,
    reply: null,
    refusals: [],
    calls: [],
    writes: [],
    handover: null,
  }
}

/** The conversation with one more line, the oldest dropped and long ones cut. */
export function withLine(lines: Line[], from: Line['from'], text: string): Line[] {
  const cut = text.length > keptCharacters ? `${text.slice(0, keptCharacters)}…` : text
  return [...lines, { from, text: cut }].slice(-keptLines)
}

/** The canonical hash of a write: what is confirmed is exactly what is executed. */
export function hashAct(act: Act): string {
  return hashJson({ name: act.name, arguments: act.arguments })
}

export function describeAct(act: Act): string {
  return `${act.name} ${JSON.stringify(act.arguments)}`
}
