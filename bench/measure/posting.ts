import type { Address } from 'ashlar'
import type { Bus } from '../../src/bus/bus.ts'
import { encodeEnvelope } from '../../src/contracts/envelope.ts'
import type { NeutralEvent } from '../../src/contracts/event.ts'

/**
 * Posts straight to the mailbox, as runtimes do: no host has to run. `order` counts the messages
 * to one address, from 1.
 */
export async function postEvent(
  bus: Bus,
  to: Address,
  order: number,
  body: NeutralEvent,
): Promise<void> {
  const id = `bench:${to.type}/${to.id}:${order}`
  const from = { name: 'bench', order: { step: order, index: 0 } }
  await bus.mailbox.post(to, encodeEnvelope({ v: 1, id, to, from, sentAtMs: Date.now(), body }), id)
}
