import { describeValue } from '../contracts/state.ts'
import type { PlayedMove, TracePlay } from '../proof/trace-play.ts'
import type { Trace } from '../proof/trace.ts'

/** What came of playing a trace, for people. */
export function describePlay(play: TracePlay, { reason }: Trace): string[] {
  const { world, property, on, steps, agents } = play
  return [
    `${world}: ${property}`,
    `  the search says: ${reason}`,
    `  played on ${on}`,
    '',
    ...steps.flatMap((step, index) => describeStep(step, index, steps[index - 1])),
    '',
    verdictOf(play),
    ...(on === 'model' ? [] : [`  journals: ${agents.join(', ')}`]),
  ]
}

/** The move, and the agents that are elsewhere than before. */
function describeStep({ text, agents }: PlayedMove, index: number, before?: PlayedMove): string[] {
  const moved = Object.entries(agents).flatMap(([name, { status, value }]) => {
    const was = before?.agents[name]
    const now = status === 'active' ? describeValue(value) : `${describeValue(value)} (${status})`
    const isSame = was?.status === status && describeValue(was.value) === describeValue(value)
    return isSame ? [] : [`       ${name}: ${now}`]
  })
  return [`  ${String(index + 1).padStart(3)}. ${text}`, ...moved]
}

function verdictOf({ isBroken, divergedAt, reason }: TracePlay): string {
  if (isBroken) return `the property is broken here as well: ${reason}`
  if (divergedAt !== undefined) return `diverged at ${reason}`
  return `not broken here: ${reason}`
}
