import { formatAddress } from '../contracts/address.ts'
import type { Effect, SpawnEffect } from '../contracts/effect.ts'
import type { NeutralEvent } from '../contracts/event.ts'
import type { AgentDefinition } from '../actors/definition.ts'
import type { EffectClass } from '../contracts/tool.ts'
import type { Call } from './call.ts'
import { hasRuns, isOver, withoutUnseen } from './call.ts'
import type { Cast, Mail } from './cast.ts'
import { callAddress } from './cast.ts'
import type { Folded } from './forms.ts'
import type { Executed, Occurrence } from './occurrence.ts'
import type { Scene, Slot } from './scene.ts'

/** A scene that is being changed by one move. */
export class Draft<Outside = unknown> {
  outside: number
  monitors: number
  crashes: number
  duplicates: number
  delays: number
  sends: readonly number[]
  readonly occurrences: Occurrence<Outside>[] = []
  /** A mailbox would hold more than its bound. */
  isOverfull = false
  private slots: readonly Slot[]
  private calls: readonly number[]
  private readonly cast: Cast<Outside>

  constructor(cast: Cast<Outside>, scene: Scene) {
    this.cast = cast
    this.outside = scene.outside
    this.monitors = scene.monitors
    this.crashes = scene.crashes
    this.duplicates = scene.duplicates
    this.delays = scene.delays
    this.sends = scene.sends
    this.slots = scene.slots
    this.calls = scene.calls
  }

  scene(): Scene {
    const { outside, monitors, crashes, duplicates, delays, sends } = this
    const slots = this.slots.toSorted((a, b) => a.agent - b.agent)
    const calls = this.calls.toSorted((a, b) => a - b)
    return { outside, monitors, crashes, duplicates, delays, sends, slots, calls }
  }

  slotOf(agent: number): Slot | undefined {
    return this.slots.find((slot) => slot.agent === agent)
  }

  /** Starts a root agent. */
  start(agent: number, input: unknown): void {
    this.begin(agent, { kind: 'init', input })
  }

  /** The agent takes an event at once. */
  fold(agent: number, eventId: number, isExpected = false): void {
    const { cast } = this
    const event = cast.forms.events.at(eventId)
    const slot = this.slotOf(agent)
    if (event.kind === 'init') return this.begin(agent, event)
    if (!slot || slot.form === 0) {
      if (event.kind === 'event') this.letter(agent, 'no-such-agent', event)
      return
    }
    const folded = cast.forms.fold(slot.form, eventId)
    this.conclude(agent, slot.form, folded, event, isExpected)
  }

  replaceCall(old: number, next: Call | undefined): void {
    const at = this.calls.indexOf(old)
    const others = this.calls.filter((_, index) => index !== at)
    const { tools } = this.cast.world
    const kept = next && withoutUnseen(next, tools?.[next.target]?.ignoresKey === true)
    this.calls = kept && !isOver(kept) ? [...others, this.cast.calls.of(kept)] : others
  }

  /** Something outside happened. */
  executed(call: Call, what: Pick<Executed, 'output' | 'count'>, after: number): void {
    const { cast } = this
    const slot = this.slotOf(call.owner)
    const { target: tool, effect, childId } = call
    this.occurrences.push({
      kind: 'executed',
      tool,
      effect,
      agent: cast.players.at(call.owner).agent,
      childId,
      input: cast.values.at(call.input),
      ...what,
      caller: slot && slot.form > 0 ? cast.forms.at(slot.form).stored : undefined,
      isOrphan: call.orphan,
      before: cast.outside.at(this.outside),
      after: cast.outside.at(after),
    })
    this.outside = after
  }

  post(agent: number, from: string, eventId: number): void {
    const slot = this.slotOf(agent) ?? { agent, form: 0, mail: 0 }
    const mail: Mail = slot.mail === 0 ? [] : this.cast.mail.at(slot.mail)
    const before = mail.find(([sender]) => sender === from)?.[1] ?? []
    if (before.length >= this.cast.bounds.mailbox) this.isOverfull = true
    const others = mail.filter(([sender]) => sender !== from)
    const next = [...others, [from, [...before, eventId]] as const]
    this.setSlot({ ...slot, mail: this.cast.mailOf(sorted(next)) })
  }

  /** Takes the first message of a sender away. */
  unpost(agent: number, from: string): void {
    const slot = this.slotOf(agent)!
    const mail = this.cast.mail.at(slot.mail).flatMap(([sender, events]) => {
      if (sender !== from) return [[sender, events] as const]
      return events.length > 1 ? [[sender, events.slice(1)] as const] : []
    })
    const next = { ...slot, mail: this.cast.mailOf(mail) }
    if (next.form === 0 && next.mail === 0) {
      this.slots = this.slots.filter((one) => one.agent !== agent)
    } else this.setSlot(next)
  }

