import { verdict } from 'ashlar'
import type { Act, Line } from './contracts.ts'
import type { DeskContext, Refusal } from './desk-context.ts'
import { withLine } from './desk-context.ts'

/** The context after a refusal: noted with its rule and layer, and told to whoever decides next. */
export function refused(
  context: DeskContext,
  rule: string,
  reason: string,
  call: Act,
  layer: Refusal['layer'] = 'orchestration',
): Pick<DeskContext, 'refusals' | 'lines'> {
  const line: Line =
    layer === 'tool'
      ? { from: 'tool', text: `Error: ${reason}`, call }
      : { from: 'policy', text: `${rule}: ${reason}`, call }
  return {
    refusals: [...context.refusals, { rule, layer, tool: call.name, reason }],
    lines: withLine(context.lines, line),
  }
}

/**
 * What the run's story says of a refusal: the decision proposed what a rule forbids, or what the tool
 * does not take. The layer that noticed did its work.
 */
export function refusalVerdict({ rule, layer, tool, reason }: Refusal): ReturnType<typeof verdict> {
  return verdict({
    layer: 'decision',
    component: 'next_move',
    expectation: rule,
    ok: false,
    reason: `${tool}: ${reason}`,
    noticedBy: layer,
  })
}
