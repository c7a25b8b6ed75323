import { firstIssue } from '../contracts/envelope.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import type { AgentDefinition } from './definition.ts'

/** What is wrong with an input by the schemas that the agent declares; undefined: nothing. */
export function schemaProblem(
  definition: AgentDefinition,
  event: NeutralEvent,
): string | undefined {
  if (event.kind === 'event') {
    const checked = definition.events[event.event.type]?.safeParse(event.event)
    if (checked?.success !== false) return undefined
    return `event ${event.event.type} breaks its schema: ${firstIssue(checked.error)}`
  }
  if (event.kind !== 'init') return undefined
  const checked = definition.input?.safeParse(event.input)
  if (checked?.success !== false) return undefined
  return `the input breaks its schema: ${firstIssue(checked.error)}`
}
