import type { Address } from '../../src/contracts/address.ts'
import { formatAddress } from '../../src/contracts/address.ts'
import type { Effect } from '../../src/contracts/effect.ts'
import { toErrorValue } from '../../src/contracts/error.ts'
import type { AgentEvent, NeutralEvent } from '../../src/contracts/event.ts'
import type { StoredState } from '../../src/contracts/state.ts'
import type { AgentDefinition } from '../../src/actors/definition.ts'
import { defineAgent } from '../../src/actors/definition.ts'
import type { StepResult } from '../../src/actors/step.ts'
import { step } from '../../src/actors/step.ts'

/**
 * Only what the pure step gives, moved by hand: every state goes through JSON between two events, and
 * beside it as the object that the last step gave.
 */
export class FoldWorld {
  readonly emitted: AgentEvent[] = []
  readonly states = new Map<string, string>()
  private readonly kept = new Map<string, StoredState>()
  private readonly definitions = new Map<string, AgentDefinition>()
  private readonly queue: { to: Address; event: NeutralEvent }[] = []
  private readonly promises = new Map<
    string,
    { owner: Address; childId: string; incarnation: number }
  >()
  private readonly clock: {
    atMs: number
    order: number
    owner: Address
    id: string
    incarnation: number
  }[] = []
  private nowMs = 0
  private order = 0
  readonly root: Address

  constructor(definition: AgentDefinition, input?: unknown) {
    this.root = { type: definition.id, id: 'root' }
    this.learn(definition)
    this.deliver(this.root, { kind: 'init', input })
  }

  get state(): StoredState {
    return JSON.parse(this.states.get(formatAddress(this.root))!) as StoredState
  }

  send(event: AgentEvent): void {
    this.deliver(this.root, { kind: 'event', event })
  }

  /** Ends a promise child of the root, wherever it is. */
  complete(childId: string, outcome: { output: unknown } | { error: Error }): void {
    const pending = this.promises.get(`${formatAddress(this.root)} ${childId}`)
    if (!pending) return
    this.promises.delete(`${formatAddress(this.root)} ${childId}`)
    const { incarnation } = pending
    this.deliver(
      this.root,
      'output' in outcome
        ? { kind: 'done', childId, incarnation, output: outcome.output }
        : { kind: 'error', childId, incarnation, error: toErrorValue(outcome.error) },
    )
  }

  advance(ms: number): void {
    this.nowMs += ms
    for (;;) {
      const due = this.clock
        .filter((timer) => timer.atMs <= this.nowMs)
        .toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
      if (!due) return
      this.clock.splice(this.clock.indexOf(due), 1)
      this.deliver(due.owner, { kind: 'timer', timerId: due.id, incarnation: due.incarnation })
    }
  }

  private learn(definition: AgentDefinition): void {
    this.definitions.set(definition.id, definition)
    for (const source of definition.sources.values()) {
      if (source.kind === 'agent' && !this.definitions.has(source.machine.id)) {
        this.learn(defineAgent({ machine: source.machine }))
      }
    }
  }

  /** The very object that the last step gave leads to the same as its JSON. */
  private checkKept(key: string, result: StepResult, throughJson: StepResult): void {
    const [got, expected] = [JSON.stringify(result), JSON.stringify(throughJson)]
    if (got !== expected) throw new Error(`${key}: kept ${got}, through JSON ${expected}`)
    this.kept.set(key, result.next)
  }

  private deliver(to: Address, event: NeutralEvent): void {
    this.queue.push({ to, event })
    for (let next = this.queue.shift(); next; next = this.queue.shift()) {
      const key = formatAddress(next.to)
      const text = this.states.get(key)
      if (text === undefined && next.event.kind !== 'init') continue
      const stored = text === undefined ? undefined : (JSON.parse(text) as StoredState)
      const at = { address: next.to, atMs: this.nowMs }
      const definition = this.definitions.get(next.to.type)!
      const result = step(definition, stored, next.event, at)
      this.checkKept(key, step(definition, this.kept.get(key), next.event, at), result)
      this.states.set(key, JSON.stringify(result.next))
      for (const effect of JSON.parse(JSON.stringify(result.effects)) as Effect[]) {
        this.execute(next.to, effect)
      }
    }
  }

  private execute(owner: Address, effect: Effect): void {
    switch (effect.kind) {
      case 'spawn': {
        const { id: childId, incarnation, address, input } = effect
        if (address) {
          const parent = { address: owner, childId, incarnation }
          this.queue.push({ to: address, event: { kind: 'init', input, parent } })
        } else {
          this.promises.set(`${formatAddress(owner)} ${childId}`, { owner, childId, incarnation })
        }
        return
      }
      case 'stop':
        if (effect.address) this.queue.push({ to: effect.address, event: { kind: 'stop' } })
        else this.promises.delete(`${formatAddress(owner)} ${effect.id}`)
        return
      case 'send':
        this.queue.push({ to: effect.to, event: { kind: 'event', event: effect.event } })
        return
      case 'schedule':
        this.clock.push({ ...effect, order: this.order++, owner })
        return
      case 'cancel': {
        const at = this.clock.findIndex(
          (t) =>
            formatAddress(t.owner) === formatAddress(owner) && t.incarnation === effect.incarnation,
        )
        if (at >= 0) this.clock.splice(at, 1)
        return
      }
      case 'terminate': {
        if (!effect.parent) return
        const { address, childId, incarnation } = effect.parent
        if (effect.status === 'done') {
          this.queue.push({
            to: address,
            event: { kind: 'done', childId, incarnation, output: effect.output },
          })
        } else if (effect.status === 'error') {
          this.queue.push({
            to: address,
            event: { kind: 'error', childId, incarnation, error: effect.error! },
          })
        }
        return
      }
      case 'emit':
        this.emitted.push(effect.event)
        return
      default:
    }
  }
}
