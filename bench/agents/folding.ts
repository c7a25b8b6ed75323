/** Folds agents without a bus: for the cost of the pure step, and for records to store. */
import type { AgentDefinition, JournalRecord, NeutralEvent, StoredState } from 'ashlar/proof'
import { step } from 'ashlar/proof'
import { counterAgent } from './counter.ts'
import { loopAgent } from './loop.ts'

type Incoming = Pick<JournalRecord, 'address' | 'step' | 'event'>

/** Folds one event and gives the record that a host would append. */
export function foldRecord(
  agent: AgentDefinition,
  before: StoredState | undefined,
  { address, step: stepNumber, event }: Incoming,
): JournalRecord {
  const atMs = Date.now()
  const { next, effects, handled } = step(agent, before, event, { address, atMs })
  return {
    v: 1,
    address,
    step: stepNumber,
    transitionId: crypto.randomUUID(),
    atMs,
    cause: { messageId: `bench:${stepNumber}`, from: 'bench' },
    event,
    handled,
    state: next,
    inbox: { mailSeq: 0, seen: {} },
    outbox: effects,
  }
}

/** The records of one whole run of the loop, from its start to its end. */
export function foldLoop(order: string): JournalRecord[] {
  const address = { type: loopAgent.id, id: order }
  const records: JournalRecord[] = []
  let event: NeutralEvent | undefined = { kind: 'init', input: { order } }
  let state: StoredState | undefined
  while (event) {
    const record = foldRecord(loopAgent, state, { address, step: records.length + 1, event })
    records.push(record)
    state = record.state
    event = answerTo(record)
  }
  return records
}

/** What the tool or the decision that a loop waits for would answer. */
function answerTo({ outbox }: JournalRecord): NeutralEvent | undefined {
  const spawn = outbox.find((effect) => effect.kind === 'spawn')
  if (!spawn) return undefined
  const { id, incarnation } = spawn
  const job = spawn.input as { stage: number }
  const output =
    spawn.child === 'decision'
      ? { type: ['CALL_A', 'CALL_B', 'FINISH'][job.stage] }
      : { ...job, stage: job.stage + 1 }
  return { kind: 'done', childId: id, incarnation, output }
}

export const tick: NeutralEvent = { kind: 'event', event: { type: 'TICK' } }

/** Of one entry of a context that looks like a conversation. */
const entryBytes = 200

/** The first record of a counter with about the given size of context. */
export function newCounter(id: string, contextBytes = entryBytes): JournalRecord {
  const count = Math.max(1, Math.round(contextBytes / (entryBytes + 3)))
  const ballast = Array.from({ length: count }, (_, index) =>
    `entry ${index} `.padEnd(entryBytes, 'n'),
  )
  const address = { type: counterAgent.id, id }
  return foldRecord(counterAgent, undefined, {
    address,
    step: 1,
    event: { kind: 'init', input: { ballast } },
  })
}

/** The record of one more event of a counter. */
export function tickCounter({ address, step: last, state }: JournalRecord): JournalRecord {
  return foldRecord(counterAgent, state, { address, step: last + 1, event: tick })
}
