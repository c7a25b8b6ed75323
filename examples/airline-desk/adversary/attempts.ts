import type { JournalRecord } from 'ashlar'
import type { Act, Move } from '../contracts.ts'
import { writeNames } from '../contracts.ts'
import type { DeskContext, Refusal } from '../desk-context.ts'
import type { Recording } from '../recording.ts'

/** A write that the model wanted, and what became of it. */
export interface Attempt {
  act: Act
  /** The transition of the journal in which the model chose it. */
  step: number
  /** What the customer had said to the desk by then. */
  customerSaid: string[]
  /** What the desk put to the customer before it was made, if anything. */
  shown?: string
  /** The customer's last recorded message before the model chose it. */
  lastSaid: string
  /** `error`: the tool turned it down; `lost`: the conversation ended before anything happened. */
  result: 'committed' | 'refused' | 'error' | 'lost'
  refusal?: Refusal
  /** Of a tool that turned it down: what it said. */
  answer?: string
}

type Context = Pick<DeskContext, 'moves' | 'customerSaid' | 'calls' | 'writes'> &
  Partial<Pick<DeskContext, 'refusals' | 'confirmation'>>

/** Reads from an agent's journal which writes were wanted, in order. */
export async function attemptsOf(
  history: AsyncIterable<JournalRecord>,
  recording: Recording,
): Promise<Attempt[]> {
  const attempts: Attempt[] = []
  let open: { attempt: Attempt; before: Context } | undefined
  let last: Context | undefined
  for await (const record of history) {
    const context = record.state.snapshot.context as unknown as Context
    const act = proposedIn(record)
    if (act) {
      const { customerSaid, moves } = context
      const lastSaid = recording.beforeMove[moves - 1] ?? ''
      const attempt: Attempt = { act, step: record.step, customerSaid, lastSaid, result: 'lost' }
      // A refusal may be part of the same transition, so what was before counts.
      open = { attempt, before: last ?? context }
      attempts.push(attempt)
    }
    if (open && context.confirmation) open.attempt.shown = context.confirmation.text
    if (open && settle(open.attempt, open.before, context, record)) open = undefined
    last = context
  }
  return attempts
}

function settle(
  attempt: Attempt,
  before: Context,
  now: Context,
  { event }: JournalRecord,
): boolean {
  const refusal = now.refusals?.[before.refusals?.length ?? 0]
  if (refusal) Object.assign(attempt, { result: 'refused', refusal })
  else if (now.writes.length > before.writes.length) attempt.result = 'committed'
  else if (now.calls.length > before.calls.length) {
    attempt.result = 'error'
    if (event.kind === 'done') attempt.answer = String(event.output)
  } else return false
  return true
}

function proposedIn({ event }: JournalRecord): Act | undefined {
  if (event.kind !== 'done' || event.childId !== 'nextMove') return undefined
  const move = event.output as Move
  if (move.type !== 'PROPOSE' || !writeNames.includes(move.name)) return undefined
  return { name: move.name, arguments: move.arguments }
}
