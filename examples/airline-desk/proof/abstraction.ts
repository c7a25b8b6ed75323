import type { Abstraction } from 'ashlar/proof'
import type { DeskContext } from '../desk-context.ts'
import { initialContext, movesPerTurnMax } from '../desk-context.ts'
import type { DeskOutput } from '../desk-machine.ts'
import type { Changes } from '../domain/database.ts'
import type { Reservation } from '../domain/records.ts'
import { messages } from './speech.ts'

/** After so many messages without anything to try, a person may take over. */
const patience = 3
const attempt = { tool: 'think', ok: true }

/**
 * What of a conversation counts. Lines, refusals and calls are told to the model and to people; the
 * chart asks only whether there were any. The numbers of messages and questions count from the
 * present one.
 */
export const deskAbstraction: Abstraction = {
  context: (context: DeskContext, state): DeskContext => {
    if (state === 'ended' || state === 'transferred') return initialContext(context)
    if (state === 'handingOver') return { ...initialContext(context), handover: 'a reason' }
    const { customerSaid, calls, refusals, confirmation, handover } = context
    const said = Object.values(messages).filter((text) => customerSaid.includes(text))
    const hasTried = calls.length + refusals.length > 0 || customerSaid.length >= patience
    const repeated = hasTried ? [] : customerSaid.slice(said.length).map(() => '')
    return {
      ...context,
      recording: null,
      turn: 0,
      customerSaid: [...said, ...repeated],
      remembered: [],
      moves: 0,
      movesThisTurn: state === 'listening' ? 0 : movesThisTurn(context),
      lines: [],
      confirmation: confirmation && { ...confirmation, number: 1 },
      confirmations: confirmation ? 1 : 0,
      reply: null,
      refusals: [],
      calls: hasTried ? [attempt] : [],
      writes: [],
      handover: handover === null ? null : 'a reason',
    }
  },
  output: ({ outcome }: DeskOutput) => ({ outcome }),
  shift: ({ turn, confirmation }: DeskContext) => ({
    turn,
    number: confirmation?.number ?? null,
  }),
  event: (event, shift) => {
    const { turn, number } = shift as { turn: number; number: number | null }
    if (event.type === 'CUSTOMER') {
      const next = Math.max(0, (event['turn'] as number) - turn)
      return next === 0 ? { ...event, turn: 0, text: '' } : { ...event, turn: next }
    }
    if (event.type !== 'ANSWER') return event
    return event['number'] === number ? { ...event, number: 1 } : { ...event, number: 0, text: '' }
  },
  inputs: {
    nextMove: () => null,
    handOver: ({ branch }: { branch: string }) => ({ branch, arguments: { summary: 'a reason' } }),
    remember: () => ({ subject: 'customer', kind: 'last-change', value: null }),
  },
}

/** The first move of a turn, the last, and one beyond: those between are like the first. */
function movesThisTurn({ movesThisTurn: moves }: DeskContext): number {
  if (moves <= 1) return moves
  return moves > movesPerTurnMax ? movesPerTurnMax + 1 : movesPerTurnMax
}

/** Of the airline's records: what was paid how often matters to nobody here. */
export function abstractChanges(changes: Changes): Changes {
  const reservations = Object.entries(changes.reservations)
    .map(([id, reservation]): [string, Reservation] => [
      id,
      { ...reservation, payment_history: [] },
    ])
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return { users: changes.users, reservations: Object.fromEntries(reservations) }
}
