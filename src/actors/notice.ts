import type { Address } from '../contracts/address.ts'
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
}

/** Wire topics of the runtime. */
export const topics = {
  step: (type: string, id: string): string[] => ['step', type, id],
  emitted: (type: string, id: string): string[] => ['emitted', type, id],
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
