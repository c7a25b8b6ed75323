import type { Clock } from '../contracts/clock.ts'
import { fromBytes, toBytes } from '../contracts/json.ts'
import type { ToolOutcome } from '../contracts/tool.ts'
import type { KeyEntry, KeyValue } from '../bus/key-value.ts'

/** What is known of a `once` call: nothing yet, its end, or only that it was begun, and when. */
export type LedgerEntry =
  | { kind: 'new' }
  | { kind: 'settled'; outcome: ToolOutcome }
  | { kind: 'open'; sinceMs: number }

/** The durable record of intents and outcomes of `once` calls (DESIGN §6). */
export interface EffectLedger {
  /**
   * Records that this run is about to execute the call, unless it is known already. Asking again
   * for the same run gives `new` again, with the time of its latest execution.
   */
  begin(callId: string, tool: string, run: string): Promise<LedgerEntry>
  /** After it was learnt that nothing happened: the intent becomes that of this run. */
  takeOver(callId: string, tool: string, run: string): Promise<void>
  settle(callId: string, tool: string, outcome: ToolOutcome): Promise<void>
}

interface Intent {
  tool: string
  run?: string
  atMs?: number
  outcome: ToolOutcome | null
}

const bucket = 'ledger'

/** A ledger on the bus's key-value store; the first writer of an intent wins. */
export function keyValueLedger(keyValue: KeyValue, clock: Clock): EffectLedger {
  const intent = (tool: string, run: string): Uint8Array =>
    toBytes({ tool, run, atMs: clock.now(), outcome: null } satisfies Intent)
  return {
    async begin(callId, tool, run) {
      const first = await keyValue.put(bucket, callId, intent(tool, run), 0)
      if (first.kind === 'written') return { kind: 'new' }
      const entry = await keyValue.get(bucket, callId)
      const present = read(entry)
      if (present.outcome) return { kind: 'settled', outcome: present.outcome }
      const open = { kind: 'open', sinceMs: present.atMs ?? 0 } as const
      if (present.run !== run) return open
      const again = await keyValue.put(bucket, callId, intent(tool, run), entry?.revision ?? 0)
      return again.kind === 'written' ? { kind: 'new' } : open
    },
    async takeOver(callId, tool, run) {
      const entry = await keyValue.get(bucket, callId)
      if (read(entry).outcome) return
      // Who loses this race finds the winner's intent when it begins.
      await keyValue.put(bucket, callId, intent(tool, run), entry?.revision ?? 0)
    },
    async settle(callId, tool, outcome) {
      await keyValue.put(bucket, callId, toBytes({ tool, outcome }))
    },
  }
}

function read(entry: KeyEntry | undefined): Intent {
  return entry ? (fromBytes(entry.value) as Intent) : { tool: '', outcome: null }
}
