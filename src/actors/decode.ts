import type { AnyMachineSnapshot } from 'xstate'
import type { Address } from '../contracts/address.ts'
import { parseAddress } from '../contracts/address.ts'
import type { Effect, SpawnEffect } from '../contracts/effect.ts'
import { AshlarError } from '../contracts/error.ts'
import { hashJson } from '../contracts/json.ts'
import type { AgentEvent } from '../contracts/event.ts'
import type { StoredChild, StoredState, StoredTimer } from '../contracts/state.ts'
import type { AgentDefinition } from './definition.ts'
import type { CollectedAction } from './scope.ts'
import { identify } from './scope.ts'

/** A machine did in a step what registration cannot see and durability does not allow. Terminal. */
export class MachineError extends AshlarError {
  override readonly name = 'MachineError'

  constructor(machine: string, problem: string) {
    super('machine', `machine ${machine}: ${problem}`)
  }
}

export interface StepContext {
  address: Address
  /** When the event is folded; deadlines are counted from here. */
  atMs: number
}

/** A `send` keeps the child it is for until the step is decoded, so that a spawn can go before it. */
type Draft = { effect: Effect; childId?: string; incarnation?: number }

/** Translates the engine's actions into effects, and keeps children and timers up to date. */
export class Decoder {
  readonly children: Record<string, StoredChild>
  readonly timers: Record<string, StoredTimer>
  incarnations: number
  private readonly drafts: Draft[] = []
  /** Delayed messages to children that this step is still to spawn. */
  private readonly unaddressed: { childId: string; timerId: string; incarnation: number }[] = []
  private readonly definition: AgentDefinition
  private readonly stored: Pick<StoredState, 'parent'>
  private readonly at: StepContext

  constructor(
    definition: AgentDefinition,
    stored: Pick<StoredState, 'children' | 'timers' | 'incarnations' | 'parent'>,
    at: StepContext,
  ) {
    this.definition = definition
    this.stored = stored
    this.at = at
    this.children = { ...stored.children }
    this.timers = { ...stored.timers }
    this.incarnations = stored.incarnations
  }

  /** @throws MachineError */
  decode(actions: CollectedAction[], snapshot: AnyMachineSnapshot): void {
    for (const action of actions) this.decodeOne(action, snapshot)
    for (const { timerId, incarnation } of this.unaddressed) {
      if (this.timers[timerId]?.incarnation === incarnation) this.giveUp(timerId, 'no-such-target')
    }
    for (const id of Object.keys(snapshot.children)) {
      if (!this.children[id]) {
        throw new MachineError(
          this.definition.id,
          `child ${id} was spawned inside assign or context; use the spawnChild action with an id`,
        )
      }
    }
  }

  /** Stops every child and cancels every timer: the machine has ended. */
  windUp(): void {
    for (const id of Object.keys(this.children)) this.stop(id)
    for (const id of Object.keys(this.timers)) this.cancel(id)
  }

  add(effect: Effect): void {
    this.drafts.push({ effect })
  }

  /** The effects in order, every spawn before the first message to that child. */
  effects(): Effect[] {
    const ordered: Draft[] = []
    for (const draft of this.drafts) {
      if (draft.effect.kind === 'spawn') {
        const { id, incarnation } = draft.effect
        const first = ordered.findIndex((d) => d.childId === id && d.incarnation === incarnation)
        if (first >= 0) {
          ordered.splice(first, 0, draft)
          continue
        }
      }
      ordered.push(draft)
    }
    return ordered.map((draft) => draft.effect)
  }

  private decodeOne(action: CollectedAction, snapshot: AnyMachineSnapshot): void {
    const params = action.params as never
    switch (action.type) {
      case 'xstate.raise':
        return this.raise(params)
      case 'xstate.cancel':
        return this.cancel((params as { sendId: string }).sendId)
      case 'xstate.sendTo':
        return this.sendTo(params)
      case 'xstate.spawnChild':
        return this.spawn(params)
      case 'xstate.stopChild': {
        const target = identify(params)
        return target ? this.stop(target.id) : undefined
      }
      case 'xstate.emit':
        return this.add({ kind: 'emit', event: (params as { event: AgentEvent }).event })
      case 'xstate.log': {
        const { value, label } = params as { value: unknown; label?: string }
        return this.add({ kind: 'log', value, ...(label === undefined ? {} : { label }) })
      }
      default:
        return this.custom(action, snapshot)
    }
  }

  private custom(action: CollectedAction, snapshot: AnyMachineSnapshot): void {
    if (!this.definition.sideEffects.has(action.type)) {
      throw new MachineError(
        this.definition.id,
        `action ${action.type} is a side effect that was not declared; list it in sideEffects`,
      )
    }
    const { context, event } = action.info
    this.add({
      kind: 'action',
      name: action.type,
      event: event as AgentEvent,
      ...(action.params === undefined ? {} : { params: action.params }),
      ...(context === snapshot.context ? {} : { context }),
    })
  }

  private raise(params: { event: AgentEvent; id?: string; delay?: number }): void {
    // Without a delay the engine has already processed it in this macrostep.
    if (params.delay === undefined) return
    this.schedule(params.id, params.delay, { event: params.event })
  }

  private schedule(
    id: string | undefined,
    delayMs: number,
    timer: Pick<StoredTimer, 'event' | 'to'>,
  ): { timerId: string; incarnation: number } {
    const incarnation = ++this.incarnations
    const timerId = id ?? `timer.${incarnation}`
    const atMs = this.at.atMs + delayMs
    this.timers[timerId] = { incarnation, atMs, ...timer }
    this.add({ kind: 'schedule', id: timerId, incarnation, atMs })
    return { timerId, incarnation }
  }

