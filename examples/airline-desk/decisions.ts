import { fileURLToPath } from 'node:url'
import type { AnyDecision } from 'ashlar'
import { defineDecision, defineService, recorded, rules } from 'ashlar'
import type { NextMoveInput } from './contracts.ts'
import { nextMove } from './contracts.ts'
import { loadRuns } from './domain/load.ts'
import type { Recording } from './recording.ts'
import { readRecording } from './recording.ts'

/** The decision process: recorded choices first, and a person when nobody knows what to do next. */
export default defineService('airline-decisions', async ({ options }) => {
  const file = options.runs ?? fileURLToPath(new URL('./data/conversations.json', import.meta.url))
  return { decisions: [createDecision((await loadRuns(file)).map(readRecording))] }
})

/** What the desk does next, as recorded. */
export function createDecision(recordings: readonly Recording[]): AnyDecision {
  const moves = new Map(recordings.map(({ name, moves: made }) => [name, made]))
  return defineDecision({
    ...nextMove,
    prompt: ({ customer, lines }, offered) =>
      [
        'You serve customers of an airline. Choose exactly one move.',
        `Moves that are possible now: ${offered.join(', ')}.`,
        `Customer: ${customer ?? 'not identified yet'}.`,
        ...lines.map(({ from, text }) => `${from}: ${text}`),
      ].join('\n'),
    deciders: [
      recorded<NextMoveInput>(moves, ({ recording, index }) => ({
        recording: recording ?? '',
        index,
      })),
      rules<NextMoveInput>(
        () => ({ type: 'TRANSFER', summary: 'Nobody here knows how to go on.' }),
        'hand-over',
      ),
    ],
  })
}