  /** The completion of a child agent: stale unless it is the present child of that name. */
  complete(parent: number, child: string, eventId: number): void {
    const { cast } = this
    const slot = this.slotOf(parent)
    const event = cast.forms.events.at(eventId)
    if (!slot || slot.form === 0 || (event.kind !== 'done' && event.kind !== 'error')) return
    const { stored } = cast.forms.at(slot.form)
    const present = stored.children[event.childId]
    if (present?.address && formatAddress(present.address) === child && !present.settled) {
      return this.fold(parent, eventId)
    }
    const incarnation = Number(child.slice(child.lastIndexOf('~') + 1))
    this.setSlot({ ...slot, form: cast.forms.departed(slot.form, incarnation) })
  }

  private begin(agent: number, event: Extract<NeutralEvent, { kind: 'init' }>): void {
    const { agent: name, definition } = this.cast.players.at(agent)
    const { input, parent } = event
    const folded = this.cast.forms.begin(name, definition, {
      ...(input === undefined ? {} : { input }),
      ...(parent ? { parent } : {}),
    })
    this.setSlot(this.slotOf(agent) ?? { agent, form: 0, mail: 0 })
    this.conclude(agent, 0, folded, event, false)
  }

  private conclude(
    agent: number,
    before: number,
    folded: Folded,
    event: NeutralEvent,
    isExpected: boolean,
  ): void {
    if (folded.stale) return
    const { forms, players } = this.cast
    this.setSlot({ ...this.slotOf(agent)!, form: folded.form })
    if (folded.shift !== 0) this.shiftMail(agent, folded.shift)
    this.occurrences.push({
      kind: 'stepped',
      agent: players.at(agent).agent,
      event,
      before: before === 0 ? undefined : forms.at(before).stored,
      after: forms.at(folded.form).stored,
      effects: folded.effects,
      handled: folded.handled,
      isExpected,
    })
    for (const effect of folded.effects) this.apply(agent, effect, event)
  }

  private apply(agent: number, effect: Effect, cause: NeutralEvent): void {
    const { cast } = this
    const { agent: name, definition } = cast.players.at(agent)
    switch (effect.kind) {
      case 'spawn':
        return effect.address
          ? this.spawnAgent(agent, effect)
          : this.call(agent, definition, effect)
      case 'stop':
        if (effect.address) {
          const child = cast.playerOf(formatAddress(effect.address), effect.address.type)
          // One that has ended already needs no telling.
          if (child !== undefined && this.slotOf(child)) {
            this.post(child, name, cast.eventOf({ kind: 'stop' }))
          }
          return
        }
        return this.abandon(agent, effect.id)
      case 'send': {
        const to = cast.playerOf(formatAddress(effect.to), effect.to.type)
        if (to === undefined || !this.slotOf(to)) {
          const event = { kind: 'event' as const, event: effect.event }
          return this.letter(to ?? agent, 'no-such-agent', event)
        }
        return this.post(to, name, cast.plainEvent(effect.event))
      }
      case 'emit':
        this.occurrences.push({ kind: 'emitted', agent: name, event: effect.event })
        return
      case 'deadLetter':
        return this.letter(
          agent,
          effect.reason,
          effect.event ? { kind: 'event', event: effect.event } : cause,
        )
      case 'terminate':
        return this.end(agent, effect)
      case 'schedule':
      case 'cancel':
      case 'log':
      case 'action':
        return
    }
  }

  private spawnAgent(parent: number, { id: childId, address, input }: SpawnEffect): void {
    const { cast } = this
    const { agent: name, definition } = cast.players.at(parent)
    const child = cast.playerOf(formatAddress(address!), address!.type)
    if (child === undefined) {
      throw new Error(`world ${cast.world.name}: children: machine ${address!.type} is missing`)
    }
    const ownId = name.slice(definition.id.length + 1)
    const link = { address: { type: definition.id, id: ownId }, childId, incarnation: 0 }
    this.post(child, name, cast.eventOf({ kind: 'init', input, parent: link }))
  }

  private call(owner: number, definition: AgentDefinition, spawn: SpawnEffect): void {
    const { spawned } = this.cast
    let id = spawned.get(spawn)
    if (id === undefined) spawned.set(spawn, (id = this.newCall(owner, definition, spawn)))
    this.calls = [...this.calls, id]
  }

  private newCall(owner: number, definition: AgentDefinition, spawn: SpawnEffect): number {
    const { id: childId, src, child: kind, target = src, input, offered = [] } = spawn
    const source = definition.sources.get(src)
    const effect: Call['effect'] =
      source?.kind === 'tool'
        ? source.contract.effect
        : kind === 'decision' || target === 'recall'
          ? 'read'
          : 'local'
    const abstraction = this.cast.world.abstractions?.[definition.id]
    const counts = abstraction?.inputs?.[src]
    const seen = counts ? counts(input as never) : input
    const call: Call = {
      owner,
      childId,
      orphan: false,
      kind: kind as Call['kind'],
      src,
      target,
      effect,
      input: this.cast.values.of(seen ?? null),
      offered,
      queued: true,
      runs: [],
      answer: 0,
      ledger: 'none',
      effects: 0,
      zombies: 0,
      reply: 0,
    }
    const runs = hasRuns(call) ? [this.run(source as never, call)] : []
    return this.cast.calls.of({ ...call, runs })
  }

