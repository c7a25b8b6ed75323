import { formatAddress } from '../../src/contracts/address.ts'
import type { SpawnEffect } from '../../src/contracts/effect.ts'
import { effectIdentity } from '../../src/contracts/effect.ts'
import type { NeutralEvent } from '../../src/contracts/event.ts'
import type { JournalRecord } from '../../src/contracts/record.ts'
import type { Finding } from './finding.ts'
import { duplicated, lost, violation } from './finding.ts'

type Completion = Extract<NeutralEvent, { kind: 'done' | 'error' }>

/** A call that a journal asked for, and how it ended there. */
export interface Call {
  /** The idempotency key under which the outside saw it (I3). */
  identity: string
  spawn: SpawnEffect
  completion: Completion | undefined
  /** The agent left the state that made the call. */
  stopped: boolean
}

/** Every call of a journal in the order in which it was made. */
export function callsOf(records: readonly JournalRecord[]): Call[] {
  const calls = new Map<number, Call>()
  for (const { address, step, event, outbox } of records) {
    if (event.kind === 'done' || event.kind === 'error') {
      const call = calls.get(event.incarnation)
      if (call && !call.completion) call.completion = event
    }
    for (const [index, effect] of outbox.entries()) {
      if (effect.kind === 'spawn') {
        const identity = effectIdentity(address, step, index)
        const call = { identity, spawn: effect, completion: undefined, stopped: false }
        calls.set(effect.incarnation, call)
      }
      const stopped = effect.kind === 'stop' ? calls.get(effect.incarnation) : undefined
      if (stopped) stopped.stopped = true
    }
  }
  return [...calls.values()]
}

/** What one journal must be by itself: I2, I3, I5 for its calls, I6. */
export function checkJournal(records: readonly JournalRecord[]): Finding[] {
  const [first] = records
  if (!first) return []
  const where = formatAddress(first.address)
  return [
    ...oneWriter(where, records),
    ...appliedOnce(where, records),
    ...timersInTime(where, records),
    ...callsAnswered(where, records),
  ]
}

/** I2: the steps are 1, 2, 3, …, each exactly once. */
function oneWriter(where: string, records: readonly JournalRecord[]): Finding[] {
  return records
    .filter(({ step }, index) => step !== index + 1)
    .map(({ step }) => violation(where, `I2: step ${step} is out of its place`))
}

/** I3: no message, and no completion of a call, was applied twice. */
function appliedOnce(where: string, records: readonly JournalRecord[]): Finding[] {
  const found: Finding[] = []
  const messages = new Set<string>()
  const completions = new Set<number>()
  for (const { cause, event, step } of records) {
    const { messageId } = cause
    if (messages.has(messageId)) {
      found.push(duplicated(where, `I3: step ${step} applied ${messageId} again`))
    }
    messages.add(messageId)
    if (event.kind !== 'done' && event.kind !== 'error') continue
    if (completions.has(event.incarnation)) {
      found.push(duplicated(where, `I3: step ${step} took a second end of ${event.childId}`))
    }
    completions.add(event.incarnation)
  }
  return found
}

/** I6: no timer before its deadline, and none that was not set or was cancelled. */
function timersInTime(where: string, records: readonly JournalRecord[]): Finding[] {
  const found: Finding[] = []
  const deadlines = new Map<number, number>()
  for (const { event, atMs, outbox, step } of records) {
    if (event.kind === 'timer') {
      const dueMs = deadlines.get(event.incarnation)
      const name = `timer ${event.timerId} at step ${step}`
      if (dueMs === undefined) found.push(violation(where, `I6: ${name} was not set`))
      else if (atMs < dueMs) found.push(violation(where, `I6: ${name} is ${dueMs - atMs} ms early`))
    }
    for (const effect of outbox) {
      if (effect.kind === 'schedule') deadlines.set(effect.incarnation, effect.atMs)
      if (effect.kind === 'cancel') deadlines.delete(effect.incarnation)
    }
  }
  return found
}

/** I5: an agent that ended has had an answer to every call that it did not give up. */
function callsAnswered(where: string, records: readonly JournalRecord[]): Finding[] {
  const last = records.at(-1)!
  if (last.state.snapshot.status !== 'active') return []
  const waiting = Object.values(last.state.children).filter(({ settled }) => !settled)
  return waiting.map(({ identity = '?', target }) =>
    lost(where, `I5: nobody answered its call ${identity} of ${target ?? 'a child'}`),
  )
}

/** What of a journal the checks across journals need. */
export interface JournalDigest {
  ended: boolean
  causes: ReadonlySet<string>
  /** Messages to other agents: their identity and receiver. */
  sends: { id: string; to: string }[]
}

export function digestOf(records: readonly JournalRecord[]): JournalDigest {
  const sends = records.flatMap(({ address, step, outbox }) =>
    outbox.flatMap((effect, index) => {
      const id = effectIdentity(address, step, index)
      if (effect.kind === 'send') return [{ id, to: formatAddress(effect.to) }]
      if (effect.kind === 'terminate' && effect.parent) {
        return [{ id, to: formatAddress(effect.parent.address) }]
      }
      if (effect.kind === 'spawn' && effect.address) {
        return [{ id, to: formatAddress(effect.address) }]
      }
      return []
    }),
  )
  const status = records.at(-1)?.state.snapshot.status
  const causes = new Set(records.map(({ cause }) => cause.messageId))
  return { ended: status !== undefined && status !== 'active', causes, sends }
}

/** I5 across journals: every message was applied by its receiver, or the receiver has ended. */
export function checkMail(digests: ReadonlyMap<string, JournalDigest>): Finding[] {
  const found: Finding[] = []
  for (const [where, { sends }] of digests) {
    for (const { id, to } of sends) {
      const receiver = digests.get(to)
      if (receiver?.causes.has(id) || receiver?.ended) continue
      found.push(lost(where, `I5: its message ${id} never reached ${to}`))
    }
  }
  return found
}
