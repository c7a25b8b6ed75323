import { hashJson } from 'ashlar'
import type { Act, Line } from './contracts.ts'
import type { Facts } from './domain/policy/index.ts'
import type { Payment } from './domain/records.ts'
import { dumps } from './domain/python-text.ts'

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
  /** How often the customer was asked to confirm something. */
  confirmations: number
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

/** About 10,000 tokens of a conversation, and never more than a fifth of that in one line. */
const keptCharacters = 40_000
const lineMaxCharacters = 8_000

/** How the reason for a handover begins when a call has failed. */
export const failedCall = 'infrastructure: '

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
    confirmations: 0,
    agreed: null,
    reply: null,
    refusals: [],
    calls: [],
    writes: [],
    handover: null,
  }
}

/** The conversation with one more line; the oldest are dropped when it is too long. */
export function withLine(lines: Line[], line: Line): Line[] {
  const all = [...lines, { ...line, text: shorten(line.text) }]
  let size = 0
  let first = all.length
  while (first > 0 && (size += all[first - 1]!.text.length) <= keptCharacters) first--
  return all.slice(Math.min(first, all.length - 1))
}

/** A list loses its last items, so that what is left can still be read as JSON. */
function shorten(text: string): string {
  if (text.length <= lineMaxCharacters) return text
  const kept: unknown[] = []
  let size = 0
  for (const item of listOf(text)) {
    size += dumps(item).length + 2
    if (size > lineMaxCharacters) break
    kept.push(item)
  }
  return kept.length > 0 ? dumps(kept) : `${text.slice(0, lineMaxCharacters)}…`
}

function listOf(text: string): unknown[] {
  try {
    const value = JSON.parse(text) as unknown
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

/**
 * The canonical hash of a write and of what it costs: what is confirmed is exactly what is executed.
 */
export function hashAct(act: Act, charges: readonly Payment[]): string {
  return hashJson({ name: act.name, arguments: act.arguments, charges: [...charges] })
}
