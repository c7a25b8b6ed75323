import type { Address } from '../contracts/address.ts'
import { formatAddress } from '../contracts/address.ts'
import type { BudgetAccount } from '../contracts/budget.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Effect, SpawnEffect, StopEffect } from '../contracts/effect.ts'
import { effectIdentity } from '../contracts/effect.ts'
import type { Trace } from '../contracts/envelope.ts'
import { encodeEnvelope } from '../contracts/envelope.ts'
import type { ErrorValue } from '../contracts/error.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import { toBytes } from '../contracts/json.ts'
import type { JournalRecord } from '../contracts/record.ts'
import { encodeWork } from '../contracts/work.ts'
import type { Bus } from '../bus/bus.ts'
import type { Logger } from './logger.ts'
import { topics } from './notice.ts'

/** What a delivery needs besides the record. */
export interface DeliveryPorts {
  bus: Bus
  clock: Clock
  log: Logger
  /** Whether some process serves the queue, as far as this host knows. */
  isServed: (kind: 'tool' | 'decision', name: string) => boolean
}

/** The part of an outbox that stays in this process. */
export interface LocalExecutor {
  /** True when the spawn runs here instead of in a queue. */
  runsHere(spawn: SpawnEffect): boolean
  start(spawn: SpawnEffect, identity: string): void
  stop(childId: string, incarnation: number): void
  /** A call that could not be queued ends at once. */
  refuse(spawn: SpawnEffect, error: ErrorValue): void
  act(effect: Extract<Effect, { kind: 'action' }>, identity: string): Promise<void>
}

/**
 * Delivers every effect of a committed record (I1, I4). Deliveries to one target keep their order,
 * different targets go side by side. Repeating it is harmless: identities make receivers drop what
 * they have seen (I3).
 * @throws UnavailableError when something could not be delivered; deliver the whole record again.
 */
export async function deliverOutbox(
  record: JournalRecord,
  ports: DeliveryPorts,
  local: LocalExecutor,
): Promise<void> {
  if (record.outbox.length === 0) return
  const lanes = new Map<string, { effect: Effect; index: number }[]>()
  for (const [index, effect] of record.outbox.entries()) {
    const lane = laneOf(effect)
    const queue = lanes.get(lane)
    if (queue) queue.push({ effect, index })
    else lanes.set(lane, [{ effect, index }])
  }
  const delivery = new Delivery(record, ports, local)
  const run = async (queue: { effect: Effect; index: number }[]): Promise<void> => {
    for (const { effect, index } of queue) await delivery.deliver(effect, index)
  }
  // All lanes end before a failure is told: a retry must not run beside its own first try.
  const lanesRun = await Promise.allSettled([...lanes.values()].map(run))
  const failed = lanesRun.find((lane) => lane.status === 'rejected')
  if (failed) throw failed.reason
}

function laneOf(effect: Effect): string {
  switch (effect.kind) {
    case 'send':
      return formatAddress(effect.to)
    case 'spawn':
    case 'stop':
      return effect.address ? formatAddress(effect.address) : `child ${effect.id}`
    case 'terminate':
      return effect.parent ? formatAddress(effect.parent.address) : effect.kind
    case 'schedule':
    case 'cancel':
      return `timer ${effect.id}`
    default:
      return effect.kind
  }
}

class Delivery {
  private readonly record: JournalRecord
  private readonly ports: DeliveryPorts
  private readonly local: LocalExecutor
  private readonly trace: { trace?: Trace }
  private readonly budgets: { budgets?: BudgetAccount[] }

  constructor(record: JournalRecord, ports: DeliveryPorts, local: LocalExecutor) {
    this.record = record
    this.ports = ports
    this.local = local
    this.trace = record.cause.trace ? { trace: record.cause.trace } : {}
    const { budgets } = record.state
    this.budgets = budgets ? { budgets } : {}
  }

  async deliver(effect: Effect, index: number): Promise<void> {
    const { address } = this.record
    const identity = effectIdentity(address, this.record.step, index)
    switch (effect.kind) {
      case 'spawn':
        return this.spawn(effect, index, identity)
      case 'stop':
        return this.stop(effect, index)
      case 'send':
        return this.post(effect.to, index, { kind: 'event', event: effect.event })
      case 'schedule':
        return this.schedule(effect, identity)
      case 'cancel':
        return this.ports.bus.timers.cancel(address, timerName(effect))
      case 'emit':
        return this.ports.bus.wire.announce(
          topics.emitted(address.type, address.id),
          toBytes({ id: identity, event: effect.event }),
        )
      case 'log':
        return this.ports.log.info(
          { agent: formatAddress(address), label: effect.label, value: effect.value },
          'agent log',
        )
      case 'action':
        return this.local.act(effect, identity)
      case 'terminate':
        return this.terminate(effect, index)
      case 'deadLetter':
        return this.ports.bus.deadLetters.put({
          target: `mailbox ${formatAddress(address)}`,
          messageId: identity,
          reason: effect.reason,
          atMs: this.record.atMs,
          body: JSON.stringify(effect.event ?? ownEvent(this.record)),
          encoding: 'utf-8',
          form: 'event',
        })
    }
  }

