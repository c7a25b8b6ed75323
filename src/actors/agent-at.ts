import type { AnyActorRef } from 'xstate'
import { parseAddress } from '../contracts/address.ts'

/**
 * Any agent by its address, as a target of `sendTo`: `sendTo(agentAt('ledger/main'), …)`. It means
 * something only in a durable agent; a plain XState actor knows no addresses.
 * @throws InputError when the text is not `machine/id`
 */
export function agentAt(address: string): AnyActorRef {
  parseAddress(address)
  return { address } as unknown as AnyActorRef
}
