import type { Address } from '../contracts/address.ts'
import type { TextPiece } from '../contracts/decision.ts'
import { describeEvent } from '../contracts/event.ts'
import { readBytes, toBytes } from '../contracts/json.ts'
import type { JournalRecord } from '../contracts/record.ts'
import type { AgentStatus, StateValue } from '../contracts/state.ts'

/** What is announced after every commit; may be missed, so readers re-read the journal. */
export interface StepNotice {
  address: Address
  step: number
  event: string
  status: AgentStatus
  value: StateValue
  handled: boolean
  atMs: number
  /** Of an agent that is done, when it is not large: who waits for it need not read the journal. */
  output?: unknown
}

/** Outputs above this are read from the journal: every process that listens gets the notice. */
const outputMaxBytes = 16 * 1024

export function encodeNotice(record: JournalRecord): Uint8Array {
  const { address, step, handled, atMs, event } = record
  const { status, value, output } = record.state.snapshot
  const notice: StepNotice = {
    address,
    step,
    event: describeEvent(event),
    status,
    value,
    handled,
    atMs,
  }
  if (status !== 'done' || output === undefined) return toBytes(notice)
  const whole = toBytes({ ...notice, output })
  return whole.length <= outputMaxBytes ? whole : toBytes(notice)
}

/** Undefined when nobody can read it: notices come from the wire. */
export function readNotice(body: Uint8Array): StepNotice | undefined {
  const notice = readBytes(body) as StepNotice | null | undefined
  return typeof notice?.status === 'string' ? notice : undefined
}

/** As {@link readNotice}, of a text that a decider is producing. */
export function readTextPiece(body: Uint8Array): TextPiece | undefined {
  const piece = readBytes(body) as TextPiece | null | undefined
  return typeof piece?.text === 'string' ? piece : undefined
}

/** Wire topics of the runtime. */
export const topics = {
  step: (type: string, id: string, status: AgentStatus): string[] => [
    'step',
    type,
    id,
    status === 'active' ? 'active' : 'over',
  ],
  /** Every step of an agent. */
  steps: (type: string, id: string): string[] => ['step', type, id, '*'],
  /** Steps that ended an agent: who waits for its output need not hear the others. */
  end: (type: string, id: string): string[] => ['step', type, id, 'over'],
  emitted: (type: string, id: string): string[] => ['emitted', type, id],
  /** Texts that deciders are producing for an agent. */
  text: (type: string, id: string): string[] => ['text', type, id],
  cancel: (kind: string, name: string): string[] => ['cancel', kind, name],
  overload: (type: string): string[] => ['overload', type],
} as const

/** What a cancel notice names: the call that one spawn made. */
export interface CancelNotice {
  to: Address
  childId: string
  incarnation: number
}

export function callKey({ to, childId, incarnation }: CancelNotice): string {
  return `${to.type}/${to.id} ${childId} ${incarnation}`
}

/** The service that takes messages of outsiders to agents of one machine. */
export function ingressService(type: string): string {
  return `ingress-${type}`
}
