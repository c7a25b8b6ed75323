import type { ServiceParts } from '../../src/actors/service.ts'
import type { AnyTool, ToolScope } from '../../src/contracts/tool.ts'
import { rules } from '../../src/decision/deciders.ts'
import { defineDecision } from '../../src/decision/define-decision.ts'
import { defineTool } from '../../src/tools/define-tool.ts'
import { applyTool, buyTool, payTool, priceTool, shopDecision } from './machines.ts'
import { Executions } from './world.ts'

/** Tools that keep account of what they were asked to do. */
export interface Desk {
  readonly applied: Executions<{ agent: string; step: number }>
  readonly bought: Executions<{ item: string; price: number }>
  readonly paid: Executions<{ amount: number }>
  readonly tools: AnyTool[]
  readonly decisions: NonNullable<ServiceParts['decisions']>
}

export interface DeskOptions {
  /** Runs within `apply`, after the call was noted and before it ends. */
  during?: (input: { agent: string; step: number }, scope: ToolScope) => Promise<void> | void
  /** Runs within `pay`, after the call was noted and before it ends. */
  whilePaying?: (scope: ToolScope) => Promise<void> | void
  /** Whether the outside system of `pay` can be asked. */
  canReconcile?: boolean
  concurrency?: number
}

/** One outside world; several processes may serve the same one. */
export function deskOf(options: DeskOptions = {}): Desk {
  const { during, whilePaying, canReconcile = false, concurrency = 16 } = options
  const applied = new Executions<{ agent: string; step: number }>()
  const bought = new Executions<{ item: string; price: number }>()
  const paid = new Executions<{ amount: number }>()
  const pay = {
    ...payTool,
    async execute(input: { amount: number }, scope: ToolScope) {
      paid.note(input, scope)
      await whilePaying?.(scope)
      return { receipt: `paid ${input.amount}` }
    },
  }
  return {
    applied,
    bought,
    paid,
    tools: [
      defineTool({
        ...applyTool,
        concurrency,
        async execute(input, scope) {
          applied.note(input, scope)
          await during?.(input, scope)
          return { step: input.step }
        },
      }),
      defineTool({ ...priceTool, execute: () => ({ price: 7 }) }),
      defineTool({
        ...buyTool,
        execute(input, scope) {
          bought.note(input, scope)
          return { order: scope.idempotencyKey }
        },
      }),
      defineTool(
        canReconcile
          ? {
              ...pay,
              reconcile: ({ amount }, { idempotencyKey }) =>
                paid.applied.has(idempotencyKey)
                  ? { kind: 'happened', output: { receipt: `found ${amount}` } }
                  : { kind: 'didNotHappen' },
            }
          : pay,
      ),
    ],
    decisions: [
      defineDecision({
        ...shopDecision,
        prompt: ({ price }) => `buy for ${price}?`,
        deciders: [rules(({ price }) => ({ type: price < 10 ? 'BUY' : 'DECLINE' }))],
      }),
    ],
  }
}
