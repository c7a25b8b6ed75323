import type { AgentDefinition } from '../actors/definition.ts'
import { formatAddress } from '../contracts/address.ts'
import type { Effect } from '../contracts/effect.ts'
import type { Envelope } from '../contracts/envelope.ts'
import type { AgentEvent } from '../contracts/event.ts'
import { isObject, readText } from '../contracts/json.ts'
import type { JournalRecord } from '../contracts/record.ts'
import type { StoredState } from '../contracts/state.ts'
import type { DeadLetter } from '../bus/dead-letters.ts'
import type { Occurrence, Stepped } from './occurrence.ts'
import type { RealCall } from './trace-call.ts'
import { callsIn } from './trace-call.ts'

/** A real agent, as its journal tells of it. */
export interface RealAgent {
  readonly name: string
  readonly records: JournalRecord[]
  /** Steps of which everything has left the host. */
  delivered: number
}

/** All real agents of a run: what they did, what they asked for, what is under way to them. */
export class RealAgents {
  readonly all = new Map<string, RealAgent>()
  readonly calls: RealCall[] = []
  /** Messages to agents that the trace has not let them take yet, oldest first. */
  readonly mail: Envelope[] = []
  private readonly posted = new Set<string>()
  /** The real address of an agent of the model: those of children differ in their number. */
  private readonly names = new Map<string, string>()
  private readonly definitions: ReadonlyMap<string, AgentDefinition>

  constructor(definitions: readonly AgentDefinition[]) {
    this.definitions = new Map(definitions.map((one) => [one.id, one]))
  }

  realName(agent: string): string {
    return this.names.get(agent) ?? agent
  }

  of(name: string): RealAgent {
    const known = this.all.get(name)
    if (known) return known
    const agent = { name, records: [], delivered: 0 }
    this.all.set(name, agent)
    return agent
  }

  stateOf(name: string): StoredState | undefined {
    return this.all.get(name)?.records.at(-1)?.state
  }

  /** Takes note of a step, and gives what occurred in it. */
  note(record: JournalRecord, isExpected: boolean): Occurrence<never>[] {
    const { address, event, state: after, outbox: effects, handled } = record
    const name = formatAddress(address)
    const agent = this.of(name)
    const before = agent.records.at(-1)?.state
    agent.records.push(record)
    this.calls.push(...callsIn(record, this.definitions.get(address.type)!))
    const stepped: Stepped = {
      kind: 'stepped',
      agent: name,
      event,
      before,
      after,
      effects,
      handled,
      isExpected,
    }
    const own = event.kind === 'event' ? event.event : undefined
    return [stepped, ...effects.flatMap((effect) => occurrenceOf(name, effect, own))]
  }

  /** A message that was posted before is the same message. */
  post(envelope: Envelope): void {
    const key = `${formatAddress(envelope.to)} ${envelope.id}`
    if (this.posted.has(key)) return
    this.posted.add(key)
    this.mail.push(envelope)
  }

  /** Takes the first message that fits out of what is under way. */
  unpost(fits: (envelope: Envelope) => boolean): Envelope | undefined {
    const index = this.mail.findIndex(fits)
    return index < 0 ? undefined : this.mail.splice(index, 1)[0]
  }

  /** Pairs the children that a step of the model starts with those of the real step. */
  pair(effects: readonly Effect[], { outbox }: JournalRecord): void {
    for (const effect of effects) {
      if (effect.kind !== 'spawn' || !effect.address) continue
      const real = outbox.find((one) => one.kind === 'spawn' && one.id === effect.id)
      if (real?.kind !== 'spawn' || !real.address) continue
      this.names.set(formatAddress(effect.address), formatAddress(real.address))
    }
  }

  /** Whether the agent still waits for the call. */
  isOrphan({ agent, childId, incarnation }: RealCall): boolean {
    const child = this.stateOf(agent)?.children[childId]
    return child?.incarnation !== incarnation || child.settled === true
  }
}

function occurrenceOf(
  agent: string,
  effect: Effect,
  own: AgentEvent | undefined,
): Occurrence<never>[] {
  if (effect.kind === 'emit') return [{ kind: 'emitted', agent, event: effect.event }]
  if (effect.kind !== 'deadLetter') return []
  return [{ kind: 'deadLetter', agent, reason: effect.reason, event: effect.event ?? own }]
}

/** A dead letter that no step asked for: nobody was there to take the message. */
export function letterOf({
  target,
  messageId,
  reason,
  body,
}: DeadLetter): Occurrence<never> | undefined {
  const agent = target.slice(target.indexOf(' ') + 1)
  // Those of steps are known from their records.
  if (!target.startsWith('mailbox ') || messageId.startsWith(`${agent}:`)) return undefined
  const input = readText(body)
  const event = isObject(input) && input['kind'] === 'event' ? input['event'] : undefined
  return { kind: 'deadLetter', agent, reason, event: event as AgentEvent | undefined }
}
