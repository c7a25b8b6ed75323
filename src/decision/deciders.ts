import type { Answer, Decider, Question } from '../contracts/decision.ts'
import type { AgentEvent } from '../contracts/event.ts'

/**
 * Decides by a plain function: the offline default and the last resort. `null` abstains.
 */
export function rules<Input>(
  choose: (input: Input, offered: readonly string[]) => AgentEvent | null,
  name = 'rules',
): Decider<Input> {
  return {
    name,
    decide({ input, offered }) {
      const option = choose(input, offered)
      return option
        ? { kind: 'chosen', option }
        : { kind: 'abstained', reason: 'no rule fits this state' }
    },
  }
}

/** Where in the recordings the choice for a given input stands. */
export interface RecordedPlace {
  recording: string
  index: number
}

/**
 * Replays recorded choices. It keeps no cursor: the agent's own state says which choice is next,
 * so that a re-delivered question gets the same answer.
 */
export function recorded<Input>(
  recordings: ReadonlyMap<string, readonly AgentEvent[]>,
  locate: (input: Input) => RecordedPlace,
  model = 'recorded',
): Decider<Input> {
  return {
    name: 'recorded',
    decide({ input }: Question<Input>): Answer {
      const { recording, index } = locate(input)
      const choices = recordings.get(recording)
      if (!choices) return { kind: 'abstained', reason: `there is no recording ${recording}` }
      const option = choices[index]
      if (!option) return { kind: 'abstained', reason: `recording ${recording} ends at ${index}` }
      return { kind: 'chosen', option, model }
    },
  }
}
