import type { Act, Move } from './contracts.ts'
import { moveOf } from './contracts.ts'
import type { Run } from './domain/load.ts'

/** A recorded conversation, taken apart: what the model chose, and what the customer said. */
export interface Recording {
  name: string
  moves: Move[]
  /** What the customer said at the start. */
  opening: string
  /** What the customer said after each move; null: nothing (the model went on, or it was the end). */
  afterMove: (string | null)[]
  /** The newest customer message when each move was chosen. */
  beforeMove: string[]
}

/** With this marker a simulated customer of the benchmark says that the conversation is over. */
const stopMarker = /#{2,}\s*(STOP|TRANSFER|OUT-OF-SCOPE)\s*#{0,3}/i

export function recordingName(run: Pick<Run, 'task_id' | 'trial'>): string {
  return `task-${run.task_id}-trial-${run.trial}`
}

export function readRecording(run: Run): Recording {
  const recording: Recording = {
    name: recordingName(run),
    moves: [],
    opening: '',
    afterMove: [],
    beforeMove: [],
  }
  let newest = ''
  for (const message of run.messages) {
    if (message.role === 'user') {
      newest = message.content ?? ''
      const last = recording.moves.length - 1
      if (last < 0) recording.opening = join(recording.opening, newest)
      else recording.afterMove[last] = join(recording.afterMove[last] ?? '', newest)
    } else if (message.role === 'assistant') {
      for (const move of movesOf(message)) {
        recording.moves.push(move)
        recording.afterMove.push(null)
        recording.beforeMove.push(newest)
      }
    }
  }
  return recording
}

/** Whether the customer ends the conversation with this message, and the message without the mark. */
export function readEnding(text: string): { leaves: boolean; text: string } {
  return { leaves: stopMarker.test(text), text: text.replace(stopMarker, '').trim() }
}

/** A message with a tool call is an act, whatever text goes with it: one thing at a time. */
function movesOf(message: Run['messages'][number]): Move[] {
  const calls = message.tool_calls ?? []
  if (calls.length > 0) return calls.map((call: Act) => moveOf(call))
  return [{ type: 'REPLY', text: message.content ?? '' }]
}

function join(before: string, text: string): string {
  return before === '' ? text : `${before}\n${text}`
}
