import { fromBytes, toBytes } from '../contracts/json.ts'
import type { ToolOutcome } from '../contracts/tool.ts'
import type { KeyValue } from '../bus/key-value.ts'

/** What is known of a `once` call: nothing yet, its end, or only that it was begun. */
export type LedgerEntry =
  | { kind: 'new' }
  | { kind: 'settled'; outcome: ToolOutcome }
  | { kind: 'open' }

/** The durable record of intents and outcomes of `once` calls (DESIGN §6). */
export interface EffectLedger {
  /** Records that the call is about to run, unless it is known already. */
  begin(callId: string, tool: string): Promise<LedgerEntry>
  settle(callId: string, tool: string, outcome: ToolOutcome): Promise<void>
}

const bucket = 'ledger'

/** A ledger on the bus's key-value store; the first writer of an intent wins. */
export function keyValueLedger(keyValue: KeyValue): EffectLedger {
  return {
    async begin(callId, tool) {
      const intent = toBytes({ tool, outcome: null })
      const written = await keyValue.put(bucket, callId, intent, 0)
      if (written.kind === 'written') return { kind: 'new' }
      const entry = await keyValue.get(bucket, callId)
      if (!entry) return { kind: 'open' }
      const { outcome } = fromBytes(entry.value) as { outcome: ToolOutcome | null }
      return outcome ? { kind: 'settled', outcome } : { kind: 'open' }
    },
    async settle(callId, tool, outcome) {
      await keyValue.put(bucket, callId, toBytes({ tool, outcome }))
    },
  }
}