  private async spawn(effect: SpawnEffect, index: number, identity: string): Promise<void> {
    const { address } = this.record
    const { id: childId, incarnation, input } = effect
    if (effect.address) {
      const parent = { address, childId, incarnation }
      return this.post(effect.address, index, { kind: 'init', input, parent, ...this.budgets })
    }
    if (this.local.runsHere(effect)) return this.local.start(effect, identity)
    if (effect.child !== 'tool' && effect.child !== 'decision') {
      return this.local.refuse(effect, {
        name: 'UnavailableError',
        message: `this host offers no ${effect.child} operations`,
      })
    }
    const { target = effect.src } = effect
    const work = encodeWork({
      v: 1,
      id: identity,
      target,
      input,
      ...(effect.offered ? { offered: effect.offered } : {}),
      ...(effect.child === 'decision' ? this.budgets : {}),
      reply: { to: address, childId, incarnation },
      sentAtMs: this.ports.clock.now(),
      ...this.trace,
    })
    const queue = { kind: effect.child, name: target }
    if (!this.ports.isServed(queue.kind, target)) {
      const fields = { agent: formatAddress(address), [queue.kind]: target }
      this.ports.log.warn(fields, `no process serves this ${queue.kind}; the call waits for one`)
    }
    const submitted = await this.ports.bus.work.submit(queue, work, identity)
    if (submitted.kind === 'full') {
      this.local.refuse(effect, {
        name: 'ToolFailure',
        kind: 'rejected',
        tool: target,
        message: `the queue of ${target} is full; try again later`,
      })
    }
  }

  private async stop(effect: StopEffect, index: number): Promise<void> {
    if (effect.address) return this.post(effect.address, index, { kind: 'stop' })
    const { id: childId, incarnation, child, target = effect.src } = effect
    this.local.stop(childId, incarnation)
    if (child !== 'tool' && child !== 'decision') return
    // A courtesy: the call's result would be dropped as stale anyway.
    this.ports.bus.wire.announce(
      topics.cancel(child, target),
      toBytes({ to: this.record.address, childId, incarnation }),
    )
  }

  private async schedule(
    effect: Extract<Effect, { kind: 'schedule' }>,
    identity: string,
  ): Promise<void> {
    const { address } = this.record
    const { id: timerId, incarnation, atMs } = effect
    const body = encodeEnvelope({
      v: 1,
      id: identity,
      to: address,
      from: { name: 'timer' },
      sentAtMs: atMs,
      ...this.trace,
      body: { kind: 'timer', timerId, incarnation },
    })
    return this.ports.bus.timers.schedule(address, timerName(effect), atMs, body)
  }

  private async terminate(
    effect: Extract<Effect, { kind: 'terminate' }>,
    index: number,
  ): Promise<void> {
    if (!effect.parent) return
    const { address, childId, incarnation } = effect.parent
    const { output, error } = effect
    const body: NeutralEvent =
      effect.status === 'done'
        ? { kind: 'done', childId, incarnation, output }
        : {
            kind: 'error',
            childId,
            incarnation,
            error: error ?? {
              name: 'AgentStopped',
              message: `agent ${formatAddress(this.record.address)} was stopped`,
            },
          }
    return this.post(address, index, body)
  }

  private async post(to: Address, index: number, body: NeutralEvent): Promise<void> {
    const { address, step } = this.record
    const id = effectIdentity(address, step, index)
    const bytes = encodeEnvelope({
      v: 1,
      id,
      to,
      from: { name: formatAddress(address), order: { step, index } },
      sentAtMs: this.ports.clock.now(),
      ...this.trace,
      body,
    })
    await this.ports.bus.mailbox.post(to, bytes, id)
  }
}

/** What a dead letter without an event is about. */
function ownEvent({ event }: JournalRecord): unknown {
  return event.kind === 'event' ? event.event : event
}

/**
 * Each incarnation has a timer of its own: what a host that fell behind delivers late neither
 * replaces nor cancels the present one (I6).
 */
function timerName({ id, incarnation }: { id: string; incarnation: number }): string {
  return `${id}#${incarnation}`
}