  /** A delivery of a call begins. */
  run(source: { contract: ToolTerms }, call: Call): Call['runs'][number] {
    const { cast } = this
    const { input, effect, retry, timeoutMs } = source.contract
    const parsed = input.safeParse(cast.values.at(call.input))
    const { reconciles = true } = cast.world.tools?.[call.target] ?? {}
    const begun = cast.forms.begin(callAddress, cast.toolCall, {
      input: {
        validation: parsed.success
          ? { valid: true, value: null }
          : { valid: false, reason: 'the input breaks its schema' },
        admission: { admitted: true },
        effect,
        retry: { ...retry, attempts: Math.min(retry.attempts, cast.bounds.attempts) },
        timeoutMs,
        jitter: 0.5,
        canReconcile: reconciles,
      },
    })
    return { form: begun.form, owns: false, sees: false }
  }

  /** The agent has left the state that made the call; what may still happen outside stays. */
  private abandon(owner: number, childId: string): void {
    const { calls } = this.cast
    for (const id of this.calls) {
      const call = calls.at(id)
      if (call.owner !== owner || call.orphan || call.childId !== childId) continue
      const gone = call.effect === 'read' || (!hasRuns(call) && call.reply > 0)
      this.replaceCall(id, gone ? undefined : { ...call, orphan: true, reply: 0 })
    }
  }

  private end(agent: number, effect: Extract<Effect, { kind: 'terminate' }>): void {
    const { cast } = this
    const { agent: name } = cast.players.at(agent)
    if (!effect.parent) return
    const slot = this.slotOf(agent)!
    const { address, childId } = effect.parent
    const parent = cast.playerOf(formatAddress(address), address.type)!
    const at = { childId, incarnation: 0 }
    const error = effect.error ?? { name: 'AgentStopped', message: `agent ${name} was stopped` }
    const body: NeutralEvent =
      effect.status === 'done'
        ? { kind: 'done', ...at, output: effect.output }
        : { kind: 'error', ...at, error }
    const left = slot.mail === 0 ? [] : cast.mail.at(slot.mail)
    this.slots = this.slots.filter((one) => one.agent !== agent)
    for (const [, events] of left) {
      for (const id of events) {
        const event = cast.forms.events.at(id)
        if (event.kind === 'event') this.letter(agent, 'agent-ended', event)
      }
    }
    if (this.slotOf(parent)) this.post(parent, name, cast.eventOf(body))
  }

  private letter(agent: number, reason: string, event: NeutralEvent): void {
    this.occurrences.push({
      kind: 'deadLetter',
      agent: this.cast.players.at(agent).agent,
      reason,
      event: event.kind === 'event' ? event.event : undefined,
    })
  }

  private setSlot(slot: Slot): void {
    const others = this.slots.filter((one) => one.agent !== slot.agent)
    this.slots = [...others, slot]
  }

  private shiftMail(agent: number, shiftId: number): void {
    const slot = this.slotOf(agent)!
    if (slot.mail === 0) return
    const { cast } = this
    const { definition } = cast.players.at(agent)
    const translate = cast.world.abstractions?.[definition.id]?.event
    if (!translate) return
    const shift = cast.forms.shifts.at(shiftId)
    const mail = cast.mail.at(slot.mail).map(([from, events]) => {
      const moved = events.map((id) => {
        const event = cast.forms.events.at(id)
        return event.kind === 'event' ? cast.plainEvent(translate(event.event, shift)) : id
      })
      return [from, moved] as const
    })
    this.setSlot({ ...slot, mail: cast.mailOf(mail) })
  }
}

/** The scene in which a world begins, and what occurs before it. */
export function openingDraft<Outside>(cast: Cast<Outside>, monitors: number): Draft<Outside> {
  const { agents, outside = null as Outside, outsiders = [] } = cast.world
  const { crashes, duplicates, delays } = cast.bounds
  const sends = outsiders.flatMap(({ most }) => (most === undefined ? [] : [most]))
  const faults = { crashes, duplicates, delays }
  const nobody = { monitors, sends, slots: [], calls: [] }
  const draft = new Draft(cast, { outside: cast.outside.of(outside), ...faults, ...nobody })
  for (const { definition, id, input } of agents) {
    draft.start(cast.playerOf(formatAddress({ type: definition.id, id }), definition.id)!, input)
  }
  return draft
}

/** What of a tool's contract a call needs. */
interface ToolTerms {
  input: { safeParse(value: unknown): { success: boolean } }
  effect: EffectClass
  retry: { attempts: number; firstDelayMs: number; maxDelayMs: number }
  timeoutMs: number
}

function sorted(mail: Mail): Mail {
  return mail.toSorted(([a], [b]) => (a < b ? -1 : 1))
}
