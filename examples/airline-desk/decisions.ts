import { fileURLToPath } from 'node:url'
import type { AnyDecision, Decider } from 'ashlar'
import { defineDecision, defineService, InputError, recorded, rules } from 'ashlar'
import { clerk } from './clerk/index.ts'
import type { Move, NextMoveInput } from './contracts.ts'
import { moveSchema, nextMove } from './contracts.ts'
import { loadRuns } from './domain/load.ts'
import { createModel, isModelConfigured } from './model.ts'
import { describe } from './prompt.ts'
import type { Recording } from './recording.ts'
import { readRecording } from './recording.ts'

/** Who decides: `--set decider=…`. */
const kinds = ['recorded', 'model', 'rules'] as const

/**
 * The decision process. With `--set decider=recorded`, `model` or `rules` that one decides; without,
 * the recorded choices in conversations that replay a recording, a model in others when a key, a base
 * URL or a model is configured, and else the rules.
 */
export default defineService('airline-decisions', async ({ options }) => {
  const { decider } = options
  if (decider !== undefined && !kinds.some((kind) => kind === decider)) {
    const todo = 'correct --set decider=...'
    throw new InputError({ field: 'decider', expected: kinds.join(', '), got: decider, todo })
  }
  const asked: Decider<NextMoveInput>[] = []
  if (decider === undefined || decider === 'recorded') {
    const file =
      options.runs ?? fileURLToPath(new URL('./data/conversations.json', import.meta.url))
    asked.push(replayed((await loadRuns(file)).map(readRecording)))
  }
  const wantsModel = decider === 'model' || (decider === undefined && isModelConfigured(options))
  if (wantsModel) asked.push(await createModel(options))
  if (decider !== 'recorded') asked.push(clerk)
  return { decisions: [createDecision(asked)] }
})

/** What the desk does next, as the deciders say, in this order; a person when none knows. */
export function createDecision(deciders: readonly Decider<NextMoveInput>[]): AnyDecision {
  return defineDecision({ ...nextMove, prompt: describe, deciders: [...deciders, handOver] })
}

const handOver = rules<NextMoveInput>(
  () => ({ type: 'TRANSFER', summary: 'Nobody here knows how to go on.' }),
  'hand-over',
)

/** The choices that a model once made. */
export function replayed(recordings: readonly Recording[]): Decider<NextMoveInput> {
  const moves = new Map(recordings.map(({ name, moves: made }) => [name, made.map(takeable)]))
  return recorded<NextMoveInput>(moves, ({ recording, index }) => ({
    recording: recording ?? '',
    index,
  }))
}

/** A recorded call that no tool takes must not end the replay: what came after it is replayed too. */
function takeable(move: Move): Move {
  if (moveSchema.safeParse(move).success) return move
  const thought = `A call that no tool takes: ${JSON.stringify(move)}`
  return { type: 'LOOK_UP', name: 'think', arguments: { thought } }
}
