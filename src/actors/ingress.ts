import { partitionOf } from '../bus/partition.ts'
import type { Bus } from '../bus/bus.ts'
import type { Running } from '../bus/mailbox.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Envelope } from '../contracts/envelope.ts'
import { decodeEnvelope, encodeEnvelope } from '../contracts/envelope.ts'
import type { ErrorValue } from '../contracts/error.ts'
import { InputError, toErrorValue } from '../contracts/error.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import { toBytes } from '../contracts/json.ts'
import type { AgentDefinition } from './definition.ts'
import { schemaProblem } from './input-schema.ts'
import { outsider } from './outsider.ts'
import { ingressService } from './notice.ts'
import type { OverloadWatch } from './overload.ts'
import { watchOverload } from './overload.ts'

/** The answer to an outsider's message. */
export type IngressAnswer =
  | { kind: 'accepted'; seq: number; duplicate: boolean; partition: number }
  | { kind: 'refused'; error: ErrorValue }

/**
 * Takes messages of outsiders by request and reply, so that only runtime processes need the right
 * to publish to mailboxes (DESIGN §5). A message that breaks a declared schema is refused here, and
 * one for a slice that is overloaded is to come again later.
 */
export async function serveIngress(
  bus: Bus,
  clock: Clock,
  definition: AgentDefinition,
): Promise<Running> {
  const overload = await watchOverload(bus, clock, definition.id)
  const serving = await bus.wire.serve(ingressService(definition.id), async (body) => {
    try {
      return toBytes(await admit(bus, definition, overload, body))
    } catch (thrown) {
      const refused: IngressAnswer = { kind: 'refused', error: toErrorValue(thrown) }
      return toBytes(refused)
    }
  })
  return {
    async stop() {
      await Promise.all([serving.stop(), overload.stop()])
    },
  }
}

async function admit(
  bus: Bus,
  definition: AgentDefinition,
  overload: OverloadWatch,
  body: Uint8Array,
): Promise<IngressAnswer> {
  const envelope = decodeEnvelope(body)
  if (envelope.to.type !== definition.id) {
    throw new InputError({
      field: 'to.type',
      expected: definition.id,
      got: envelope.to.type,
      todo: 'send to the machine that serves this subject',
    })
  }
  checkInput(definition, envelope.body)
  const partition = partitionOf(envelope.to.id, bus.partitions)
  // A stop makes less work, so it is never too much.
  if (envelope.body.kind !== 'stop') overload.check(partition)
  const own = asOutsider(envelope)
  const { seq, duplicate } = await bus.mailbox.post(own.to, encodeEnvelope(own), own.id)
  return { kind: 'accepted', seq, duplicate, partition }
}

/**
 * Keeps an outsider from posing as an agent: a watermark under an agent's name would silence the
 * agent's own mail, and a message id of its could do the same within the broker's window.
 */
function asOutsider(envelope: Envelope): Envelope {
  const { id, from, body } = envelope
  const own = (name: string): string => (name.startsWith(outsider) ? name : outsider + name)
  const asked: NeutralEvent = body.kind === 'init' ? { kind: 'init', input: body.input } : body
  return { ...envelope, id: own(id), from: { ...from, name: own(from.name) }, body: asked }
}

function checkInput(definition: AgentDefinition, event: NeutralEvent): void {
  if (event.kind !== 'init' && event.kind !== 'event' && event.kind !== 'stop') {
    throw new InputError({
      field: 'body.kind',
      expected: 'init, event or stop',
      got: event.kind,
      todo: 'completions and timers come from the runtime only, `resume` from `ashlar resume`',
    })
  }
  if (event.kind === 'event') checkType(definition, event.event.type)
  const problem = schemaProblem(definition, event)
  if (problem !== undefined) {
    throw new InputError({ field: definition.id, expected: 'a valid message', todo: problem })
  }
}

/** A machine that declares its events takes no others from outside: the rest are its own. */
function checkType(definition: AgentDefinition, type: string): void {
  if (type.startsWith('xstate.')) {
    const todo = 'completions and timers come from the runtime only'
    throw new InputError({ field: 'event.type', expected: 'an event of yours', got: type, todo })
  }
  const declared = Object.keys(definition.events)
  if (declared.length === 0 || declared.includes(type)) return
  throw new InputError({
    field: `event of ${definition.id}`,
    expected: `one of ${declared.join(', ')}`,
    got: type,
    todo: 'send one that the machine declares for outsiders',
  })
}
