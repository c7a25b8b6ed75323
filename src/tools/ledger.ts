import type { Clock } from '../contracts/clock.ts'
import { fromBytes, toBytes } from '../contracts/json.ts'
import type { ToolOutcome } from '../contracts/tool.ts'
import type { KeyEntry, KeyValue } from '../bus/key-value.ts'

/**
 * What is known of a `once` call: nothing yet, its end, or only that it was begun, and when. The
 * revision is that of the intent as it stands now.
 */
export type LedgerEntry =
  | { kind: 'new'; revision: number }
  | { kind: 'settled'; outcome: ToolOutcome }
  | { kind: 'open'; sinceMs: number; revision: number }

/** The durable record of intents and outcomes of `once` calls (DESIGN §6). */
export interface EffectLedger {
  /**
   * Records that this run is about to execute the call, unless it is known already. Asking again
   * for the same run gives `new` again, with the time of its latest execution.
   */
  begin(callId: string, tool: string, run: string): Promise<LedgerEntry>
  /**
   * After it was learnt that nothing happened: the intent becomes that of this run. False when it is
   * not the one any more that was asked about: somebody else may be executing the call by now.
   */
  takeOver(callId: string, tool: string, run: string, revision: number): Promise<boolean>
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
      if (first.kind === 'written') return { kind: 'new', revision: first.revision }
      const entry = await keyValue.get(bucket, callId)
      const present = read(entry)
      if (present.outcome) return { kind: 'settled', outcome: present.outcome }
      const revision = entry?.revision ?? 0
      const open = { kind: 'open', sinceMs: present.atMs ?? 0, revision } as const
      if (present.run !== run) return open
      const again = await keyValue.put(bucket, callId, intent(tool, run), revision)
      return again.kind === 'written' ? { kind: 'new', revision: again.revision } : open
    },
    async takeOver(callId, tool, run, revision) {
      const written = await keyValue.put(bucket, callId, intent(tool, run), revision)
      return written.kind === 'written'
    },
    async settle(callId, tool, outcome) {
      await keyValue.put(bucket, callId, toBytes({ tool, outcome }))
    },
  }
}

function read(entry: KeyEntry | undefined): Intent {
  return entry ? (fromBytes(entry.value) as Intent) : { tool: '', outcome: null }
}