  /** Addresses the delayed messages that were asked for before their child was spawned. */
  private addressTimers(childId: string, to: Address | undefined): void {
    for (const waiting of this.unaddressed.splice(0)) {
      const timer = this.timers[waiting.timerId]
      if (waiting.childId !== childId) this.unaddressed.push(waiting)
      else if (timer?.incarnation !== waiting.incarnation) continue
      else if (to) this.timers[waiting.timerId] = { ...timer, to }
      else this.giveUp(waiting.timerId, 'child-takes-no-events')
    }
  }

  private giveUp(timerId: string, reason: string): void {
    const { event } = this.timers[timerId]!
    this.cancel(timerId)
    this.add({ kind: 'deadLetter', reason, event })
  }

  private cancel(id: string): void {
    const timer = this.timers[id]
    if (!timer) return
    delete this.timers[id]
    const scheduled = this.drafts.findIndex(
      ({ effect }) => effect.kind === 'schedule' && effect.incarnation === timer.incarnation,
    )
    if (scheduled >= 0) this.drafts.splice(scheduled, 1)
    else this.add({ kind: 'cancel', id, incarnation: timer.incarnation })
  }

  private spawn(params: { id?: string; src: unknown; input?: unknown }): void {
    const { id, src, input } = params
    if (id === undefined || typeof src !== 'string') {
      throw new MachineError(this.definition.id, 'spawnChild needs a string src and an id')
    }
    const source = this.definition.sources.get(src)
    if (!source) throw new MachineError(this.definition.id, `source ${src} is not registered`)
    const incarnation = ++this.incarnations
    const spawn: SpawnEffect = { kind: 'spawn', id, incarnation, src, child: source.kind }
    if (input !== undefined) spawn.input = input
    if (source.kind === 'agent') {
      const ownId =
        this.at.address.id.length > ownIdMax ? shorten(this.at.address.id) : this.at.address.id
      spawn.address = { type: source.machine.id, id: `${ownId}~${id}~${incarnation}` }
    }
    if ('contract' in source) spawn.target = source.contract.name
    const { kind: _kind, id: _id, ...child } = spawn
    this.children[id] = child
    for (const draft of this.drafts) {
      if (draft.childId !== id || draft.incarnation !== undefined) continue
      draft.incarnation = incarnation
      draft.effect = this.toChild(child, (draft.effect as { event: AgentEvent }).event)
    }
    this.add(spawn)
    this.addressTimers(id, spawn.address)
  }

  private stop(id: string): void {
    const child = this.children[id]
    if (!child) return
    delete this.children[id]
    const { incarnation, src, address, target } = child
    const fresh = this.drafts.some(
      ({ effect }) => effect.kind === 'spawn' && effect.incarnation === incarnation,
    )
    if (fresh) {
      // Entered and left within one macrostep: nothing of it ever leaves the step.
      const kept = this.drafts.filter(
        (draft) =>
          draft.incarnation !== incarnation &&
          !(draft.effect.kind === 'spawn' && draft.effect.incarnation === incarnation),
      )
      this.drafts.splice(0, this.drafts.length, ...kept)
      return
    }
    if (child.settled) return
    this.add({
      kind: 'stop',
      id,
      incarnation,
      src,
      child: child.child,
      ...(target === undefined ? {} : { target }),
      ...(address === undefined ? {} : { address }),
    })
  }

  private sendTo(params: {
    to: unknown
    targetId?: string
    event: AgentEvent
    id?: string
    delay?: number
  }): void {
    const target = identify(params.to) ?? namedChild(params)
    if (target?.role === 'child' && params.delay === undefined) {
      const child = this.children[target.id]
      const draft: Draft = {
        effect: this.toChild(child, params.event),
        childId: target.id,
        ...(child ? { incarnation: child.incarnation } : {}),
      }
      this.drafts.push(draft)
      return
    }
    if (target?.role === 'child' && !this.children[target.id]) {
      const timer = this.schedule(params.id, params.delay!, { event: params.event })
      this.unaddressed.push({ childId: target.id, ...timer })
      return
    }
    const to = this.resolveTarget(target, params.to)
    if (!to) {
      return this.add({ kind: 'deadLetter', reason: 'no-such-target', event: params.event })
    }
    if (params.delay === undefined) return this.add({ kind: 'send', to, event: params.event })
    const own = target?.role === 'self'
    this.schedule(params.id, params.delay, { event: params.event, ...(own ? {} : { to }) })
  }

  private resolveTarget(
    target: ReturnType<typeof identify>,
    reference: unknown,
  ): Address | undefined {
    if (target?.role === 'self') return this.at.address
    if (target?.role === 'parent') return this.stored.parent?.address
    if (target) return this.children[target.id]?.address
    const address = (reference as { address?: unknown } | undefined)?.address
    return typeof address === 'string' ? parseAddress(address) : undefined
  }

  private toChild(child: StoredChild | undefined, event: AgentEvent): Effect {
    if (child?.address && !child.settled) return { kind: 'send', to: child.address, event }
    return { kind: 'deadLetter', reason: 'child-takes-no-events', event }
  }
}

/** The id of a child names its parent; from this length on by a hash. */
const ownIdMax = 80

function shorten(id: string): string {
  return hashJson(id).slice(0, 32)
}

function namedChild(params: { targetId?: string }): ReturnType<typeof identify> {
  return params.targetId === undefined ? undefined : { id: params.targetId, role: 'child' }
}
