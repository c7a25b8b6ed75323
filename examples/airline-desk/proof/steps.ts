import type { Occurrence, Stepped } from 'ashlar/proof'
import type { Act, Move } from '../contracts.ts'
import type { DeskContext } from '../desk-context.ts'

/** The answer that the step took of this child; undefined when the step was about something else. */
export function answerOf(occurrence: Occurrence, child: string): unknown {
  if (occurrence.kind !== 'stepped') return undefined
  const { event } = occurrence
  if (event.kind !== 'done' || event.childId !== child) return undefined
  return event.output
}

/** The move that the model chose. */
export function chosenMove(occurrence: Occurrence): Move | undefined {
  return answerOf(occurrence, 'nextMove') as Move | undefined
}

/** The ids of the children that the step started. */
export function startedBy({ effects }: Stepped): string[] {
  return effects.flatMap((effect) => (effect.kind === 'spawn' ? [effect.id] : []))
}

/** The rule with which the step refused, and which layer noticed. */
export function refusalOf(step: Stepped): { rule: string; noticedBy: string } | undefined {
  const [verdict] = emittedBy(step, 'VERDICT')
  if (!verdict) return undefined
  return { rule: verdict['expectation'] as string, noticedBy: verdict['noticedBy'] as string }
}

export function asksToConfirm(step: Stepped): boolean {
  return emittedBy(step, 'CONFIRM').length > 0
}

/** What was proposed when the step began. */
export function proposedBefore({ before }: Stepped): Act {
  return (before!.snapshot.context as unknown as DeskContext).act!
}

/** The conversation is over, or goes to a person: nothing that was said matters any more. */
export function isOver(step: Stepped): boolean {
  return step.after.snapshot.status !== 'active' || startedBy(step).includes('handOver')
}

function emittedBy({ effects }: Stepped, type: string): Record<string, unknown>[] {
  return effects.flatMap((effect) =>
    effect.kind === 'emit' && effect.event.type === type ? [effect.event] : [],
  )
}
