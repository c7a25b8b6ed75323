import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import type { Clock } from '../contracts/clock.ts'
import { encodeEnvelope } from '../contracts/envelope.ts'
import type { NeutralEvent, ParentLink } from '../contracts/event.ts'
import type { Bus } from '../bus/bus.ts'
import type { ActorInput } from './actor-input.ts'

interface RefusalPorts {
  bus: Bus
  clock: Clock
}

/**
 * Puts an input that an agent does not take to the dead letters (I5).
 * @throws UnavailableError; refuse it again
 */
export async function refuseInput(
  ports: RefusalPorts,
  to: Address,
  { event, messageId }: Pick<ActorInput, 'event' | 'messageId'>,
  reason: string,
): Promise<void> {
  await ports.bus.deadLetters.put({
    target: `mailbox ${formatAddress(to)}`,
    messageId,
    reason,
    atMs: ports.clock.now(),
    body: JSON.stringify(event),
    encoding: 'utf-8',
    form: 'event',
  })
  if (event.kind === 'init' && event.parent) {
    await tellParent(ports, to, event.parent, messageId, reason)
  }
}

/** A child that could not begin is an error of the child, not a silence. */
async function tellParent(
  { bus, clock }: RefusalPorts,
  child: Address,
  parent: ParentLink,
  startId: string,
  reason: string,
): Promise<void> {
  const { address: to, childId, incarnation } = parent
  const message = `agent ${formatAddress(child)} was not started: ${reason}`
  const id = `${startId}:refused`
  const body: NeutralEvent = {
    kind: 'error',
    childId,
    incarnation,
    error: { name: 'InputError', message, code: 'bad-input' },
  }
  const from = { name: formatAddress(child) }
  const envelope = encodeEnvelope({ v: 1, id, to, from, sentAtMs: clock.now(), body })
  await bus.mailbox.post(to, envelope, id)
}
