import type { AnyTool, ToolOutcome } from '../contracts/tool.ts'
import type { EffectLedger } from './ledger.ts'

/**
 * How a call ends whose workers died again and again. Of a `once` tool the ledger knows whether one
 * of them may have executed it before it died: then nobody may say that nothing happened.
 */
export async function giveUpCall(
  tool: AnyTool,
  call: { id: string; run: string; deliveries: number },
  ledger: EffectLedger,
): Promise<ToolOutcome> {
  const message = `its workers died ${call.deliveries} times; the call is given up`
  const failed: ToolOutcome = {
    kind: 'failed',
    attempts: call.deliveries,
    error: { name: 'PoisonError', code: 'poison', message },
  }
  if (tool.effect !== 'once') return failed
  const entry = await ledger.begin(call.id, tool.name, call.run)
  if (entry.kind === 'settled') return entry.outcome
  if (entry.kind === 'open') return { kind: 'inDoubt', reason: message }
  await ledger.settle(call.id, tool.name, failed)
  return failed
}
